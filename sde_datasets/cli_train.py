"""The commands that train, predict and evaluate. PyTorch and all that is heavy is imported inside the commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sde_datasets.errors import InputError, UsageError, nearest
from sde_datasets.printing import print_rich
from sde_datasets.toml_file import read_toml
from sde_datasets.train.how import BATCH, How
from sde_datasets.train.options import KNOWN, Options, checked, kind_of, read_options


def _run_options(command: Callable) -> Callable:
    """An option for each field of Options but the config, which is an argument."""
    for name in reversed(KNOWN):
        if name == "config":
            continue
        kind, meta = kind_of(name), KNOWN[name].metadata
        shown = KNOWN[name].default
        words = meta["help"] + (f"  [default: {shown}]" if shown not in (None, False, "") else "")
        flag = f"--{name.replace('_', '-')}"
        how = (
            {"is_flag": True} if kind is bool else {"type": click.Choice(meta["choices"]) if meta["choices"] else kind}
        )
        command = click.option(flag, name, default=None, help=words, **how)(command)
    return command


def _from_file(ctx: click.Context, param: click.Parameter, path: Path | None) -> None:
    """Take what a TOML file says for what the command line does not say."""
    if path is None:
        return
    given = read_toml(path).get("answer", {})
    known = {each.name for each in ctx.command.params}
    if unknown := [name for name in given if name not in known]:
        raise InputError(f"{path} [answer]", f"unknown option {unknown[0]!r}", nearest(unknown[0], sorted(known)))
    ctx.default_map = given


def _answer_options(command: Callable) -> Callable:
    """The options of everything that answers."""
    for option in reversed(
        (
            click.option(
                "--run-file",
                type=click.Path(path_type=Path),
                is_eager=True,
                expose_value=False,
                callback=_from_file,
                help="A TOML file with these options in its table [answer].",
            ),
            click.option("--sample", is_flag=True, help="Draw the answers instead of taking the most likely ones."),
            click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="With --sample."),
            click.option("--temperature", type=click.FloatRange(0, min_open=True), default=1.0, help="With --sample."),
            click.option("--top-p", type=click.FloatRange(0, 1, min_open=True), default=1.0, help="With --sample."),
            click.option("--shots", type=click.IntRange(0), default=0, help="Training examples before the prompt."),
            click.option("--zero-shot", is_flag=True, help="The base model, untrained."),
            click.option("--constrained", is_flag=True, help="Write only what can be read under the design."),
            click.option("--max-new-tokens", type=click.IntRange(1), help="Tokens of an answer at most."),
            click.option(
                "--batch", type=click.IntRange(1), default=BATCH, show_default=True, help="Answers at a time."
            ),
            click.option("--device", help="cpu, cuda, cuda:1, mps, ...  Default: a GPU if there is one."),
            click.option("--endpoint", metavar="URL", help="Ask a server that speaks OpenAI's protocol (.../v1)."),
            click.option("--endpoint-model", default="", help="Its model. Default: the first that it lists."),
            click.option("--concurrency", type=click.IntRange(1), default=8, help="With --endpoint: at a time."),
            click.option("--api-key-name", default="OPENAI_API_KEY", help="The environment variable with the key."),
            click.option("--quiet", is_flag=True, help="No progress."),
        )
    ):
        command = option(command)
    return command


_HOW = ("sample", "seed", "temperature", "top_p", "shots", "zero_shot", "constrained", "max_new_tokens")


@click.command()
@click.argument("config", required=False)
@_run_options
@click.option("--run", "--run-file", "run_file", type=click.Path(path_type=Path), help="A TOML file of these options.")
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint of the run folder.")
@click.option("--evaluate", "then", is_flag=True, help="When trained, answer and score the test split.")
@click.option("--table", is_flag=True, help="With --evaluate: also the first answers beside their gold.")
@click.option("--merge", is_flag=True, help="When trained, add the adapter into the weights: <out>/merged.")
@click.option("--quiet", is_flag=True, help="No progress.")
def train(config: str | None, run_file: Path | None, resume, then, table, merge, quiet, **given) -> None:
    """Fine-tune a causal language model on CONFIG.

    What stands on the command line goes before what stands in --run; the resolved options are in <out>/run.toml.
    """
    from sde_datasets.progress import Progress

    told = {
        name: value for name, value in {"config": config, **given}.items() if value is not None and value is not False
    }
    try:
        told = checked(told, "option")
    except InputError as error:
        raise UsageError(f"{error.wrong}. {error.cure}") from error
    options = Options(**((read_options(run_file) if run_file else {}) | told)).resolved()
    _needs("torch", "transformers", "peft", "accelerate")
    _quiet_libraries()
    from sde_datasets.train.run import train as run

    folder = run(options, resume, Progress(quiet))
    if merge and _main_process():
        _merge(folder.path)
    if then and _main_process():
        from sde_datasets.train.predict import Asked

        _evaluate(folder.path, Asked(), How(), _ours(folder.path, How(), BATCH, None), quiet, table)


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--config", default="", help="The config to answer. Default: the run's own.")
@click.option("--split", default="test", show_default=True)
@click.option("--data", default="", help="A built folder or org/name. Default: the run's data.")
@click.option("--revision", help="With --data: its branch, tag or commit.")
@click.option("--input", "input_path", type=click.Path(path_type=Path), help='New texts: JSON lines of {"text"}.')
@click.option("--out", type=click.Path(path_type=Path), help="The file of answers. Default: in the run folder.")
@click.option("--limit", type=click.IntRange(1), help="Only so many samples, drawn by the run's seed.")
@_answer_options
def predict(run, config, split, data, revision, input_path, out, limit, quiet, **given) -> None:
    """Answer a split of a config, or new texts, with the model of a RUN folder.

    A killed call goes on where it stopped when it is made again.
    """
    from sde_datasets.progress import Progress

    _needs("torch", "transformers", "peft")
    from sde_datasets.train.predict import Asked
    from sde_datasets.train.predict import predict as answer

    asked = Asked(config, split, data, revision, input_path, out, limit).checked()
    how = How(**{name: given[name] for name in _HOW}).checked()
    answers, by = _answers(run, how, given)
    click.echo(answer(run, asked, how, answers, by, Progress(quiet)))


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--config", default="", help="The config to answer. Default: the run's own.")
@click.option("--split", default="test", show_default=True)
@click.option("--data", default="", help="A built folder or org/name. Default: the run's data.")
@click.option("--revision", help="With --data: its branch, tag or commit.")
@click.option("--out", type=click.Path(path_type=Path), help="The file of answers. Default: in the run folder.")
@click.option("--limit", type=click.IntRange(1), help="Only so many samples, drawn by the run's seed.")
@click.option("--table", is_flag=True, help="Also the first answers beside their gold.")
@_answer_options
def evaluate(run, config, split, data, revision, out, limit, table, quiet, **given) -> None:
    """Answer a split with the model of a RUN folder, score the answers, show the scores.

    Answers that were made before in just this way are scored again and not made again.
    """
    from sde_datasets.train.predict import Asked

    _needs("torch", "transformers", "peft")
    how = How(**{name: given[name] for name in _HOW}).checked()
    asked = Asked(config, split, data, revision, None, out, limit)
    _evaluate(run, asked, how, _answers(run, how, given), quiet, table)


@click.command("push-model")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("repository")
@click.option("--merged", is_flag=True, help="The merged weights (train --merge) instead of the adapter.")
@click.option("--private", is_flag=True, help="Make a new repository private.")
@click.option("--message", default="", help="The title of the commit.")
@click.option("--yes", is_flag=True, help="Do not ask before pushing.")
def push_model(run: Path, repository: str, merged: bool, private: bool, message: str, yes: bool) -> None:
    """Push the model of a RUN folder with its card to the model REPOSITORY (org/name) on the Hub."""
    from sde_datasets.train.publish import files_of, push

    files = files_of(run, merged)
    if not yes:
        import sys

        if not sys.stdin.isatty():
            raise UsageError("nobody is there to be asked: give --yes")
        if not click.confirm(f"Push {len(files)} files to {repository}?", err=True):
            raise click.Abort
    click.echo(push(files, repository, private, message))


@click.command("merge")
@click.argument("run", type=click.Path(path_type=Path))
def merge_model(run: Path) -> None:
    """Add the adapter of a RUN into the weights of its base model: RUN/merged, a model like any other."""
    _needs("torch", "transformers", "peft")
    _merge(run)


def _merge(run: Path) -> None:
    from sde_datasets.train.publish import merge

    click.echo(merge(run))


def _answers(run: Path, how: How, given: dict[str, Any]) -> tuple[Any, dict]:
    """What answers, the run's model or a server, and what is to be said of it."""
    if not given["endpoint"]:
        return _ours(run, how, given["batch"], given["device"])
    from sde_datasets.train.serve import served

    endpoint = served(run, how, given["endpoint"], given["endpoint_model"], given["concurrency"], given["api_key_name"])
    return endpoint.answers, endpoint.about


def _ours(run: Path, how: How, batch: int, device: str | None) -> tuple[Any, dict]:
    def answers(texts, template):
        # the model is loaded when there is something to answer
        from sde_datasets.train.predictor import Predictor

        return Predictor(run, how, batch, device).answers(texts, template)

    return answers, {}


def _evaluate(run: Path, asked: Any, how: How, made: tuple[Any, dict], quiet: bool, table: bool) -> None:
    from sde_datasets.progress import Progress
    from sde_datasets.score.terminal import scores_table
    from sde_datasets.train.evaluate import evaluate as run_and_score

    scores, path = run_and_score(run, asked, how, *made, Progress(quiet))
    print_rich(scores_table(scores))
    if table:
        from sde_datasets.train.beside import beside_table

        print_rich(beside_table(run, asked, path))
    click.echo(path)


def _main_process() -> bool:
    from accelerate import PartialState

    return PartialState().is_main_process


def _needs(*names: str) -> None:
    """Raises UsageError with the line that installs what is missing."""
    from importlib.util import find_spec

    if missing := [name for name in names if find_spec(name) is None]:
        raise UsageError(f"{missing[0]} is not installed: pip install 'sde-datasets[train]'")


def _quiet_libraries() -> None:
    """Libraries say in warnings what concerns their callers, not a person who trains."""
    import logging
    import warnings

    warnings.filterwarnings("ignore", module="torch|transformers|peft|accelerate")
    logging.getLogger("torch").setLevel(logging.ERROR)
