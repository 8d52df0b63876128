"""The commands `predict` and `evaluate`. PyTorch and other heavy packages are imported inside the commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sde_datasets.cli.field_options import field_options
from sde_datasets.errors import InputError, UsageError, nearest
from sde_datasets.prediction.options import DEFAULT_BATCH_SIZE, GenerationOptions
from sde_datasets.utils.console import print_rich
from sde_datasets.utils.library_warnings import hide_library_warnings
from sde_datasets.utils.toml import read_toml

if TYPE_CHECKING:
    from sde_datasets.prediction.completion import Backend, Completion
    from sde_datasets.runs.samples import ConfigTemplate
    from sde_datasets.utils.progress import Progress

_RUN_FILE_HELP = "TOML file whose table [answer] sets these options; the command line overrides it."


def _read_run_file(ctx: click.Context, param: click.Parameter, path: Path | None) -> None:
    """Use the table [answer] of a TOML file as the defaults of the other options."""
    if path is None:
        return
    table = read_toml(path).get("answer", {})
    options = [other for other in ctx.command.params if isinstance(other, click.Option) and other is not param]
    names = {flag.removeprefix("--").replace("-", "_"): other.name for other in options for flag in other.opts}
    if not isinstance(table, dict):
        raise InputError(str(path), f"answer is {table!r}", "Make it a table: [answer].")
    location = f"{path} [answer]"
    if unknown := [key for key in table if key not in names]:
        raise InputError(location, f"unknown option {unknown[0]!r}", nearest(unknown[0], sorted(names)))
    if wrong := [key for key, value in table.items() if isinstance(value, list | dict)]:
        raise InputError(location, f"{wrong[0]} is {table[wrong[0]]!r}", "Give one value.")
    ctx.default_map = {names[key]: value for key, value in table.items()}


def _combine(*options: Callable) -> Callable:
    """Return a decorator that adds several options, in this order."""

    def decorate(command: Callable) -> Callable:
        for add_option in reversed(options):
            command = add_option(command)
        return command

    return decorate


_path = click.Path(path_type=Path)
_request_options = _combine(
    click.argument("run", type=_path),
    click.option("--config", default="", help="Config to answer. Default: the config of the run."),
    click.option("--split", default="test", show_default=True, help="Split to answer."),
    click.option("--data", default="", help="Built folder or org/name. Default: the data of the run."),
    click.option("--revision", help="With --data: branch, tag or commit."),
    click.option("--out", type=_path, help="File of answers to write. Default: in the run folder."),
    click.option("--limit", type=click.IntRange(1), help="Answer only N samples, drawn with the seed of the run."),
)
backend_options = _combine(
    click.option(
        "--run", "--run-file", "run_file", type=_path, is_eager=True, expose_value=False, callback=_read_run_file,
        help=_RUN_FILE_HELP,
    ),
    field_options(GenerationOptions),
    click.option("--with-reasons", is_flag=True, help="The same as --stop-after reasons."),
    click.option(
        "--batch", type=click.IntRange(1), default=DEFAULT_BATCH_SIZE, show_default=True, help="Answers at a time."
    ),
    click.option(
        "--device", help="cpu, cuda, cuda:1, mps, ..., or several: cuda:0,cuda:1. Default: a GPU if there is one."
    ),
    click.option("--endpoint", metavar="URL", help="Use a server with OpenAI's protocol (address up to /v1)."),
    click.option("--endpoint-model", default="", help="With --endpoint: its model. Default: the first one it lists."),
    click.option(
        "--concurrency", type=click.IntRange(1), default=8, show_default=True,
        help="With --endpoint: requests at a time.",
    ),
    click.option(
        "--api-key-name", default="OPENAI_API_KEY", show_default=True,
        help="With --endpoint: environment variable with the API key.",
    ),
    click.option("--quiet", is_flag=True, help="Show no progress."),
)  # fmt: skip


@click.command()
@_request_options
@click.option("--input", "input_path", type=_path, help="Annotate the texts of a file (see annotate).")
@backend_options
def predict(
    run: Path,
    config: str,
    split: str,
    data: str,
    revision: str | None,
    input_path: Path | None,
    out: Path | None,
    limit: int | None,
    quiet: bool,
    **settings: Any,
) -> None:
    """Answer a split of a config, or annotate new texts.

    RUN is a run folder, or the repository org/name of a pushed run. A call that was killed continues when it is
    repeated.
    """
    from sde_datasets.utils.progress import Progress

    options = generation_options(settings)
    require_engine_packages(options.engine)
    from sde_datasets.prediction.predictions import PredictionRequest
    from sde_datasets.prediction.predictions import predict as write_predictions

    request = PredictionRequest(config, split, data, revision, input_path, out, limit).validated()
    progress = Progress(quiet)
    click.echo(write_predictions(run, request, options, open_backend(run, options, settings, progress), progress))


@click.command()
@_request_options
@click.option("--table", is_flag=True, help="Also show the first answers next to their gold completions.")
@backend_options
def evaluate(
    run: Path,
    config: str,
    split: str,
    data: str,
    revision: str | None,
    out: Path | None,
    limit: int | None,
    table: bool,
    quiet: bool,
    **settings: Any,
) -> None:
    """Answer a split, score the answers and show the scores.

    RUN is a run folder, or the repository org/name of a pushed run. Existing answers of the same model and options are
    scored again without generating them again.
    """
    from sde_datasets.utils.progress import Progress

    options = generation_options(settings)
    require_engine_packages(options.engine)
    from sde_datasets.prediction.evaluate import evaluate as predict_and_score
    from sde_datasets.prediction.predictions import PredictionRequest
    from sde_datasets.scoring.report_terminal import scores_table

    progress = Progress(quiet)
    request = PredictionRequest(config, split, data, revision, None, out, limit)
    scores, path = predict_and_score(run, request, options, open_backend(run, options, settings, progress), progress)
    print_rich(scores_table(scores))
    if table:
        from sde_datasets.prediction.preview import prediction_table

        print_rich(prediction_table(run, request, path))
    click.echo(path)


def generation_options(settings: dict[str, Any]) -> GenerationOptions:
    """Return the generation options among the parameters of a command. Raises UsageError."""
    given = {entry.name: settings[entry.name] for entry in fields(GenerationOptions)}
    if settings.get("with_reasons"):
        given["stop_after"] = "reasons"
    return GenerationOptions(**given).validated()


def open_backend(run: Path, options: GenerationOptions, settings: dict[str, Any], progress: Progress) -> Backend:
    """Return what generates the answers: the model of the run, or the server of --endpoint."""
    from sde_datasets.prediction.completion import Backend

    if options.engine == "server" and not settings["endpoint"]:
        raise UsageError("--engine server needs its address: --endpoint URL")
    if settings["endpoint"]:
        from sde_datasets.prediction.served_run import server_for_run

        url, model, key_name = settings["endpoint"], settings["endpoint_model"], settings["api_key_name"]
        return server_for_run(run, options, url, model, settings["concurrency"], key_name).backend

    devices = tuple(name.strip() for name in (settings["device"] or "").split(",") if name.strip())
    if len(devices) > 1:
        from sde_datasets.prediction.data_parallel import DeviceGenerator

        if options.engine == "vllm":
            raise UsageError("--engine vllm chooses its devices itself: omit --device, and set CUDA_VISIBLE_DEVICES")
        return Backend(DeviceGenerator(run, options, settings["batch"], devices).generate)

    def generate(texts: Iterable[tuple[str, str]], template: ConfigTemplate) -> Iterator[tuple[str, Completion]]:
        # the model is loaded only when there is something to answer
        from sde_datasets.prediction.predictor import Predictor

        predictor = Predictor(run, options, settings["batch"], settings["device"], progress.line)
        return predictor.generate(texts, template)

    return Backend(generate)


def require_engine_packages(engine: str) -> None:
    """Raise UsageError if a package that an engine needs is not installed."""
    if engine == "vllm":
        require_training_packages("vllm", extra="vllm")
    else:
        require_training_packages("torch", "transformers", "peft")


def require_training_packages(*names: str, extra: str = "train") -> None:
    """Raise UsageError if a package is not installed; silence the warnings of the installed ones.

    extra: the extra of this package that installs it.
    """
    from importlib.util import find_spec

    if missing := [name for name in names if find_spec(name) is None]:
        raise UsageError(f"{missing[0]} is not installed: pip install 'sde-datasets[{extra}]'")
    hide_library_warnings()
