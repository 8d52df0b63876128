"""Read the names of categories that hold an aspect and a label, as classification projects write them.

    food positive, food: positive, food-positive, food#positive      ->   food, positive
    positive                                                         ->   sentiment, positive

The label is the last part of the name (or the first, for `positive_food`) if it is a label of the task in any of its
languages, an alias, or a value that the plan maps to a label.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sde_builders.labels import short
from sde_datasets.ingest.builder import ReadContext

# the target of a label that names no aspect
WHOLE = "sentiment"
_PARTS = re.compile(r"\s*[:#/|_\-]+\s*|\s+")


def no_category(name: object) -> str:
    """The reason to reject a name without a label."""
    return f"{short(name)} is not a category with a label, such as `food positive`"


class AspectNames:
    """Splits the names of categories for the task of a context. wanted: whether the task uses categories at all."""

    def __init__(self, context: ReadContext) -> None:
        self.wanted = context.task.kind == "label"
        given = context.options.get("labels", {})
        known = list(given) if isinstance(given, Mapping) else []
        for words in context.task.words.values():
            known += [*words.get("labels", ()), words.get("placeholder", "")]
        known += [alias for aliases in context.task.read.aliases for alias in aliases]
        self._known = {str(word).strip().casefold() for word in known} - {""}

    def is_label(self, word: object) -> bool:
        """True for the word of a label."""
        return str(word).strip().casefold() in self._known

    def split(self, name: str) -> tuple[str, str] | None:
        """The aspect and the label in a name; None if it holds no label."""
        if self.is_label(name):
            return WHOLE, name.strip()
        marks = list(_PARTS.finditer(name))
        for mark in (marks[-1:] + marks[:1]) if marks else ():
            first, rest = name[: mark.start()].strip(), name[mark.end() :].strip()
            if first and self.is_label(rest):
                return first, rest
            if rest and self.is_label(first):
                return rest, first
        return None
