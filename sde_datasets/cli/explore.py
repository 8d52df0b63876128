"""The commands that list corpora and designs and show samples."""

from __future__ import annotations

from pathlib import Path

import click

from sde_datasets.utils.console import print_rich


@click.command()
@click.argument("corpus", required=False)
def corpora(corpus: str | None) -> None:
    """List the corpora that can be read: task, language, licence, where to get them.

    With CORPUS: describe the form of its files, and the options that --columns, --labels and --options set.
    """
    if corpus:
        from sde_datasets.ingest.builder import builder_description

        click.echo(builder_description(corpus))
        return
    from sde_datasets.ingest.facts import corpora_table

    print_rich(corpora_table())
    click.echo("\nThe form of its files, and its options: sde-datasets corpora CORPUS")


@click.command()
@click.option("--view", default="mabsa", show_default=True, help="The view or task that config names start with.")
@click.option(
    "--designs", "chosen", multiple=True, default=["all"], help="paper, all (default), every, names or patterns."
)
@click.option("--explain", metavar="NAME", help="Explain one design, with a sample.")
def designs(view: str, chosen: tuple[str, ...], explain: str | None) -> None:
    """List the sample designs, or explain one of them with a sample."""
    from sde_datasets.cli.display import designs_table, explained

    print_rich(explained(explain, view) if explain else designs_table(view, chosen))


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("config")
@click.option("--n", "count", type=click.IntRange(1), default=3, show_default=True, help="The number of samples.")
@click.option("--split", help="Default: train, or the first split of the config.")
def show(folder: Path, config: str, count: int, split: str | None) -> None:
    """Show the first samples of CONFIG in the dataset FOLDER, prompt and completion apart."""
    from sde_datasets.cli.display import samples

    print_rich(samples(folder, config, split, count))
