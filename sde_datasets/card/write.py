"""Writing what stands beside the Parquet files of a folder, and knowing whether a card is still what its files say."""

from __future__ import annotations

from pathlib import Path

from sde_datasets.card.catalogue import catalogue
from sde_datasets.card.dataset import render
from sde_datasets.card.figures import example, view_figures
from sde_datasets.card.notes import emptied, notes_of
from sde_datasets.card.notice import notice
from sde_datasets.card.plots import draw
from sde_datasets.manifest import read_manifest, write_manifest, write_text
from sde_datasets.sources import sha256_of

CARD = "README.md"


def write_beside(folder: Path, manifest: dict) -> dict:
    """Write catalogue, licences, plots and card; the manifest with them and with the figures of each view in it.

    The section that a person wrote into an earlier card stays. Raises InputError where its marks are broken.
    """
    words = notes_in(folder)
    views = manifest["views"].items()
    manifest = manifest | {"views": {v: state | {"figures": view_figures(folder, manifest, v)} for v, state in views}}
    write_text(folder / "configs.csv", catalogue(manifest))
    write_text(folder / "NOTICE.md", notice(manifest))
    plots = draw(folder, manifest)
    for path in (folder / "plots").glob("*.png"):
        if path.relative_to(folder).as_posix() not in plots:
            path.unlink()
    outputs = {path: entry for path, entry in manifest["outputs"].items() if "config" in entry}
    outputs |= {path: _entry(folder / path) for path in sorted(["NOTICE.md", "configs.csv", "rejects.jsonl", *plots])}
    manifest = manifest | {"outputs": outputs}
    write_text(folder / CARD, render(manifest, example(folder, manifest), words))
    return manifest


def _entry(path: Path) -> dict:
    return {"bytes": path.stat().st_size, "sha256": sha256_of(path)}


def notes_in(folder: Path) -> str:
    """The section that a person wrote into the card of a folder."""
    path = folder / CARD
    return notes_of(path.read_text("utf-8"), str(path)) if path.is_file() else ""


def rewrite(folder: Path) -> None:
    """Write everything beside the Parquet files of a built folder again. Raises InputError where it is not one."""
    write_manifest(folder, write_beside(folder, read_manifest(folder)))


def stands(folder: Path, manifest: dict) -> bool:
    """Is the card what the Parquet files and the manifest say, but for the section that a person wrote?"""
    if any(view_figures(folder, manifest, view) != state["figures"] for view, state in manifest["views"].items()):
        return False
    card = (folder / CARD).read_text("utf-8")
    return emptied(card, str(folder / CARD)) == render(manifest, example(folder, manifest))
