"""The commands `init` and `inspect`, which show what a source holds before anything is built."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sde_datasets.cli.build import VIEW_KEYS, own_data_options, plan_of_sources
from sde_datasets.errors import UsageError

if TYPE_CHECKING:
    from sde_datasets.ingest.look import Look

_path = click.Path(path_type=Path)
# the number of records that `init` shows
SHOWN = 3


@click.command()
@click.argument("source")
@own_data_options
@click.option("--task", default="", help="The task, where the file does not show it: ner, ed, mabsa, or a TOML file.")
@click.option("--language", default="", help="The language of the texts. Default: the corpus's own.")
@click.option("--builder", "builders", multiple=True, metavar="FILE.py", help="A Python file that defines a BUILDER.")
@click.option("--n", "count", type=click.IntRange(0), default=10, show_default=True, help="The number of records.")
@click.option("--html", "page", type=_path, help="Write a page of HTML instead.")
def inspect(source: str, count: int, page: Path | None, **given: Any) -> None:
    """Show the records of SOURCE as they are read, spans marked, with counts, rejects and warnings.

    SOURCE is a path, or CORPUS=PATH where the format cannot be recognised.
    """
    from sde_datasets.cli.marked import look_lines, look_page
    from sde_datasets.ingest.look import look
    from sde_datasets.utils.files import write_text

    looks = look(plan_of_sources((source,), given), count)
    if page:
        write_text(page, look_page(looks))
        click.echo(str(page))
        return
    for found in looks:
        click.echo("\n".join(look_lines(found)))


@click.command()
@click.argument("source")
@own_data_options
@click.option("--task", default="", help="The task, where the file does not show it: ner, ed, mabsa, or a TOML file.")
@click.option("--language", default="", help="The language of the texts. Default: the corpus's own.")
@click.option("--out", type=_path, default=Path("sde.toml"), show_default=True, help="The project file to write.")
@click.option("--force", is_flag=True, help="Replace an existing project file.")
def init(source: str, out: Path, force: bool, **given: Any) -> None:
    """Recognise the format of SOURCE, show what it holds, and write a project file to edit.

    SOURCE is an export of an annotation tool, a table, a published corpus, or a folder or an archive of these.
    """
    from sde_datasets.cli.marked import look_lines
    from sde_datasets.ingest.look import look
    from sde_datasets.utils.files import write_text

    if out.exists() and not force:
        raise UsageError(f"{out} exists. Give another name (--out NAME.toml), or --force to replace it")
    (found,) = look(plan_of_sources((source,), {**given, "builders": ()}), SHOWN)
    click.echo("\n".join(look_lines(found)))
    write_text(out, project_file(found, out))
    click.echo(f"\nwrote {out}. Next: sde-datasets build --plan {out} --out dataset")


def project_file(found: Look, out: Path) -> str:
    """The project file of what was found, with the keys that users change most."""
    import os

    from sde_datasets.ingest.remote import is_address
    from sde_datasets.utils.toml import toml_value

    plan = found.plan
    base = out.absolute().parent
    paths = [path if is_address(path) else os.path.relpath(path, base) for path in plan.paths]
    lines = ['designs = ["paper"]', "", "[[view]]", f"corpus = {toml_value(plan.corpus)}"]
    lines.append(f"path = {toml_value(paths[0] if len(paths) == 1 else paths)}")
    lines += [f"task = {toml_value(plan.task)}", f"language = {toml_value(plan.language)}"]
    lines.append("# the targets in the order of the answers; remove one to leave its annotations out")
    lines.append(f"targets = {toml_value(list(found.schema.targets))}")
    for key in ("columns", "labels", "rename", *VIEW_KEYS, "options"):
        if value := getattr(plan, key):
            lines.append(f"{key} = {toml_value(value)}")
    if found.schema.kind == "label" and not plan.labels:
        lines.append(f'# labels = {{ "5" = {toml_value(found.schema.labels[0])} }}')
    if not plan.rename:
        lines.append(f'# rename = {{ {toml_value(found.schema.targets[0])} = "another name" }}')
    lines.append('# licence = "cc-by-4.0"')
    return "\n".join([*lines, ""])
