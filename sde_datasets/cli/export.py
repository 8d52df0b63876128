"""The command `export`. Slow imports are inside the command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sde_datasets.export.tools import TOOLS

_path = click.Path(path_type=Path)


@click.command(
    epilog="Tools: " + "; ".join(f"{name}: {tool.gets}" for name, tool in TOOLS.items()) + ".",
)
@click.argument("data", metavar="OUT|REPO")
@click.argument("config")
@click.option("--to", "tool", required=True, type=click.Choice(list(TOOLS)), help="The tool.")
@click.option("--out", type=_path, help="Folder to write. Default: exports/<config>-<tool>.")
@click.option("--revision", help="Branch, tag or commit of a repository.")
@click.option("--model", help="Model that configurations and commands name. Default: Qwen/Qwen3-0.6B.")
@click.option(
    "--preset",
    type=click.Choice(["small", "paper"]),
    help="Hyperparameters of configurations, as in `train`. Default: small.",
)
@click.option("--chat", is_flag=True, help="Write conversations for the chat template of the model.")
@click.option("--system", help="With --chat: the system message.")
@click.option(
    "--predictions", type=_path, help="Annotation tools: a file of answers, whose annotations replace those of gold."
)
def export(data: str, config: str, tool: str, out: Path | None, revision: str | None, **given: Any) -> None:
    """Write CONFIG as the files of another tool, and print the command to run.

    OUT is a built folder, REPO a repository on the Hub. Training sees the samples that `train` sees: a prompt, and a
    completion that is learned; with --chat, the messages of a conversation.
    """
    from sde_datasets.export.export import export_config
    from sde_datasets.export.exporter import ExportOptions

    options = ExportOptions(**{name: value for name, value in given.items() if value is not None})
    written = export_config(data, config, tool, out, options, revision)
    width = max(map(len, written.files))
    for name, content in written.files.items():
        click.echo(f"{written.folder / name!s:{len(str(written.folder)) + 1 + width}}  {content}".rstrip())
    for title, commands in (("Run", written.commands.run), ("Then", written.commands.back)):
        if commands:
            click.echo(f"\n{title}:\n{commands}")
