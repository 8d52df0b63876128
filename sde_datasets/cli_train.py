"""The commands that train and that hand a trained model on. What is heavy is imported inside the commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sde_datasets.cli_predict import evaluate, how_of, needs
from sde_datasets.errors import InputError, UsageError
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
        if kind is bool:
            # a file may say yes where the command line says no
            flag += f"/--no-{name.replace('_', '-')}"
        how = {} if kind is bool else {"type": click.Choice(meta["choices"]) if meta["choices"] else kind}
        command = click.option(flag, name, default=None, help=words, **how)(command)
    return command


@click.command()
@click.argument("config", required=False)
@_run_options
@click.option("--run", "--run-file", "run_file", type=click.Path(path_type=Path), help="A TOML file of these options.")
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint of --out, with its options.")
@click.option("--evaluate", "then", is_flag=True, help="When trained, answer and score the test split.")
@click.option("--table", is_flag=True, help="With --evaluate: also the first answers beside their gold.")
@click.option("--merge", is_flag=True, help="When trained, add the adapter into the weights: <out>/merged.")
@click.option("--quiet", is_flag=True, help="No progress.")
def train(config: str | None, run_file: Path | None, resume, then, table, merge, quiet, **given) -> None:
    """Fine-tune a causal language model on CONFIG.

    What stands on the command line goes before what stands in --run; the resolved options are in <out>/run.toml.
    How --evaluate answers may stand in the table [answer] of --run.
    """
    from sde_datasets.progress import Progress

    told = {name: value for name, value in {"config": config, **given}.items() if value is not None}
    try:
        told = checked(told, "option")
    except InputError as error:
        raise UsageError(f"{error.wrong}. {error.cure}") from error
    before = Path(told.get("out", "")) / "run.toml"
    if resume and run_file is None and before.is_file():
        run_file = before
    options = Options(**_together(read_options(run_file) if run_file else {}, told)).resolved()
    if merge and options.method != "lora":
        raise UsageError("--merge is for an adapter: with --full and tiny the model is whole already")
    if table and not then:
        raise UsageError("--table goes with --evaluate")
    needs("torch", "transformers", "peft", "accelerate")
    # what is wrong with the answers' options is told before the training, not after it
    after = _evaluation(options.out, run_file, quiet, table) if then else None
    from sde_datasets.train.run import train as run

    folder = run(options, resume, Progress(quiet))
    if merge and _main_process():
        _merge(folder.path)
    if after and _main_process():
        with after:
            evaluate.invoke(after)


def _together(file: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """Options of a file with those of the command line before them; of epochs and steps, one sets the other aside."""
    aside = {"epochs"} if "steps" in told else {"steps"} if "epochs" in told else set()
    return {name: value for name, value in file.items() if name not in aside} | told


def _evaluation(out: str, run_file: Path | None, quiet: bool, table: bool) -> click.Context:
    """The command `evaluate` on that run folder, its options read and checked."""
    words = [out, *(["--run-file", str(run_file)] if run_file else [])]
    words += [f"--{name}" for name, asked in (("quiet", quiet), ("table", table)) if asked]
    context = evaluate.make_context("evaluate", words)
    how_of(context.params)
    return context


@click.command("push-model")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("repository")
@click.option("--merged", is_flag=True, help="The merged weights (train --merge) instead of the adapter.")
@click.option("--private", is_flag=True, help="Make a new repository private.")
@click.option("--message", default="", help="The title of the commit.")
@click.option("--yes", is_flag=True, help="Do not ask before pushing.")
def push_model(run: Path, repository: str, merged: bool, private: bool, message: str, yes: bool) -> None:
    """Push the model of a RUN folder with its card to the model REPOSITORY (org/name) on the Hub."""
    from sde_datasets.hub.target import Target
    from sde_datasets.train.publish import files_of, push

    target = Target(repository, message=message, private=private)
    files = files_of(run, repository, merged)
    if not yes:
        import sys

        if not sys.stdin.isatty():
            raise UsageError("nobody is there to be asked: give --yes")
        if not click.confirm(f"Push {len(files)} files to {repository}?", err=True):
            raise click.Abort
    click.echo(push(files, target))


@click.command("merge")
@click.argument("run", type=click.Path(path_type=Path))
def merge_model(run: Path) -> None:
    """Add the adapter of a RUN into the weights of its base model: RUN/merged, a model like any other."""
    needs("torch", "transformers", "peft")
    _merge(run)


def _merge(run: Path) -> None:
    from sde_datasets.train.publish import merge

    click.echo(merge(run))


def _main_process() -> bool:
    from accelerate import PartialState

    return PartialState().is_main_process
