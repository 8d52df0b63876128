"""The commands that answer and evaluate. PyTorch and all that is heavy is imported inside the commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sde_datasets.errors import InputError, UsageError, nearest
from sde_datasets.printing import print_rich
from sde_datasets.toml_file import read_toml
from sde_datasets.train.how import BATCH, How


def _from_file(ctx: click.Context, param: click.Parameter, path: Path | None) -> None:
    """Take what a TOML file says for what the command line does not say."""
    if path is None:
        return
    given = read_toml(path).get("answer", {})
    options = [each for each in ctx.command.params if isinstance(each, click.Option) and each is not param]
    known = {flag.removeprefix("--").replace("-", "_"): each.name for each in options for flag in each.opts}
    if not isinstance(given, dict):
        raise InputError(str(path), f"answer is {given!r}", "Make it a table: [answer].")
    if unknown := [name for name in given if name not in known]:
        raise InputError(f"{path} [answer]", f"unknown option {unknown[0]!r}", nearest(unknown[0], sorted(known)))
    if wrong := [name for name, value in given.items() if isinstance(value, list | dict)]:
        raise InputError(f"{path} [answer]", f"{wrong[0]} is {given[wrong[0]]!r}", "Give one value.")
    ctx.default_map = {known[name]: value for name, value in given.items()}


def _all(*options: Callable) -> Callable:
    """Options that several commands have, in this order."""

    def of(command: Callable) -> Callable:
        for option in reversed(options):
            command = option(command)
        return command

    return of


_path = click.Path(path_type=Path)
_what = _all(
    click.argument("run", type=_path),
    click.option("--config", default="", help="The config to answer. Default: the run's own."),
    click.option("--split", default="test", show_default=True),
    click.option("--data", default="", help="A built folder or org/name. Default: the run's data."),
    click.option("--revision", help="With --data: its branch, tag or commit."),
    click.option("--out", type=_path, help="The file of answers. Default: in the run folder."),
    click.option("--limit", type=click.IntRange(1), help="Only so many samples, drawn by the run's seed."),
)
_FILE = {"is_eager": True, "expose_value": False, "callback": _from_file}
_FILE |= {"help": "A TOML file with these options in its table [answer]."}
_how = _all(
    click.option("--run", "--run-file", "run_file", type=_path, **_FILE),
    click.option("--sample", is_flag=True, help="Draw the answers instead of taking the most likely ones."),
    click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="With --sample."),
    click.option("--temperature", type=click.FloatRange(0, min_open=True), default=1.0, help="With --sample."),
    click.option("--top-p", type=click.FloatRange(0, 1, min_open=True), default=1.0, help="With --sample."),
    click.option("--shots", type=click.IntRange(0), default=0, help="Training examples before the prompt."),
    click.option("--zero-shot", is_flag=True, help="The base model, untrained."),
    click.option("--constrained", is_flag=True, help="Write only what can be read under the design."),
    click.option("--max-new-tokens", type=click.IntRange(1), help="Tokens of an answer at most."),
    click.option("--batch", type=click.IntRange(1), default=BATCH, show_default=True, help="Answers at a time."),
    click.option("--device", help="cpu, cuda, cuda:1, mps, ...  Default: a GPU if there is one."),
    click.option("--endpoint", metavar="URL", help="Ask a server that speaks OpenAI's protocol (.../v1)."),
    click.option("--endpoint-model", default="", help="Its model. Default: the first that it lists."),
    click.option("--concurrency", type=click.IntRange(1), default=8, help="With --endpoint: at a time."),
    click.option("--api-key-name", default="OPENAI_API_KEY", help="The environment variable with the key."),
    click.option("--quiet", is_flag=True, help="No progress."),
)
_HOW = ("sample", "seed", "temperature", "top_p", "shots", "zero_shot", "constrained", "max_new_tokens")


@click.command()
@_what
@click.option("--input", "input_path", type=_path, help='New texts: JSON lines of {"text"}.')
@_how
def predict(run, config, split, data, revision, input_path, out, limit, quiet, **given) -> None:
    """Answer a split of a config, or new texts, with the model of a RUN: its folder, or the repository org/name.

    A killed call goes on where it stopped when it is made again.
    """
    from sde_datasets.progress import Progress

    needs("torch", "transformers", "peft")
    from sde_datasets.train.predict import Asked
    from sde_datasets.train.predict import predict as answer

    asked = Asked(config, split, data, revision, input_path, out, limit).checked()
    how = how_of(given)
    answers, by = _answers(run, how, given)
    click.echo(answer(run, asked, how, answers, by, Progress(quiet)))


@click.command()
@_what
@click.option("--table", is_flag=True, help="Also the first answers beside their gold.")
@_how
def evaluate(run, config, split, data, revision, out, limit, table, quiet, **given) -> None:
    """Answer a split with the model of a RUN (a folder, or org/name), score the answers, show the scores.

    Answers that were made before in just this way are scored again and not made again.
    """
    from sde_datasets.progress import Progress

    needs("torch", "transformers", "peft")
    from sde_datasets.score.terminal import scores_table
    from sde_datasets.train.evaluate import evaluate as run_and_score
    from sde_datasets.train.predict import Asked

    how = how_of(given)
    asked = Asked(config, split, data, revision, None, out, limit)
    scores, path = run_and_score(run, asked, how, *_answers(run, how, given), Progress(quiet))
    print_rich(scores_table(scores))
    if table:
        from sde_datasets.train.beside import beside_table

        print_rich(beside_table(run, asked, path))
    click.echo(path)


def how_of(given: dict[str, Any]) -> How:
    """How to answer, of the options of a command. Raises UsageError for what does not fit together."""
    return How(**{name: given[name] for name in _HOW}).checked()


def _answers(run: Path, how: How, given: dict[str, Any]) -> tuple[Any, dict]:
    """What answers, the run's model or a server, and what is to be said of it."""
    if not given["endpoint"]:
        return _by_run(run, how, given["batch"], given["device"])
    from sde_datasets.train.serve import served

    endpoint = served(run, how, given["endpoint"], given["endpoint_model"], given["concurrency"], given["api_key_name"])
    return endpoint.answers, endpoint.about


def _by_run(run: Path, how: How, batch: int, device: str | None) -> tuple[Any, dict]:
    def answers(texts, template):
        # the model is loaded when there is something to answer
        from sde_datasets.train.predictor import Predictor

        return Predictor(run, how, batch, device).answers(texts, template)

    return answers, {}


def needs(*names: str) -> None:
    """Raises UsageError with the line that installs what is missing; keeps what is there from talking to a person."""
    import logging
    import warnings
    from importlib.util import find_spec

    if missing := [name for name in names if find_spec(name) is None]:
        raise UsageError(f"{missing[0]} is not installed: pip install 'sde-datasets[train]'")
    # their warnings concern who calls them, not who trains
    warnings.filterwarnings("ignore", module="torch|transformers|peft|accelerate")
    logging.getLogger("torch").setLevel(logging.ERROR)
