"""Group the rejects of rejects.jsonl by their reasons, with counts and the first row of each group.

    unknown label 'tasty' for 'food'; known: positive, ...
    unknown label 'nice' for 'service'; known: positive, ...

are one group: reasons that differ in quoted words and in numbers only are the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from sde_datasets.dataset.rejects import read_rejects

# a quoted word as `repr` writes it, no apostrophe within a word; and a number
_QUOTED = r"""(?<!\w)'(?:[^'\\]|\\.)*'(?!\w)|(?<!\w)"(?:[^"\\]|\\.)*"(?!\w)"""
_DETAIL = re.compile(rf"{_QUOTED}|\d+")
_WORD = re.compile(_QUOTED)
# the largest number of different words that a group keeps
MOST_WORDS = 10


@dataclass
class RejectGroup:
    """Rejects with the same reason. what: `record` or `annotation`. location, first_reason: of the first one.

    words: the first quoted word of each reason, at most MOST_WORDS different ones.
    """

    what: str
    location: str
    first_reason: str
    count: int = 0
    words: dict[str, None] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """The reason of the first reject, with the words of the others."""
        others = list(self.words)[1:]
        more = ", ..." if len(self.words) == MOST_WORDS else ""
        return self.first_reason + (f" (and likewise {', '.join(others)}{more})" if others else "")


def group_rejects(path: Path, view: str = "") -> list[RejectGroup]:
    """The groups of the rejects in a file, of one view or of all, the most frequent first."""
    found: dict[tuple[str, str], RejectGroup] = {}
    for reject in (row.reject for row in read_rejects(path, view)):
        key = (reject.what, _DETAIL.sub("…", reject.reason))
        group = found.setdefault(key, RejectGroup(reject.what, f"{reject.file}:{reject.line}", reject.reason))
        group.count += 1
        if (word := _WORD.search(reject.reason)) and len(group.words) < MOST_WORDS:
            group.words.setdefault(word[0])
    return sorted(found.values(), key=lambda group: -group.count)
