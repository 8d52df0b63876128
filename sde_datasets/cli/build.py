"""The commands that build a dataset folder, check it and write its card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sde_datasets.cli.push import check_before_build, push_folder, push_options
from sde_datasets.errors import UsageError
from sde_datasets.utils.console import print_rich

if TYPE_CHECKING:
    from sde_datasets.ingest.plan import Plan

_path = click.Path(path_type=Path)
# keys of a [[view]] for one --source, keys of every view, and keys of the plan, as the options are named
_SOURCE_KEYS = ("columns", "labels", "targets", "rename", "options")
VIEW_KEYS = ("offsets", "ends", "bad_annotations", "max_chars", "stride")
_PLAN_KEYS = ("designs", "evidence", "dedupe", "max_empty", "max_rejected", "split")
_PUSH_KEYS = ("message", "tag", "create_pr", "revision", "private", "replace_card")


def _pairs(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """Parse `KEY=VALUE`, given any number of times."""
    pairs = {}
    for pair in given:
        key, _, value = pair.partition("=")
        if not key or not value:
            raise UsageError(f"{param.opts[0]} {pair!r} does not have the form {param.metavar}")
        pairs[key] = value
    return pairs


def _map_option(name: str, metavar: str, text: str) -> Callable:
    return click.option(name, multiple=True, callback=_pairs, metavar=metavar, help=text)


def own_data_options(command: Callable) -> Callable:
    """Add the options that say how own data are read."""
    units, ends = click.Choice(["characters", "utf16", "bytes"]), click.Choice(["exclusive", "inclusive"])
    rules = click.Choice(["reject record", "drop"])
    for option in reversed(
        (
            _map_option("--columns", "KEY=NAME", "The name of a column or key in the data: text=review."),
            _map_option("--labels", "VALUE=LABEL", "The label for a value of the data: 5=positive."),
            click.option("--targets", multiple=True, metavar="NAME", help="The targets, in the order of the answers."),
            _map_option("--rename", "OLD=NEW", "Another name for a target: PER=person."),
            _map_option("--options", "KEY=VALUE", "Another option of the corpus: delimiter=;"),
            click.option("--offsets", type=units, help="The unit of offsets. characters: take them as they are."),
            click.option(
                "--ends", type=ends, help="exclusive: an end is the offset after a mention; inclusive: its last."
            ),
            click.option("--max-chars", type=click.IntRange(1), help="Cut longer texts into windows of sentences."),
            click.option("--stride", type=click.IntRange(0), help="The characters that windows for training share."),
            click.option("--bad-annotations", type=rules, help="How a record with an invalid annotation is handled."),
        )
    ):
        command = option(command)
    return command


@click.command()
@click.option("--source", "sources", multiple=True, metavar="[CORPUS[:SUBSET]=]PATH", help="A corpus and its path.")
@own_data_options
@click.option("--plan", "plan_path", type=_path, help="A project file (sde.toml).")
@click.option("--task", default="", help="The task of your data: ner, ed, mabsa, or the TOML file of your own task.")
@click.option("--language", default="", help="The language of the texts (en, zh, ru, ...). Default: the corpus's own.")
@click.option("--builder", "builders", multiple=True, metavar="FILE.py", help="A Python file that defines a BUILDER.")
@click.option("--designs", multiple=True, help="paper (default), all, every, names or patterns; may be repeated.")
@click.option("--out", required=True, help="The dataset folder to write; with --engine ray also an address (s3://...).")
@click.option("--evidence", type=click.Choice(["all", "annotated"]), help="annotated: omit extracted descriptions.")
@click.option("--dedupe", is_flag=True, default=None, help="Remove texts of validation and test from train.")
@click.option("--max-empty", type=click.FloatRange(0, 1), help="The largest share of records that mention nothing.")
@click.option(
    "--split", metavar="80/10/10", help="Split all records by a hash with these shares (train, validation, test)."
)
@click.option(
    "--max-rejected", type=click.FloatRange(0, 1), help="Stop above this share of rejected records. Default: 0.5."
)
@click.option("--strict", is_flag=True, help="Stop at any rejected row.")
@click.option("--workers", type=click.IntRange(0), default=0, help="Processes; 0 (default): one per core.")
@click.option("--engine", type=click.Choice(["local", "ray"]), default="local", help="local: processes (default).")
@click.option(
    "--address", help="The Ray cluster: auto, or ray://HOST:PORT. Default: the running one or a new local one."
)
@click.option("--quiet", is_flag=True, help="Show no progress.")
@click.option("--push", "repository", metavar="ORG/NAME", help="Push the folder after the build.")
@push_options
def build(
    out: str,
    workers: int,
    strict: bool,
    engine: str,
    address: str | None,
    quiet: bool,
    repository: str | None,
    yes: bool,
    **given: Any,
) -> None:
    """Build a dataset folder from corpora. Without --source and --plan: from the bundled corpora.

    The corpus may be left out where the files show what they are: --source export.json.

    Several files of one corpus are one view: --source jsonl=train.jsonl --source jsonl=test.jsonl. The options
    --columns, --labels, --targets, --rename and --options may be repeated; `sde-datasets corpora CORPUS` lists the
    keys of a corpus.
    """
    from sde_datasets.building.api import run_build
    from sde_datasets.cli.build_report import built_table
    from sde_datasets.utils.progress import Progress

    if repository and "://" in out:
        raise UsageError(f"--push needs a folder of this machine: build into {out}, copy the folder and push it")
    plan = _plan(given)
    target = {key: given[key] for key in _PUSH_KEYS}
    if repository:
        check_before_build(plan, repository, yes, target)
    built = run_build(plan, out, workers, strict, Progress(quiet), engine, address)
    print_rich(built_table(built, out))
    if repository:
        push_folder(Path(out), repository, yes, Progress(quiet), target)


def _plan(given: dict[str, Any]) -> Plan:
    """Return the plan that the options ask for: options override the keys of a project file."""
    from sde_datasets.ingest.plan import bundled_plan, check_plan, read_plan

    sources, plan_path = given["sources"], given["plan_path"]
    keys = {key: given[key] for key in _SOURCE_KEYS}
    if sources and plan_path:
        raise UsageError("give --source or --plan, not both")
    if not sources and (given["task"] or given["language"] or given["builders"] or any(keys.values())):
        names = ", ".join(f"--{key}" for key in ("task", "language", "builder", *_SOURCE_KEYS))
        raise UsageError(f"{names} need --source; a plan has keys for them")
    plan = plan_of_sources(sources, given) if sources else _for_views(read_plan(plan_path or bundled_plan()), given)
    settings = {key: given[key] for key in _PLAN_KEYS if given[key] not in (None, ())}
    plan = replace(plan, **settings)
    check_plan(plan, "command line")
    return plan


def plan_of_sources(sources: tuple[str, ...], given: dict[str, Any]) -> Plan:
    """Return the plan of `--source` with the options of `own_data_options`, a task, a language and builders."""
    from sde_datasets.ingest.source_plan import source_plan

    keys = {key: given[key] for key in _SOURCE_KEYS}
    plan = source_plan(sources, given["task"], given["language"], keys, builders=given["builders"])
    return _for_views(plan, given)


def _for_views(plan: Plan, given: dict[str, Any]) -> Plan:
    """Return `plan` with the options that hold for every view."""
    for_views = {key: given[key] for key in VIEW_KEYS if given[key]}
    return replace(plan, view=tuple(replace(view, **for_views) for view in plan.view)) if for_views else plan


@click.command()
@click.argument("folder", type=_path)
@click.option("--workers", type=click.IntRange(0), default=0, help="Processes; 0 (default): one per core.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def check(folder: Path, workers: int, quiet: bool) -> None:
    """Verify a dataset FOLDER: hashes, round trips, rows, card, loading by name."""
    from sde_datasets.building.check import check as run_check
    from sde_datasets.utils.progress import Progress

    for line in run_check(folder, workers, Progress(quiet)):
        click.echo(line)


@click.command("check-builder")
@click.argument("name")
@click.argument("path")
@click.option("--task", default="", help="The task, for a builder that names none.")
@click.option("--language", default="", help="The language of the texts. Default: the builder's own.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def check_builder(name: str, path: str, task: str, language: str, quiet: bool) -> None:
    """Read the corpus at PATH twice with the builder NAME and check types, offsets, rejects and counts.

    NAME is a corpus (jsonl, maven:all) or a Python file that defines a BUILDER (my_builder.py).
    """
    from sde_datasets.ingest.check_builder import check_builder as run_check
    from sde_datasets.utils.progress import Progress

    for line in run_check(name, path, task, language, Progress(quiet)):
        click.echo(line)


@click.command()
@click.argument("folder", type=_path)
def card(folder: Path) -> None:
    """Write the card of a dataset FOLDER and its plots again; your section between the marks stays."""
    from sde_datasets.card.writer import rewrite_card_files

    rewrite_card_files(folder)
    click.echo(f"{folder}/README.md")
