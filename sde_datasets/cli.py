"""The command line: thin commands. Heavy things are imported inside the command that needs them."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import click

from sde_datasets import __version__
from sde_datasets.cli_predict import evaluate, predict
from sde_datasets.cli_score import compare, score
from sde_datasets.cli_train import merge_model, push_model, train
from sde_datasets.errors import InputError, UsageError
from sde_datasets.printing import print_rich


class Commands(click.Group):
    """A group that turns the project's errors into one line and an exit code: 1 for bad input, 2 for bad usage."""

    def invoke(self, ctx: click.Context) -> object:
        sys.unraisablehook = _interrupt_again
        try:
            return super().invoke(ctx)
        except InputError as error:
            _fail(f"error: {error}", 1)
        except UsageError as error:
            _fail(f"usage: {error}", 2)
        except KeyboardInterrupt:
            how = " with --resume" if ctx.invoked_subcommand == "train" else ""
            _fail(f"stopped. What is whole is kept: run the same command again{how} to go on.", 130)
        except BrokenPipeError:
            # the reader of our output has gone, as `head` does
            sys.stderr.close()
            sys.exit(0)


def _interrupt_again(lost: sys.UnraisableHookArgs) -> None:
    """Python loses a Ctrl-C that arrives within a destructor: let it come again a moment later."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
    else:
        sys.__unraisablehook__(lost)


def _fail(text: str, code: int) -> None:
    click.echo(text, err=True)
    sys.exit(code)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def main() -> None:
    """Annotated corpora as datasets under every sample design, a config for each; scores of what models answer."""


@main.command()
def corpora() -> None:
    """The corpora that can be read: task, language, licence, where to get them."""
    from sde_datasets.facts import corpora_table

    print_rich(corpora_table())


@main.command()
@click.option("--view", default="mabsa", show_default=True, help="The view or task whose config names are shown.")
@click.option("--designs", "chosen", multiple=True, default=["all"], help="paper, all (default), names or patterns.")
@click.option("--explain", metavar="NAME", help="One design in words, with a sample.")
def designs(view: str, chosen: tuple[str, ...], explain: str | None) -> None:
    """The sample designs as a table, or one of them in words with a sample."""
    from sde_datasets.designs import select
    from sde_datasets.show import designs_table, explained

    print_rich(explained(explain, view) if explain else designs_table(view, select(chosen, view, [view])))


def _push_options(command: Callable) -> Callable:
    """The options of everything that pushes."""
    for option in (
        click.option("--yes", is_flag=True, help="Do not ask before pushing."),
        click.option("--message", default="", help="The title of the commit."),
        click.option("--tag", default="", help="A tag for what is pushed; the card's code is pinned to it."),
        click.option("--create-pr", is_flag=True, help="Propose the change as a pull request."),
        click.option("--revision", default="main", show_default=True, help="The branch; made where it is not there."),
        click.option("--private", is_flag=True, help="Make a new repository private."),
    ):
        command = option(command)
    return command


@main.command()
@click.option("--source", "sources", multiple=True, metavar="CORPUS[:SUBSET]=PATH", help="A corpus and where it is.")
@click.option("--plan", "plan_path", type=click.Path(path_type=Path), help="A project file (sde.toml).")
@click.option("--task", default="", help="The task of own data: ner, ed, mabsa, or a TOML file of yours.")
@click.option("--language", default="", help="The language of the texts (en, zh, ru, ...), where not the corpus's own.")
@click.option("--designs", "chosen", multiple=True, help="paper (default), all, names or patterns; may be given often.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to build.")
@click.option(
    "--evidence", type=click.Choice(["all", "annotated"]), help="annotated: leave extracted descriptions out."
)
@click.option("--dedupe", is_flag=True, help="Take texts that stand in validation or test out of training.")
@click.option("--max-empty", type=click.FloatRange(0, 1), help="The largest share of records that mention nothing.")
@click.option("--strict", is_flag=True, help="Stop at any reject.")
@click.option("--workers", type=click.IntRange(0), default=0, help="Processes; 0 (default) is one for each core.")
@click.option("--quiet", is_flag=True, help="No progress.")
@click.option("--push", "repository", metavar="ORG/NAME", help="Push the folder when it is built.")
@_push_options
def build(
    sources,
    plan_path,
    task,
    language,
    chosen,
    out,
    evidence,
    dedupe,
    max_empty,
    strict,
    workers,
    quiet,
    repository,
    yes,
    **how,
) -> None:
    """Build a folder of dataset configs from corpora. Without --source and --plan: the bundled corpora."""
    from dataclasses import replace

    from sde_datasets.build import build as run
    from sde_datasets.plan import bundled_plan, read_plan, source_plan
    from sde_datasets.progress import Progress
    from sde_datasets.show import built_table

    if sources and plan_path:
        raise UsageError("give --source or --plan, not both")
    if (task or language) and not sources:
        raise UsageError("--task and --language are for --source; a plan has keys of that name for each view")
    plan = source_plan(sources, task, language) if sources else read_plan(plan_path or bundled_plan())
    given = {"designs": chosen or None, "evidence": evidence, "dedupe": dedupe or None, "max_empty": max_empty}
    plan = replace(plan, **{key: value for key, value in given.items() if value is not None})
    if repository:
        _before_building(plan, repository, yes, how)
    built = run(plan, out, workers, strict, Progress(quiet))
    print_rich(built_table(built, out))
    if repository:
        _push(out, repository, yes, Progress(quiet), how)


def _before_building(plan, repository: str, yes: bool, how: dict) -> None:
    """What would stop the push is said before a build that may take long."""
    from sde_datasets.facts import published_as
    from sde_datasets.hub.connection import connect
    from sde_datasets.hub.licences import check_licences
    from sde_datasets.hub.target import Target

    Target(repository, **how)
    _can_ask(yes)
    check_licences({view.name: published_as(view, plan.base) for view in plan.view})
    connect(repository)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("config")
@click.option("--n", "count", type=click.IntRange(1), default=3, show_default=True, help="How many samples.")
@click.option("--split", default="train", show_default=True)
def show(folder: Path, config: str, count: int, split: str) -> None:
    """Samples of CONFIG in the built FOLDER, prompt and completion apart."""
    from sde_datasets.show import samples

    print_rich(samples(folder, config, split, count))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--workers", type=click.IntRange(0), default=0, help="Processes; 0 (default) is one for each core.")
@click.option("--quiet", is_flag=True, help="No progress.")
def check(folder: Path, workers: int, quiet: bool) -> None:
    """Prove a built FOLDER right: hashes, round trips, rows, card, loading by name."""
    from sde_datasets.check import check as run
    from sde_datasets.progress import Progress

    for line in run(folder, workers, Progress(quiet)):
        click.echo(line)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("repository", required=False)
@_push_options
@click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing.")
@click.option("--quiet", is_flag=True, help="No progress.")
def push(folder: Path, repository: str | None, yes: bool, dry_run: bool, quiet: bool, **how) -> None:
    """Push a built FOLDER to the dataset REPOSITORY (org/name; default: that of the plan) on the Hub.

    Readers see the old state or the new one, only what changed is sent, and files that are not ours stay.
    """
    from sde_datasets.manifest import read_manifest
    from sde_datasets.progress import Progress

    repository = repository or read_manifest(folder)["repository"]
    if not repository:
        raise UsageError("give the repository as org/name: the plan of this folder names none")
    _push(folder, repository, yes, Progress(quiet), how, dry_run)


def _push(folder: Path, repository: str, yes: bool, progress, how: dict, dry_run: bool = False) -> None:
    from sde_datasets.hub.connection import be_patient, connect
    from sde_datasets.hub.push import Push
    from sde_datasets.hub.say import changes_table, pushed_lines
    from sde_datasets.hub.target import Target

    target = Target(repository, **how)
    be_patient()
    ready = Push.of(folder, target, connect(repository), progress=progress)
    print_rich(changes_table(ready))
    if dry_run:
        return
    if ready.stage.changes and not yes:
        _can_ask(yes)
        if not click.confirm(f"Push to {repository}?", err=True):
            raise click.Abort
    for line in pushed_lines(ready, ready.run(progress)):
        click.echo(line)


def _can_ask(yes: bool) -> None:
    if not yes and not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked: give --yes, or --dry-run to see what would change")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
def card(folder: Path) -> None:
    """Write the card of a built FOLDER again, with its plots; the section between its marks stays as you wrote it."""
    from sde_datasets.card.write import rewrite

    rewrite(folder)
    click.echo(f"{folder}/README.md")


for command in (score, compare, train, predict, evaluate, merge_model, push_model):
    main.add_command(command)
