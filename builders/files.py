"""Choose the files of a source that a builder reads, and the stems with which the ids of their records begin.

    reviews/train.csv, reviews/old/train.csv, reviews/dev_1.csv

The stems are `reviews/train`, `reviews/old/train` and `dev_1`: files with the same stem have their folders, too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

from sde_datasets.errors import InputError
from sde_datasets.ingest.source_files import ARCHIVES, plain_name
from sde_datasets.ingest.sources import Source
from sde_datasets.records.record import split_name

# the note with which builders count blank lines
BLANK = "blank lines"


def is_single(source: Source) -> bool:
    """True if the source is one file that is not an archive; it is read regardless of its name."""
    return source.is_file


def files(source: Source, *patterns: str) -> list[tuple[str, str]]:
    """The files to read, each with its stem. Raises InputError if a folder or an archive holds no matching file."""
    names = source.names() if is_single(source) else sorted({*source.given, *source.find(*patterns)})
    if not names:
        names_found = ", ".join(source.names()[:5]) or "no file"
        wanted = " or ".join(patterns)
        hint = f"It holds {names_found}. Give a file, or a folder or archive with {wanted}."
        raise InputError(source.label, f"holds no {wanted}", hint)
    return stems(names)


def stems(names: list[str]) -> list[tuple[str, str]]:
    """Each name with the stem for the ids of its records (with its folder if two files share a stem)."""
    paths = [PurePosixPath(plain_name(name)) for name in names]
    count = Counter(path.stem for path in paths)
    found = [path.stem if count[path.stem] == 1 else str(path.with_suffix("")) for path in paths]
    return list(zip(names, found, strict=True))


class LineIds:
    """The ids of records without one: `<stem>-<line>`, with a number if several begin on one line, as in an array."""

    def __init__(self, stem: str) -> None:
        self._stem, self._line, self._count = stem, 0, 0

    def __call__(self, line: int) -> str:
        self._count = self._count + 1 if line == self._line else 1
        self._line = line
        return f"{self._stem}-{line}" + (f".{self._count}" if self._count > 1 else "")


def stem_words(name: str) -> list[str]:
    """The words of a file's stem, separated by `-`, `_` or `.`: `a/train_1.csv` -> train, 1."""
    return re.split("[-_.]", PurePosixPath(plain_name(name)).stem)


def named_for_split(names: Iterable[str]) -> list[str]:
    """The names with a word in their stem that names a split, such as train, dev, val or test."""
    return [name for name in names if any(map(split_name, stem_words(name)))]


def archives(source: Source) -> list[str]:
    """The archives in a folder; none if the source is not a folder."""
    return source.find(*(f"*{ending}" for ending in ARCHIVES)) if source.is_folder else []
