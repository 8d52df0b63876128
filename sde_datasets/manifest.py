"""The manifest: what a folder was made from and holds, with hashes. It is removed first and written last.

A folder without a manifest is not whole, and check, push and train refuse it.
"""

from __future__ import annotations

import json
from pathlib import Path

from sde_datasets.errors import InputError
from sde_datasets.progress import Progress
from sde_datasets.sources import sha256_of

NAME = "manifest.json"
WORK = ".build"
FORMAT = 2
BUILD_AGAIN = "Build the folder again."


def write_text(path: Path, text: str) -> None:
    """Write a file beside and rename it, so that it is never seen half-written."""
    beside = path.with_name(path.name + ".part")
    beside.write_text(text, encoding="utf-8", newline="\n")
    beside.replace(path)


def write_manifest(folder: Path, manifest: dict) -> None:
    """Write the manifest of a folder that is whole."""
    write_text(folder / NAME, manifest_text(manifest))


def manifest_text(manifest: dict) -> str:
    """A manifest as the text of its file, the same bytes for the same manifest."""
    return json.dumps({"format": FORMAT} | manifest, ensure_ascii=False, indent=1) + "\n"


def read_manifest(folder: Path) -> dict:
    """The manifest of a folder. Raises InputError where there is none: the folder is not ours, or not whole."""
    path = folder / NAME
    if not path.is_file():
        why = "was not built to its end" if (folder / WORK).is_dir() else "is not a folder that sde-datasets built"
        raise InputError(str(folder), f"{why} (no {NAME})", "Run sde-datasets build --out with this folder.")
    try:
        manifest = json.loads(path.read_text("utf-8"))
        if manifest["format"] != FORMAT:
            raise InputError(str(path), f"has the format {manifest['format']}, not {FORMAT}", BUILD_AGAIN)
        if missing := {"views", "outputs", "repository"} - set(manifest):
            raise InputError(str(path), f"is not a manifest (it lacks {', '.join(sorted(missing))})", BUILD_AGAIN)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(str(path), f"is not a manifest ({error})", BUILD_AGAIN) from error
    return manifest


def check_files(folder: Path, manifest: dict, progress: Progress) -> int:
    """Compare every file with the manifest; how many there are. Raises InputError for the first that differs."""
    outputs = manifest["outputs"]
    with progress.work("hashing", len(outputs), "files"):
        for path, entry in outputs.items():
            if not (folder / path).is_file():
                raise InputError(f"{folder}/{path}", "is in the manifest and not in the folder", BUILD_AGAIN)
            if sha256_of(folder / path) != entry["sha256"]:
                raise InputError(f"{folder}/{path}", "is not what the manifest says (sha256 differs)", BUILD_AGAIN)
            progress.advance(1)
    return len(outputs)


def claim(folder: Path) -> dict:
    """Make `folder` ours to build in, and give what an earlier build left: its manifest, or {}.

    The manifest moves into the work folder, so that the folder is not whole from here on, and a build that is killed
    still knows what there was. Raises InputError for a folder with other things in it.
    """
    work = folder / WORK
    if folder.exists() and not folder.is_dir():
        raise InputError(str(folder), "is not a folder", "Give another --out.")
    ours = (folder / NAME).is_file() or work.is_dir()
    if folder.is_dir() and any(folder.iterdir()) and not ours:
        raise InputError(str(folder), "exists and is not a folder that sde-datasets built", "Give another --out.")
    work.mkdir(parents=True, exist_ok=True)
    if (folder / NAME).is_file():
        (folder / NAME).replace(work / NAME)
    return _left(work / NAME)


def _left(path: Path) -> dict:
    """What an earlier build left; {} where it is of another format: then everything is made again."""
    try:
        manifest = json.loads(path.read_text("utf-8"))
        return manifest if manifest["format"] == FORMAT else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
