"""Sample designs: one option of each axis, with a name that contains only the options that are not the default.

`<format>-<labels>[-cot|-rcot|-post][-ou][-instlast|-noinst][-defs][-w2|-w3]`; a config name is the view, a dash and
this name. The axes and the presets are those of Sample Design Engineering (arXiv 2404.13033), of which DESIGNS are the
designs. BEYOND are the designs beyond the paper: the format `inline`, in which the answer is the text with every
mention marked; reasons after the whole answer; and instructions that define the targets.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from typing import Literal, NamedTuple

from sde_datasets.errors import UsageError, nearest

# the options of the published axes
FORMATS = ("natural", "lines", "json", "list")
PLACEMENTS = ("inst-first", "inst-last", "no-inst")
UNMENTIONED = ("pu", "ou")
LABELS = ("text", "num")
REASONING = ("none", "cot", "rcot")
WORDINGS = (1, 2, 3)
# the options beyond the paper: a format, a place of the reasons, and definitions in the instruction
INLINE = "inline"
POST = "post"
DEFINITIONS = ("none", "defs")

# axis -> option -> (its mark in the name, its meaning)
AXES: dict[str, dict[str, tuple[str, str]]] = {
    "format": {
        "natural": ("natural", "one sentence of items"),
        "lines": ("lines", "one item a line"),
        "json": ("json", "one JSON object a line"),
        "list": ("list", "one JSON list a line"),
        INLINE: (INLINE, "the text with every mention marked; mention tasks, ou, no reasoning"),
    },
    "labels": {
        "text": ("text", "labels, or the targets of a mention task, as words"),
        "num": ("num", "as numbers that the instruction explains"),
    },
    "reasoning": {
        "none": ("", "the answer alone"),
        "cot": ("cot", "a description from the text before the value"),
        "rcot": ("rcot", "a description from the text after the value"),
        POST: (POST, "descriptions from the text after the whole answer"),
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
    "definitions": {
        "none": ("", "the instruction names the targets"),
        "defs": ("defs", "the instruction defines every target"),
    },
    "wording": {
        "1": ("", "the first wording of the instruction"),
        "2": ("w2", "the second wording"),
        "3": ("w3", "the third wording"),
    },
}


@dataclass(frozen=True, order=True)
class Design:
    """One way to write a record as a prompt and a completion: an option of each axis.

    >>> import sde_datasets as sde
    >>> sde.Design(format="json", reasoning="cot").name
    'json-text-cot'
    """

    format: str = "lines"
    labels: str = "text"
    reasoning: str = "none"
    unmentioned: str = "pu"
    placement: str = "inst-first"
    wording: int = 1
    definitions: str = "none"

    def __post_init__(self) -> None:
        """Raise UsageError for options that exclude each other."""
        if self.format == INLINE and (self.unmentioned, self.reasoning) != ("ou", "none"):
            given = f"unmentioned={self.unmentioned!r}, reasoning={self.reasoning!r}"
            raise UsageError(f"{INLINE} with {given}: {_INLINE_RULE}. Give unmentioned='ou', reasoning='none'.")
        if self.definitions != "none" and self.placement == "no-inst":
            raise UsageError("definitions='defs' with placement='no-inst': no instruction could hold the definitions.")

    @property
    def name(self) -> str:
        """The name of the design: the part of a config name after the view."""
        marks = (AXES[axis][str(getattr(self, axis))][0] for axis in AXES)
        return "-".join(mark for mark in marks if mark)

    @property
    def answer(self) -> Design:
        """The design with prompt axes at their defaults: designs with equal `answer` have equal completions."""
        return Design(self.format, self.labels, self.reasoning, self.unmentioned)


_INLINE_RULE = "its answer marks mentions in the text, so it has neither placeholders nor reasoning"


def _designs(
    formats: Iterable[str],
    reasoning: Iterable[str] = REASONING,
    unmentioned: Iterable[str] = UNMENTIONED,
    definitions: str = "none",
) -> dict[str, Design]:
    options = product(formats, LABELS, reasoning, unmentioned, PLACEMENTS, WORDINGS)
    # a design without an instruction has neither further wordings nor definitions
    designs = (
        Design(*choice, definitions)
        for choice in options
        if choice[4] != "no-inst" or (choice[5] == 1 and definitions == "none")
    )
    return {design.name: design for design in designs}


def _beyond(definitions: str) -> dict[str, Design]:
    inline = _designs((INLINE,), ("none",), ("ou",), definitions)
    return inline | _designs(FORMATS, (POST,), definitions=definitions)


# the published designs, those beyond the paper, and both
DESIGNS: dict[str, Design] = _designs(FORMATS)
BEYOND: dict[str, Design] = _beyond("none") | _designs(FORMATS, definitions="defs") | _beyond("defs")
EVERY: dict[str, Design] = DESIGNS | BEYOND
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


class ViewTraits(NamedTuple):
    """What decides which designs a view can have: its name, the kind of its task, and targets without definition."""

    name: str
    kind: Literal["label", "mention"]
    undefined: tuple[str, ...] = ()

    def allows(self, design: Design) -> bool:
        """True for a design that the view can have."""
        return not self.refusal(design)

    def refusal(self, design: Design) -> str:
        """The reason why the view cannot have a design, and the cure; empty for a design that it can have."""
        if design.format == INLINE and self.kind == "label":
            return (
                f"{INLINE} marks mentions, and {self.name} has labels, no mentions. Use another format: "
                f"{', '.join(FORMATS)}."
            )
        if design.definitions == "defs" and self.undefined:
            return (
                f"{self.name} has no definition of {', '.join(map(repr, self.undefined[:5]))}. "
                "Give the view of the plan a table definitions."
            )
        return ""


def get_design(name: str) -> Design:
    """The design of a name or an alias.

    Raises UsageError that names the nearest known ones, or for options that exclude each other the possible name.
    """
    design = EVERY.get(ALIASES.get(name, name))
    if design is None:
        if possible := _possible_name(name):
            raise UsageError(f"no design {name!r}: {_INLINE_RULE}. Use {possible!r}.")
        raise UsageError(f"unknown design {name!r}. {nearest(name, [*ALIASES, *EVERY])}")
    return design


def _possible_name(name: str) -> str | None:
    """The design that a name with options that exclude each other may mean; None for any other name."""
    form, labels, *rest = [*name.split("-"), ""]
    if form != INLINE:
        return None
    kept = [mark for mark in rest if mark and mark not in ("cot", "rcot", "ou")]
    possible = "-".join((form, labels, "ou", *kept))
    return possible if possible in EVERY else None


def every_design(view: ViewTraits) -> tuple[str, ...]:
    """The names of all designs of the first wording that a view can have: what `every` selects."""
    return tuple(name for name, design in EVERY.items() if design.wording == 1 and view.allows(design))


def select(wanted: Iterable[str], view: ViewTraits, views: Iterable[ViewTraits]) -> tuple[str, ...]:
    """The names of the designs of `view` that `wanted` selects, in the order of the grid, those beyond the paper last.

    Each word is `none` (records only), `paper`, `all` (the published grid), `every` (also the designs beyond the paper
    that the view can have), the name or alias of a design, or a shell pattern for the config name (`ner-*-cot`) or for
    its part after the view (`lines-*`). A pattern selects second and third wordings only if it contains `-w` (`*-w2`),
    and designs beyond the paper only if it contains their marks (`inline-*`, `*-post`, `*-defs`). The config name of
    another of `views` selects nothing here, and neither does a design that the view cannot have.
    Raises UsageError for a word that matches nothing in any view.
    """
    chosen: set[str] = set()
    for word in wanted:
        chosen.update(_matches(word, view, tuple(views)))
    return tuple(name for name in EVERY if name in chosen)


def _matches(word: str, view: ViewTraits, views: tuple[ViewTraits, ...]) -> list[str]:
    presets: dict[str, tuple[str, ...]] = {"none": (), "paper": PAPER, "all": GRID, "every": every_design(view)}
    if word in presets:
        return list(presets[word])
    known = [name for name, design in EVERY.items() if all(mark in word for mark in _marks(design))]
    resolved = {**{name: name for name in known}, **ALIASES}
    hits = {
        v: [
            design
            for name, design in resolved.items()
            if fnmatchcase(name, word) or fnmatchcase(f"{v.name}-{name}", word)
        ]
        for v in (*views, view)
    }
    if not any(hits.values()):
        raise _no_match(word, list(resolved), views)
    refusals = [v.refusal(EVERY[name]) for v, names in hits.items() for name in names]
    if all(refusals):
        raise UsageError(f"{word!r}: {refusals[0]}")
    return [name for name in hits[view] if view.allows(EVERY[name])]


def _marks(design: Design) -> list[str]:
    """The marks without which a pattern does not select a design."""
    return [
        *(["-w"] if design.wording > 1 else []),
        *([INLINE] if design.format == INLINE else []),
        *([f"-{POST}"] if design.reasoning == POST else []),
        *(["-defs"] if design.definitions == "defs" else []),
    ]


def _no_match(word: str, known: list[str], views: tuple[ViewTraits, ...]) -> UsageError:
    """The error for a word that matches no design of any view."""
    start, _, rest = word.partition("-")
    if rest in known:
        return UsageError(f"unknown view {start!r} in {word!r}. {nearest(start, [view.name for view in views])}")
    for name in (word, rest):
        if possible := _possible_name(name):
            return UsageError(f"no design {name!r}: {_INLINE_RULE}. Use {possible!r}.")
    return UsageError(f"no design matches {word!r}. {nearest(word, ['paper', 'all', 'every', *known])}")
