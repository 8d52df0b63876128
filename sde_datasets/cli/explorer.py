"""The command `explore`, which shows records under every design in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sde_datasets.explorer.explorer import Explorer

_path = click.Path(path_type=Path)


@click.command()
@click.argument("data", metavar="OUT|REPO")
@click.option("--html", "page", type=_path, metavar="FILE", help="Write the page into a file instead of serving it.")
@click.option(
    "--n",
    "count",
    type=click.IntRange(1),
    default=10,
    show_default=True,
    help="With --html: the records of each split.",
)
@click.option(
    "--tokenizer",
    "tokenizers",
    multiple=True,
    metavar="MODEL",
    help="Count the tokens of this model: a folder or a repository; may be repeated.",
)
@click.option("--study", type=_path, metavar="FOLDER", help="Show the scores of this study in the grid of designs.")
@click.option("--task", "task_files", multiple=True, metavar="FILE.toml", help="The file of a task of your own.")
@click.option("--revision", help="The revision of a repository. Default: main.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8700, show_default=True, help="The port of the server; 0: any."
)
@click.option("--open/--no-open", "opens", default=True, help="Open the page in a browser.  [default: open]")
def explore(
    data: str,
    page: Path | None,
    count: int,
    tokenizers: tuple[str, ...],
    study: Path | None,
    task_files: tuple[str, ...],
    revision: str | None,
    port: int,
    opens: bool,
) -> None:
    """Show the records of a dataset under every design, on a page for the browser.

    OUT is a folder that `build` wrote, REPO a dataset repository (org/name). The page is served to this machine until
    Ctrl-C. With --html it is one file with some records of each view, which works without a server.
    """
    from sde_datasets.explorer.explorer import Explorer
    from sde_datasets.explorer.page import whole_page
    from sde_datasets.tasks.task import get_task
    from sde_datasets.utils.files import write_text

    tasks = [get_task(file) for file in task_files]
    explorer = Explorer.open(data, revision=revision, tasks=tasks, tokenizers=tokenizers, study=study)
    if page:
        write_text(page, whole_page(explorer, count))
        click.echo(page)
        return
    _serve(explorer, port, opens)


def _serve(explorer: Explorer, port: int, opens: bool) -> None:
    import webbrowser

    from sde_datasets.explorer.server import ExplorerServer

    with ExplorerServer(explorer, port) as server:
        click.echo(f"{server.url}  (Ctrl-C ends the server)")
        if opens:
            webbrowser.open(server.url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("ended")
