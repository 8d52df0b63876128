"""The paths of a source: globs, remote addresses, and datasets of the Hub become paths of this machine.

data/*.jsonl                          the files that match, in order of name; it is an error if none does
https://host/a.jsonl, s3://b/a.csv    fetched into a temporary folder (`remote.py`)
hf://datasets/org/name/a.parquet      likewise, one file of a repository
org/name, org/name@REVISION:config    for the builder `hf`: the data files of a dataset of the Hub, at one commit
"""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sde_datasets.errors import InputError
from sde_datasets.ingest.remote import fetch, is_address, public_address

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_HUB = re.compile(r"([\w.-]+/[\w.-]+)(?:@([\w./-]+))?(?::([\w.-]+))?")
_DATA = (".parquet", ".arrow", ".jsonl", ".json")
# where the Hub keeps the Parquet files that it converted
CONVERTED = "refs/convert/parquet"


class Fetched:
    """A temporary folder that is removed when nothing refers to this object any more."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="sde-source-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


class Locations(NamedTuple):
    """paths: on this machine. origin: what was fetched, for the report. keep: temporary folders, with it."""

    paths: list[Path]
    origin: list[str]
    keep: list[Fetched]


def locate(given: list[str], base: Path, hub: bool = False) -> Locations:
    """The paths of a source, relative ones under `base`. hub: whether a path may be a dataset of the Hub.

    Raises InputError for a glob without a file, and for an address or a dataset that cannot be fetched.
    """
    found = Locations([], [], [])
    for path in given:
        local = base / path
        if is_address(path):
            folder = Fetched()
            found.keep.append(folder)
            found.paths.append(fetch(path, folder.path))
            found.origin.append(f"fetched from {public_address(path)}")
        elif local.exists():
            found.paths.append(local)
        elif hub and (match := _HUB.fullmatch(path)):
            folder_path, origin = _hub_dataset(match[1], match[2], match[3])
            found.paths.append(folder_path)
            found.origin.append(origin)
        elif has_magic(path):
            # `Path.glob` takes no absolute pattern
            names = sorted(map(Path, glob(str(local), recursive=True)))  # noqa: PTH207
            if not names:
                raise InputError(path, "matches no file", "Check the pattern, and put it in quotes for the shell.")
            found.paths.extend(names)
        else:
            found.paths.append(local)
    return found


def _hub_dataset(name: str, revision: str | None, config: str | None) -> tuple[Path, str]:
    """The folder with the data files of a dataset of the Hub, and a line that names its commit.

    Raises InputError for a dataset that cannot be fetched, or without data files.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    api = HfApi()
    try:
        commit, files = _data_files(api, name, revision)
        if not files and revision is None:
            commit, files = _data_files(api, name, CONVERTED)
        chosen = [file for file in files if config is None or config in _words(file)]
        if not chosen:
            known = ", ".join(sorted({word for file in files for word in _words(file)})[:20]) or "no data file"
            what = f"holds no data file of the config {config!r}" if config else "holds no data file"
            raise InputError(name, what, f"It holds {known}; read are {', '.join(_DATA)}.")
        folder = api.snapshot_download(name, repo_type="dataset", revision=commit, allow_patterns=chosen)
    except (HfHubHTTPError, OSError, ValueError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(name, f"is neither a path nor a dataset of the Hub that can be read ({first})") from error
    return Path(folder), f"read from the Hub: {name} at commit {commit}" + (f", config {config}" if config else "")


def _data_files(api: HfApi, name: str, revision: str | None) -> tuple[str, list[str]]:
    info = api.dataset_info(name, revision=revision)
    names = sorted(sibling.rfilename for sibling in info.siblings or ())
    kinds = [ending for ending in _DATA if any(file.endswith(ending) for file in names)]
    return str(info.sha), [file for file in names if kinds and file.endswith(kinds[0])]


def _words(file: str) -> set[str]:
    """The folders of a file, and the beginning of its name: the words that may name its config."""
    *folders, name = file.split("/")
    return {*folders, name.split(".")[0], re.split("[-_.]", name)[0]} - {"data"}
