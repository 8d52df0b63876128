"""The commands of studies: `study`, `report`, `push-study`. Heavy packages are imported inside the commands."""

from __future__ import annotations

import tomllib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sde_datasets.cli.predict import require_training_packages
from sde_datasets.errors import UsageError
from sde_datasets.utils.console import print_rich

if TYPE_CHECKING:
    from sde_datasets.study.launch import Launcher
    from sde_datasets.study.plan import Plan

_path = click.Path(path_type=Path)
LAUNCHERS = ("local", "ray", "slurm")


@click.command()
@click.argument("plan_name", metavar="[PLAN]", default="")
@click.option("--out", type=_path, help="Study folder. A study continues in it. Default: study/<plan>.")
@click.option("--explain", is_flag=True, help="Describe what the plan will do, and do nothing.")
@click.option("--dry-run", is_flag=True, help="Show the cells and an estimate, and run nothing.")
@click.option("--plans", is_flag=True, help="List the plans of the package.")
@click.option(
    "--scale",
    type=click.Choice(("full", "small")),
    default="full",
    show_default=True,
    help="small: the plan with the changes of its table [small].",
)
@click.option("--data", help="bundled, a project file (sde.toml) to build from, a built folder, or org/name.")
@click.option("--model", "models", multiple=True, help="Model: hub id, folder, or tiny. Repeat it for several.")
@click.option("--views", help="Views: commas between groups, + within a group that is tested on all its views.")
@click.option("--train-views", help="Of these, the views to train on, separated by commas. Default: all.")
@click.option("--sizes", help="Training sizes, separated by commas.")
@click.option("--seeds", help="Seeds, separated by commas.")
@click.option("--test-size", type=click.IntRange(0), help="Test samples of each evaluation; 0 for all.")
@click.option(
    "--train-option", "train_options", multiple=True, metavar="KEY=VALUE",
    help="Option of training for all cells, such as lora_rank=16. Repeat it for several.",
)  # fmt: skip
@click.option(
    "--jobs", type=click.IntRange(1), default=1, show_default=True, help="Cells at a time; cores are divided."
)
@click.option("--launcher", type=click.Choice(LAUNCHERS), default="local", show_default=True, help="Where cells run.")
@click.option(
    "--launcher-option",
    "launcher_options",
    multiple=True,
    metavar="KEY=VALUE",
    help="Option of ray or slurm, such as slurm_partition=gpu.",
)
@click.option("--batch", type=click.IntRange(1), default=16, show_default=True, help="Answers at a time.")
@click.option("--device", help="cpu, cuda, ... Default: a GPU if there is one.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def study(plan_name: str, plans: bool, **options: Any) -> None:
    """Run what is missing of the study that PLAN describes: a TOML file, or a plan of the package.

    A study that was killed, or that has a longer plan now, continues when the command is repeated: no cell runs twice.
    """
    from sde_datasets.study.plan import find_plan, plan_names, read_plan

    if plans:
        for name in plan_names():
            click.echo(f"{name:<12} {read_plan(find_plan(name)).title}")
        return
    if not plan_name:
        raise UsageError("give a plan: a TOML file, or a plan that --plans lists")
    plan = _changed(read_plan(find_plan(plan_name)), options)
    if options["explain"]:
        from sde_datasets.study.explain import explain

        click.echo(explain(plan))
        return
    out = options["out"] or Path("study") / plan.name
    if options["dry_run"]:
        _show(plan, out, options)
    else:
        _run(plan, out, options)


def _changed(plan: Plan, options: dict[str, Any]) -> Plan:
    """Return the plan with its scale and the values of the options. Raises UsageError."""
    changes: dict[str, Any] = {}
    if options["data"]:
        changes["data"] = options["data"]
    if options["models"]:
        changes["models"] = options["models"]
    if options["views"]:
        changes["views"] = tuple(tuple(group.split("+")) for group in options["views"].split(","))
    if options["train_views"]:
        changes["train_views"] = tuple(options["train_views"].split(","))
    for name in ("sizes", "seeds"):
        if options[name]:
            changes[name] = _numbers(name, options[name])
    if options["test_size"] is not None:
        changes["test_size"] = options["test_size"]
    plan = plan.scaled(options["scale"])
    if options["train_options"]:
        changes["training"] = dict(plan.training) | train_options(options["train_options"])
    return plan.changed(**changes)


def train_options(words: tuple[str, ...]) -> dict[str, Any]:
    """Return options from `KEY=VALUE`; a value is one of TOML, or else a string. Raises UsageError."""
    found: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"--train-option {word}: give KEY=VALUE, such as lora_rank=16")
        try:
            found[key.replace("-", "_")] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            found[key.replace("-", "_")] = value
    return found


def _numbers(name: str, words: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in words.split(","))
    except ValueError as error:
        raise UsageError(f"--{name} {words}: give whole numbers, separated by commas") from error


def _show(plan: Plan, out: Path, options: dict[str, Any]) -> None:
    from sde_datasets.study.api import plan_cells, summary
    from sde_datasets.study.explain import cells_table, check_possible
    from sde_datasets.utils.progress import Progress

    study = plan_cells(plan, out, Progress(options["quiet"]))
    check_possible(study)
    print_rich(cells_table(study))
    click.echo(summary(study))
    if options["launcher"] == "slurm":
        from sde_datasets.study.cluster import array_script, parse_options

        click.echo(array_script(len(study.missing), out, parse_options(options["launcher_options"])))


def _run(plan: Plan, out: Path, options: dict[str, Any]) -> None:
    require_training_packages("torch", "transformers", "peft", "accelerate")
    from sde_datasets.study.api import require_results, run_study
    from sde_datasets.utils.progress import Progress

    results = run_study(
        plan,
        out,
        Progress(options["quiet"]),
        jobs=options["jobs"],
        batch=options["batch"],
        device=options["device"],
        launcher=launcher_of(out, options),
    )
    require_results(results, out)
    failed = results["evaluation"].null_count()
    if failed:
        click.echo(f"{failed} cells failed: sde-datasets study with --dry-run shows why", err=True)
    click.echo(out)


def launcher_of(out: Path, options: dict[str, Any]) -> Launcher | None:
    """Return the launcher of --launcher; None for the local one. Raises UsageError."""
    from sde_datasets.study.cluster import parse_options, ray_launcher, slurm_launcher

    given = parse_options(options["launcher_options"])
    if options["launcher"] == "ray":
        return partial(ray_launcher, options=given)
    if options["launcher"] == "slurm":
        return partial(slurm_launcher, options=given, logs=out.absolute() / "logs")
    if given:
        raise UsageError("--launcher-option is for --launcher ray or slurm")
    return None


@click.command()
@click.argument("folder", type=_path)
def report(folder: Path) -> None:
    """Report what can be concluded from the study in FOLDER, and what cannot.

    It shows the tables, and writes REPORT.md, report.html and the figures into FOLDER/report.
    """
    require_training_packages("matplotlib", extra="plots")
    from sde_datasets.study.folder import StudyFolder
    from sde_datasets.study.report.render import terminal, write_report

    study_folder = StudyFolder(folder)
    print_rich(terminal(write_report(study_folder)))
    click.echo(study_folder.report / "report.html")


@click.command("push-study")
@click.argument("folder", type=_path)
@click.argument("repository")
@click.option("--name", default="", help="Name of the study in the repository. Default: that of FOLDER.")
@click.option("--private", is_flag=True, help="Make a new repository private.")
@click.option("--message", default="", help="Title of the commit.")
@click.option("--yes", is_flag=True, help="Push without asking for confirmation.")
def push_study(folder: Path, repository: str, name: str, yes: bool, **settings: Any) -> None:
    """Put the results and the report of the study in FOLDER into the dataset REPOSITORY (org/name) on the Hub.

    The results are a config of their own there, and so are the scores of the samples; other configs stay.
    """
    import sys

    from sde_datasets.hub.push_options import PushOptions
    from sde_datasets.study.folder import StudyFolder
    from sde_datasets.study.publish import push_study as push
    from sde_datasets.study.publish import study_files, study_name

    target = PushOptions.from_name(repository, **settings)
    name, study_folder = study_name(folder, name), StudyFolder(folder)
    files = study_files(study_folder, name)
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("there is no terminal to ask for confirmation: give --yes")
        if not click.confirm(f"Push {len(files)} files of the study {name} to {target.repository}?", err=True):
            raise click.Abort
    click.echo(push(files, name, study_folder.plan().title, target))
