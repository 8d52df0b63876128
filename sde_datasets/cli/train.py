"""The commands that train, merge and push a model. Heavy packages are imported inside the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sde_datasets.cli.field_options import field_options
from sde_datasets.cli.predict import evaluate, generation_options, require_training_packages
from sde_datasets.errors import InputError, UsageError
from sde_datasets.runs.options import TrainingOptions, read_options, validate_options

_path = click.Path(path_type=Path)


@click.command()
@click.argument("config", required=False)
@field_options(TrainingOptions, exclude=("config",), unset=True)
@click.option("--run", "--run-file", "run_file", type=_path, help="TOML file with these options.")
@click.option("--resume", is_flag=True, help="Continue from the last checkpoint of --out, with its options.")
@click.option("--evaluate", "then_evaluate", is_flag=True, help="After training, answer and score the test split.")
@click.option("--table", is_flag=True, help="With --evaluate: also show the first answers next to their gold.")
@click.option("--merge", is_flag=True, help="After training, merge the adapter into the weights: <out>/merged.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def train(
    config: str | None,
    run_file: Path | None,
    resume: bool,
    then_evaluate: bool,
    table: bool,
    merge: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Fine-tune a causal language model on CONFIG, such as mabsa-lines-text-cot.

    Command-line options override the --run file. The resolved options are written to <out>/run.toml. The table
    [answer] of the --run file sets the options of --evaluate.
    """
    from sde_datasets.utils.progress import Progress

    given = {name: value for name, value in {"config": config, **options}.items() if value is not None}
    try:
        given = validate_options(given, "option")
    except InputError as error:
        raise UsageError(f"{error.problem}. {error.hint}") from error
    previous = Path(given.get("out", "")) / "run.toml"
    if resume and run_file is None and previous.is_file():
        run_file = previous
    resolved = TrainingOptions(**_override(read_options(run_file) if run_file else {}, given)).resolved()
    if merge and resolved.method != "lora":
        raise UsageError("--merge is for an adapter: with --full and tiny the weights are already complete")
    if table and not then_evaluate:
        raise UsageError("--table goes with --evaluate")
    require_training_packages("torch", "transformers", "peft", "accelerate")
    # created before the training, so that errors in its options are reported at once
    evaluation = _evaluation_context(resolved.out, run_file, quiet, table) if then_evaluate else None
    from sde_datasets.training.loop import train as run_training

    folder = run_training(resolved, resume, Progress(quiet))
    if merge and _is_main_process():
        _merge(folder.path)
    if evaluation and _is_main_process():
        with evaluation:
            evaluate.invoke(evaluation)


def _override(file: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a file overridden by those of the command line; epochs and steps replace each other."""
    replaced = {"epochs"} if "steps" in given else {"steps"} if "epochs" in given else set()
    return {name: value for name, value in file.items() if name not in replaced} | given


def _evaluation_context(out: str, run_file: Path | None, quiet: bool, table: bool) -> click.Context:
    """Return the context of the command `evaluate` for a run folder, with its options parsed and checked."""
    arguments = [out, *(["--run-file", str(run_file)] if run_file else [])]
    arguments += [f"--{name}" for name, given in (("quiet", quiet), ("table", table)) if given]
    context = evaluate.make_context("evaluate", arguments)
    generation_options(context.params)
    return context


@click.command("push-model")
@click.argument("run", type=_path)
@click.argument("repository")
@click.option("--merged", is_flag=True, help="Push the merged weights (train --merge) instead of the adapter.")
@click.option("--private", is_flag=True, help="Make a new repository private.")
@click.option("--replace-card", is_flag=True, help="Replace a card that sde-datasets did not write.")
@click.option("--message", default="", help="Title of the commit.")
@click.option("--yes", is_flag=True, help="Push without asking for confirmation.")
def push_model(run: Path, repository: str, merged: bool, yes: bool, **settings: Any) -> None:
    """Push the model of a RUN folder with its card to the model REPOSITORY (org/name) on the Hub."""
    from sde_datasets.hub.push_options import PushOptions
    from sde_datasets.training.publish import collect_files, push

    target = PushOptions.from_name(repository, "model", **settings)
    files = collect_files(run, target.repository, merged)
    if not yes:
        import sys

        if not sys.stdin.isatty():
            raise UsageError("there is no terminal to ask for confirmation: give --yes")
        if not click.confirm(f"Push {len(files)} files to {target.repository}?", err=True):
            raise click.Abort
    click.echo(push(files, target))


@click.command("merge")
@click.argument("run", type=_path)
def merge_model(run: Path) -> None:
    """Merge the adapter of a RUN into the weights of its base model and write the model to RUN/merged."""
    require_training_packages("torch", "transformers", "peft")
    _merge(run)


def _merge(run: Path) -> None:
    from sde_datasets.training.publish import merge

    click.echo(merge(run))


def _is_main_process() -> bool:
    from accelerate import PartialState

    return PartialState().is_main_process
