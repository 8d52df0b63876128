"""The command that publishes a dataset folder on the Hub, and the options of everything that pushes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sde_datasets.errors import UsageError
from sde_datasets.utils.console import print_rich

if TYPE_CHECKING:
    from sde_datasets.ingest.plan import Plan
    from sde_datasets.utils.progress import Progress


def push_options(command: Callable) -> Callable:
    """Add the options of a push to a command."""
    for option in (
        click.option("--yes", is_flag=True, help="Push without asking for confirmation."),
        click.option("--message", default="", help="The title of the commit."),
        click.option("--tag", default="", help="Tag the pushed revision; the card's code is pinned to the tag."),
        click.option("--create-pr", is_flag=True, help="Propose the change as a pull request."),
        click.option("--revision", default="main", show_default=True, help="The branch; created if it does not exist."),
        click.option("--private", is_flag=True, help="Make a new repository private."),
        click.option("--replace-card", is_flag=True, help="Replace a card that sde-datasets did not write."),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("repository", required=False)
@push_options
@click.option("--records-only", is_flag=True, help="Push the records; every design is rendered at load (sde.load).")
@click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def push(
    folder: Path,
    repository: str | None,
    yes: bool,
    records_only: bool,
    dry_run: bool,
    quiet: bool,
    **target: Any,
) -> None:
    """Push the dataset FOLDER to the dataset REPOSITORY (org/name) on the Hub.

    Readers see the old state or the new one. Only changed files are sent, and other files of the repository stay.
    REPOSITORY may also be the address of its page; by default it is the repository that the plan names.
    """
    from sde_datasets.dataset.manifest import Manifest
    from sde_datasets.utils.progress import Progress

    repository = repository or Manifest.load(folder).repository
    if not repository:
        raise UsageError("give the repository as org/name: the plan of this folder names none")
    push_folder(folder, repository, yes, Progress(quiet), target, dry_run, records_only)


def check_before_build(plan: Plan, repository: str, yes: bool, target: dict[str, Any]) -> None:
    """Check what would stop the push before a build that may take long. Raises InputError and UsageError."""
    from sde_datasets.hub.connection import configure_client, connect
    from sde_datasets.hub.licences import check_licences
    from sde_datasets.hub.push import read_repository
    from sde_datasets.hub.push_options import PushOptions
    from sde_datasets.ingest.facts import view_facts

    options = PushOptions.from_name(repository, **target)
    _require_confirmation(yes)
    check_licences({view.name: view_facts(view, plan.base) for view in plan.view})
    configure_client()
    read_repository(connect(options.repository), options)


def push_folder(
    folder: Path,
    repository: str,
    yes: bool,
    progress: Progress,
    target: dict[str, Any],
    dry_run: bool = False,
    records_only: bool = False,
) -> None:
    """Show the changes, ask for confirmation and push. Raises InputError and UsageError."""
    from sde_datasets.hub.connection import configure_client, connect
    from sde_datasets.hub.messages import changes_table, result_lines
    from sde_datasets.hub.push import Push
    from sde_datasets.hub.push_options import PushOptions

    options = PushOptions.from_name(repository, **target)
    configure_client()
    connection = connect(options.repository)
    prepared = Push.prepare(folder, options, connection, progress=progress, records_alone=records_only)
    print_rich(changes_table(prepared))
    if dry_run:
        return
    if prepared.plan.changes and not yes:
        _require_confirmation(yes)
        if not click.confirm(f"Push to {prepared.options.repository}?", err=True):
            raise click.Abort
    for line in result_lines(prepared, prepared.run(progress)):
        click.echo(line)


def _require_confirmation(yes: bool) -> None:
    if not yes and not sys.stdin.isatty():
        raise UsageError(
            "standard input is not a terminal, so the push cannot be confirmed: give --yes, or --dry-run to see what "
            "would change"
        )
