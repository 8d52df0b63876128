"""Write the card, the catalogue, the notice and the plots of a folder, and check that the card is current."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sde_datasets.card.catalogue import catalogue
from sde_datasets.card.dataset import render
from sde_datasets.card.notes import notes_of, without_notes
from sde_datasets.card.notice import notice
from sde_datasets.card.plots import draw_plots
from sde_datasets.card.stats import example_samples, view_figures
from sde_datasets.dataset.manifest import FileEntry, Manifest
from sde_datasets.utils.files import sha256_of, write_text

CARD = "README.md"


def write_card_files(folder: Path, manifest: Manifest) -> Manifest:
    """Write catalogue, notice, plots and card; return the manifest with these files and with the figures of each view.

    The notes of the user on an earlier card are kept. Raises InputError if the marks around them are broken.
    """
    notes = notes_in(folder)
    views = {
        view: replace(state, figures=view_figures(folder, manifest, view)) for view, state in manifest.views.items()
    }
    manifest = replace(manifest, views=views)
    write_text(folder / "configs.csv", catalogue(manifest))
    write_text(folder / "NOTICE.md", notice({view: state.facts for view, state in manifest.views.items()}))
    plots = draw_plots(folder, manifest)
    for path in (folder / "plots").glob("*.png"):
        if path.relative_to(folder).as_posix() not in plots:
            path.unlink()
    outputs = {path: entry for path, entry in manifest.outputs.items() if entry.config}
    outputs |= {path: _entry(folder / path) for path in sorted(["NOTICE.md", "configs.csv", "rejects.jsonl", *plots])}
    manifest = replace(manifest, outputs=outputs)
    write_text(folder / CARD, render(manifest, example_samples(folder, manifest), notes))
    return manifest


def _entry(path: Path) -> FileEntry:
    return FileEntry(path.stat().st_size, sha256_of(path))


def notes_in(folder: Path) -> str:
    """The notes of the user on the card of a folder. Raises InputError if the marks around them are broken."""
    path = folder / CARD
    return notes_of(path.read_text("utf-8"), str(path)) if path.is_file() else ""


def rewrite_card_files(folder: Path) -> None:
    """Write all files of a built folder except the Parquet files again. Raises InputError for other folders."""
    write_card_files(folder, Manifest.load(folder)).save(folder)


def is_current(folder: Path, manifest: Manifest) -> bool:
    """True if the card, apart from the notes of the user, is the one that the Parquet files and the manifest give."""
    if any(view_figures(folder, manifest, view) != state.figures for view, state in manifest.views.items()):
        return False
    card = (folder / CARD).read_text("utf-8")
    return without_notes(card, str(folder / CARD)) == render(manifest, example_samples(folder, manifest))
