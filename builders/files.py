"""Which files of a source a builder reads, and the stems that the ids of their records begin with.

    reviews/train.csv, reviews/old/train.csv, reviews/dev_1.csv

The stems are `reviews/train`, `reviews/old/train` and `dev_1`: where two files share a stem, each has its folder.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

from sde_datasets.errors import InputError
from sde_datasets.records import split_name
from sde_datasets.sources import ARCHIVES, Source

# the note of every builder that counts lines without anything on them
BLANK = "blank lines"


def is_single(source: Source) -> bool:
    """True where the source is one file and no archive, which is read whatever its name."""
    return source.path.is_file() and not source.is_archive


def files(source: Source, pattern: str) -> list[tuple[str, str]]:
    """The files to read, each with its stem. Raises InputError where a folder or an archive holds none that matches."""
    names = source.names() if is_single(source) else source.find(pattern)
    if not names:
        raise InputError(source.label, f"holds no {pattern}", f"Give a file, or a folder or archive with {pattern}.")
    return stems(names)


def stems(names: list[str]) -> list[tuple[str, str]]:
    """Each name with the stem for the ids of its records (with its folder where two share a stem)."""
    paths = [PurePosixPath(name) for name in names]
    count = Counter(path.stem for path in paths)
    found = [path.stem if count[path.stem] == 1 else str(path.with_suffix("")) for path in paths]
    return list(zip(names, found, strict=True))


def stem_words(name: str) -> list[str]:
    """The words of a file's stem, parted by `-`, `_` or `.`: `a/train_1.csv` -> train, 1."""
    return re.split("[-_.]", PurePosixPath(name).stem)


def named_for_split(names: Iterable[str]) -> list[str]:
    """Those of the names that have a word in their stem that names a split, such as train, dev, val or test."""
    return [name for name in names if any(map(split_name, stem_words(name)))]


def archives(source: Source) -> list[str]:
    """The archives in a folder; none where the source is no folder."""
    return source.find(*(f"*{ending}" for ending in ARCHIVES)) if source.path.is_dir() else []
