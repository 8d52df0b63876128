"""The manifest of a dataset folder: what the folder was made from and which files it holds, with their hashes.

manifest.json is removed first and written last: a folder without it is incomplete, and check, push and train refuse it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sde_datasets.dataset.view_state import ViewState
from sde_datasets.designs.design import ALIASES
from sde_datasets.errors import InputError, NoSplit, UsageError, nearest
from sde_datasets.records.record import SPLITS
from sde_datasets.utils.files import sha256_of, write_text
from sde_datasets.utils.progress import Progress

NAME = "manifest.json"
WORK = ".build"
FORMAT = 3
BUILD_AGAIN = "Build the folder again."


@dataclass(frozen=True)
class FileEntry:
    """One file of a folder: its size in bytes and its sha256.

    config, split, rows: of a file of records or samples; empty for other files. prompt_characters,
    completion_characters: of all prompts and completions together; None for a file without samples.
    """

    size: int
    sha256: str
    config: str = ""
    split: str = ""
    rows: int = 0
    prompt_characters: int | None = None
    completion_characters: int | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> FileEntry:
        """The entry that `to_dict` wrote. Raises KeyError or TypeError for anything else."""
        return cls(
            values["bytes"],
            values["sha256"],
            values.get("config", ""),
            values.get("split", ""),
            values.get("rows", 0),
            values.get("prompt_characters"),
            values.get("completion_characters"),
        )

    def to_dict(self) -> dict[str, Any]:
        """The entry as JSON, without what does not apply to the file."""
        data = {"config": self.config, "split": self.split, "rows": self.rows} if self.config else {}
        characters = {
            "prompt_characters": self.prompt_characters,
            "completion_characters": self.completion_characters,
        }
        known = {key: value for key, value in characters.items() if value is not None}
        return data | {"bytes": self.size, "sha256": self.sha256} | known


@dataclass(frozen=True)
class Manifest:
    """The manifest of a folder or of a published repository.

    name: the title of the card. repository: where it is published; may be empty. bundled: whether the corpora come with
    the package. views: the state of each view. outputs: each file by its path. plan, command: how to build the folder
    again. tag, notes: the tag of a push, and a digest of the notes on its card; None for a folder.
    """

    name: str
    repository: str
    bundled: bool
    views: dict[str, ViewState]
    outputs: dict[str, FileEntry]
    plan: str
    command: str
    tag: str | None = None
    notes: str | None = None

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """The manifest of a folder.

        Raises InputError for a folder that sde-datasets did not build to its end, and for a manifest of another format.
        """
        path = folder / NAME
        if not path.is_file():
            wrong = (
                "was not built to its end" if (folder / WORK).is_dir() else "is not a folder that sde-datasets built"
            )
            raise InputError(str(folder), f"{wrong} (no {NAME})", "Run sde-datasets build --out with this folder.")
        try:
            text = path.read_text("utf-8")
        except ValueError as error:
            raise InputError(str(path), f"is not a manifest ({error})", BUILD_AGAIN) from error
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, location: str) -> Manifest:
        """The manifest of a text. Raises InputError, naming `location`, for anything else and for another format."""
        try:
            values = json.loads(text)
            if values["format"] != FORMAT:
                raise InputError(location, f"has the format {values['format']}, not {FORMAT}", BUILD_AGAIN)
            if missing := {"views", "outputs", "repository"} - set(values):
                raise InputError(location, f"is not a manifest (it lacks {', '.join(sorted(missing))})", BUILD_AGAIN)
            return cls.from_dict(values)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(location, f"is not a manifest ({error})", BUILD_AGAIN) from error

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Manifest:
        """The manifest that `to_dict` gave.

        Raises KeyError, TypeError, ValueError or AttributeError for anything else.
        """
        return cls(
            name=values["name"],
            repository=values["repository"],
            bundled=values["bundled"],
            views={name: ViewState.from_dict(state) for name, state in values["views"].items()},
            outputs={path: FileEntry.from_dict(entry) for path, entry in values["outputs"].items()},
            plan=values["plan"],
            command=values["command"],
            tag=values.get("tag"),
            notes=values.get("notes"),
        )

    def to_dict(self) -> dict[str, Any]:
        """The manifest as JSON."""
        pushed = {"tag": self.tag, "notes": self.notes}
        return {
            "format": FORMAT,
            "name": self.name,
            "repository": self.repository,
            "bundled": self.bundled,
            "views": {name: state.to_dict() for name, state in self.views.items()},
            "outputs": {path: entry.to_dict() for path, entry in self.outputs.items()},
            "plan": self.plan,
            "command": self.command,
            **{key: value for key, value in pushed.items() if value is not None},
        }

    def to_json(self) -> str:
        """The text of manifest.json: the same bytes for the same manifest."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1) + "\n"

    def save(self, folder: Path) -> None:
        """Write the manifest of a complete folder."""
        write_text(folder / NAME, self.to_json())

    @cached_property
    def _files(self) -> dict[str, dict[str, list[str]]]:
        """The files of each split of each config."""
        found: dict[str, dict[str, list[str]]] = {}
        for path, entry in sorted(self.outputs.items()):
            if entry.config:
                found.setdefault(entry.config, {}).setdefault(entry.split, []).append(path)
        configs = {}
        for view, state in self.views.items():
            for name in view_config_names(state.designs):
                files = found.get(f"{view}-{ALIASES.get(name, name)}", {})
                configs[f"{view}-{name}"] = {split: files[split] for split in SPLITS if split in files}
        return configs

    def configs(self) -> list[str]:
        """The names of all configs: for each view its designs, their aliases, and its records."""
        return list(self._files)

    def splits(self, config: str) -> list[str]:
        """The splits of a config, train first. Raises UsageError for an unknown config."""
        if config not in self._files:
            raise UsageError(f"unknown config {config!r}. {nearest(config, self.configs())}")
        return list(self._files[config])

    def files(self, config: str, split: str) -> list[str]:
        """The paths of a split of a config. Raises UsageError for an unknown config, NoSplit for an unknown split."""
        if split not in self.splits(config):
            raise NoSplit(config, split, self.splits(config))
        return self._files[config][split]

    def config_files(self, config: str) -> list[str]:
        """The paths of all splits of a config."""
        return [path for split in self.splits(config) for path in self.files(config, split)]

    def rows(self, config: str, split: str) -> int:
        """The number of rows of a split of a config."""
        return sum(self.outputs[path].rows for path in self.files(config, split))

    def split_rows(self, config: str) -> dict[str, int]:
        """The number of rows of each split of a config."""
        return {split: self.rows(config, split) for split in self.splits(config)}

    def mean_characters(self, config: str) -> tuple[float, float]:
        """The mean number of characters of the prompts and of the completions of a config of samples."""
        entries = [self.outputs[path] for path in self.config_files(config)]
        rows = sum(entry.rows for entry in entries)
        prompts = sum(entry.prompt_characters or 0 for entry in entries)
        return prompts / rows, sum(entry.completion_characters or 0 for entry in entries) / rows

    def default_config(self) -> str:
        """The config that loads without a name: lines-text, or else the first design, of the first view with designs.

        The records of the first view if no view has designs.
        """
        for view, state in self.views.items():
            if state.designs:
                return f"{view}-{'lines-text' if 'lines-text' in state.designs else state.designs[0]}"
        return f"{next(iter(self.views))}-records"

    def check_files(self, folder: Path, progress: Progress) -> int:
        """Compare every file of the folder with its sha256, and return the number of files.

        Raises InputError for the first file that is missing or differs.
        """
        with progress.work("hashing", len(self.outputs), "files"):
            for path, entry in self.outputs.items():
                if not (folder / path).is_file():
                    raise InputError(f"{folder}/{path}", "is in the manifest and not in the folder", BUILD_AGAIN)
                if sha256_of(folder / path) != entry.sha256:
                    raise InputError(f"{folder}/{path}", "is not what the manifest says (sha256 differs)", BUILD_AGAIN)
                progress.advance(1)
        return len(self.outputs)

    def default_samples(self) -> str:
        """The config of samples that examples name: the default config, or lines-text where there are records only."""
        view, _, name = self.default_config().partition("-")
        return f"{view}-{'lines-text' if name == 'records' else name}"


def view_config_names(designs: tuple[str, ...]) -> list[str]:
    """The names of the configs of a view with these designs, without the view: designs, aliases and `records`."""
    return [*designs, *(alias for alias, design in ALIASES.items() if design in designs), "records"]


def claim_folder(folder: Path) -> Manifest | None:
    """Prepare `folder` for a build, and return the manifest of an earlier build; None if there is none of this format.

    The manifest moves into the work folder: from here on the folder is incomplete, and a build that is killed still
    finds what the earlier one made. Raises InputError for a folder that holds other things.
    """
    work = folder / WORK
    if folder.exists() and not folder.is_dir():
        raise InputError(str(folder), "is not a folder", "Give another --out.")
    built = (folder / NAME).is_file() or work.is_dir()
    if folder.is_dir() and any(folder.iterdir()) and not built:
        raise InputError(str(folder), "exists and is not a folder that sde-datasets built", "Give another --out.")
    work.mkdir(parents=True, exist_ok=True)
    if (folder / NAME).is_file():
        (folder / NAME).replace(work / NAME)
    return _earlier_manifest(work / NAME)


def _earlier_manifest(path: Path) -> Manifest | None:
    """The manifest that an earlier build left; None if it cannot be read or has another format."""
    try:
        values = json.loads(path.read_text("utf-8"))
        return Manifest.from_dict(values) if values["format"] == FORMAT else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InputError):
        return None
