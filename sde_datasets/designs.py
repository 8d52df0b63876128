"""Sample designs: one choice on each axis, with a name that says only what departs from the defaults.

`<format>-<labels>[-cot|-rcot][-ou][-instlast|-noinst][-w2|-w3]`; a config name puts the view before it. The axes and
the presets are those of Sample Design Engineering (arXiv 2404.13033).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product

from sde_datasets.errors import UsageError, nearest

FORMATS = ("natural", "lines", "json", "list")
PLACEMENTS = ("inst-first", "inst-last", "no-inst")
UNMENTIONED = ("pu", "ou")
LABELS = ("text", "num")
REASONING = ("none", "cot", "rcot")
WORDINGS = (1, 2, 3)

# axis -> option -> (what stands in the name, what it means)
AXES: dict[str, dict[str, tuple[str, str]]] = {
    "format": {
        "natural": ("natural", "one sentence of items"),
        "lines": ("lines", "one item a line"),
        "json": ("json", "one JSON object a line"),
        "list": ("list", "one JSON list a line"),
    },
    "labels": {
        "text": ("text", "labels, or the targets of a mention task, as words"),
        "num": ("num", "as numbers that the instruction explains"),
    },
    "reasoning": {
        "none": ("", "the answer alone"),
        "cot": ("cot", "a description from the text before the value"),
        "rcot": ("rcot", "a description from the text after the value"),
    },
    "unmentioned": {
        "pu": ("", "a placeholder for every target that the text does not mention"),
        "ou": ("ou", "targets that the text does not mention are left out"),
    },
    "placement": {
        "inst-first": ("", "the instruction before the text"),
        "inst-last": ("instlast", "the instruction after the text"),
        "no-inst": ("noinst", "no instruction"),
    },
    "wording": {
        "1": ("", "the first wording of the instruction"),
        "2": ("w2", "the second wording"),
        "3": ("w3", "the third wording"),
    },
}


@dataclass(frozen=True, order=True)
class Design:
    """One way of writing a record as prompt and completion."""

    format: str = "lines"
    labels: str = "text"
    reasoning: str = "none"
    unmentioned: str = "pu"
    placement: str = "inst-first"
    wording: int = 1

    @property
    def name(self) -> str:
        """The design's name, which is what follows the view in a config name."""
        marks = (AXES[axis][str(getattr(self, axis))][0] for axis in AXES)
        return "-".join(mark for mark in marks if mark)

    @property
    def answer(self) -> Design:
        """The design with prompt axes at their defaults: designs with equal `answer` have equal completions."""
        return Design(self.format, self.labels, self.reasoning, self.unmentioned)


def _every() -> dict[str, Design]:
    options = product(FORMATS, LABELS, REASONING, UNMENTIONED, PLACEMENTS, WORDINGS)
    # without an instruction there is nothing to word
    designs = (Design(*choice) for choice in options if choice[4] != "no-inst" or choice[5] == 1)
    return {design.name: design for design in designs}


DESIGNS: dict[str, Design] = _every()
GRID: tuple[str, ...] = tuple(name for name, design in DESIGNS.items() if design.wording == 1)
PAPER: tuple[str, ...] = (
    "natural-text-instlast",
    "natural-text",
    "natural-text-noinst",
    "lines-text-instlast",
    "json-text-instlast",
    "natural-text-ou-instlast",
    "natural-num-instlast",
    "json-text-cot-instlast",
    "json-text-rcot-instlast",
    "lines-text",
    "lines-text-cot",
    "lines-text-rcot",
    "list-text-ou",
)
ALIASES: dict[str, str] = {"es": "lines-text", "ew": "natural-text-ou-instlast", "heuristic": "list-text-ou"}


def find_design(name: str) -> Design:
    """The design of that name or alias. Raises UsageError that names the nearest known one."""
    design = DESIGNS.get(ALIASES.get(name, name))
    if design is None:
        raise UsageError(f"unknown design {name!r}. {nearest(name, [*ALIASES, *DESIGNS])}")
    return design


def select(wanted: Iterable[str], view: str, views: Iterable[str]) -> tuple[str, ...]:
    """The names of the designs that `wanted` asks of `view`, in the order of the grid.

    Each word is `paper`, `all`, a design's name or alias, or a shell pattern, matched against the full config name
    (`ner-*-cot`) or against what follows the view (`lines-*`). A pattern reaches the second and third wordings only
    where it names them (`*-w2`). A config name of another of `views` asks nothing of this one.
    Raises UsageError for a word that matches nothing in any view.
    """
    chosen: set[str] = set()
    for word in wanted:
        chosen.update(_matches(word, view, tuple(views)))
    return tuple(name for name in DESIGNS if name in chosen)


def _matches(word: str, view: str, views: tuple[str, ...]) -> list[str]:
    if word == "paper":
        return list(PAPER)
    if word == "all":
        return list(GRID)
    known = list(DESIGNS) if "-w" in word else list(GRID)
    resolved = {**{name: name for name in known}, **ALIASES}
    hits = {
        v: [design for name, design in resolved.items() if fnmatchcase(name, word) or fnmatchcase(f"{v}-{name}", word)]
        for v in (*views, view)
    }
    if not any(hits.values()):
        start, _, rest = word.partition("-")
        if rest in resolved:
            raise UsageError(f"unknown view {start!r} in {word!r}. {nearest(start, views)}")
        raise UsageError(f"no design matches {word!r}. {nearest(word, ['paper', 'all', *ALIASES, *known])}")
    return hits[view]
