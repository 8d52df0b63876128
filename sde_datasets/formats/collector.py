"""The collector: gathers what a reader finds, item by item, into an answer with its defects."""

from __future__ import annotations

from sde_datasets.formats.answers import ERRORS, Answer, Defect, Reading
from sde_datasets.formats.vocabulary import Vocabulary
from sde_datasets.records import encodable
from sde_datasets.schemas import Schema

_ERRORS = frozenset(ERRORS)


class Collector:
    """What was found so far. Targets are resolved here, so that all formats understand the same names."""

    def __init__(self, schema: Schema, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._known, self._label_task = schema.index, schema.kind == "label"
        self._values: dict = {}
        self._descriptions: dict = {}
        self._places: dict[str, list[int]] = {}
        self._absent: set[str] = set()
        self._met: set[str] = set()
        self._defects: list[Defect] = []
        self._nothing = False
        self._stray: int | None = None
        self.wrong = False

    def note(self, name: str, at: int, target: str | None = None) -> None:
        """Keep a defect and go on; one that was just kept is not kept again."""
        defect = Defect(name, at, target)
        if not self._defects or self._defects[-1] != defect:
            self._defects.append(defect)
        self.wrong = self.wrong or name in _ERRORS

    def stray(self, at: int) -> None:
        """Text that belongs to no item. What it is shows when the next item is met, or the end."""
        self.wrong = True
        if self._stray is None:
            self._stray = at

    def nothing(self) -> None:
        """The answer says that nothing at all is mentioned."""
        self._nothing = True

    def meet(self, name: str, at: int) -> str | None:
        """The target that an item calls `name`, or None, with its note; text that strayed before it is malformed."""
        if self._stray is not None:
            self.note("malformed", self._stray)
            self._stray = None
        target = name if name in self._known else self.vocabulary.target(name)
        if target is None:
            self.note("unknown_target", at)
            return None
        if target != name:
            self.note("reworded_target", at, target)
        self._met.add(target)
        return target

    def add(self, target: str, value, description, at: int) -> None:
        """One target with its label, its surfaces with their places as pairs, or None (not mentioned)."""
        if isinstance(value, str):
            self._label(target, value, description, at)
        elif value is not None:
            self._mentions(target, value, description, at)
        elif target in self._values or target in self._absent:
            self._again(target, None, at)
        else:
            self._absent.add(target)

    def _label(self, target: str, label: str, description: str | None, at: int) -> None:
        if target in self._values or target in self._absent:
            self._again(target, label, at)
            return
        self._values[target] = label
        if description and self._written(target, description, at):
            self._descriptions[target] = description

    def _mentions(self, target: str, found: list[tuple[str, int]], description: str | None, at: int) -> None:
        found = [pair for pair in found if self._written(target, *pair)]
        if target in self._values or target in self._absent:
            self._again(target, found, at)
        self._values.setdefault(target, []).extend(surface for surface, _ in found)
        self._places.setdefault(target, []).extend(place for _, place in found)
        if description and target not in self._descriptions and self._written(target, description, at):
            self._descriptions[target] = description

    def _again(self, target: str, value, at: int) -> None:
        conflict = self._label_task and self._values.get(target) != value
        self.note("conflicting_label" if conflict else "repeated_target", at, target)

    def extend(self, target: str, surface: str | None, description: str, at: int) -> None:
        """One more surface of a target, as the list format gives them, each with a description of its own."""
        if surface is None or target in self._absent:
            self.add(target, None, None, at)
        if surface is None or not self._written(target, surface, at) or not self._written(target, description, at):
            return
        if target not in self._values:
            self._values[target], self._places[target], self._descriptions[target] = [], [], []
        self._values[target].append(surface)
        self._places[target].append(at)
        self._descriptions[target].append(description)

    def _written(self, target: str, text: str, at: int) -> bool:
        """True for a text that an answer can hold; a lone surrogate stands in no record."""
        if text.isascii() or encodable(text):
            return True
        self.note("malformed", at, target)
        return False

    def look_up(self, answer: str, source: str) -> None:
        """Note each surface that does not stand in the source text, case apart."""
        text = source.lower()
        for target, surfaces in self._values.items():
            for surface, place in zip(surfaces, self._places[target], strict=True):
                wanted = surface.lower()
                if wanted not in text and not _in_order(wanted.split(), text):
                    self.note("not_in_text", max(answer.find(surface, place), place), target)

    def reading(self, end: int | None) -> Reading:
        """The answer gathered, with its defects. `end` is where the answer ends if it should name every target."""
        read = bool(self._met) or self._nothing
        if self._stray is not None and read:
            self.note("trailing_text", self._stray)
        if not read:
            self.note("no_format", 0)
        elif end is not None and not self._nothing and len(self._met) < len(self._known):
            for target in self._known.keys() - self._met:
                self.note("missing_target", end, target)
        if len(self._defects) > 1:
            self._defects.sort(key=lambda defect: (defect.at, defect.name, defect.target or ""))
        values = self._values if self._label_task else {t: tuple(found) for t, found in self._values.items() if found}
        usable = bool(self._values or self._absent) or self._nothing
        return Reading(Answer(values, self._described()), tuple(self._defects), usable)

    def _described(self) -> dict:
        return {
            target: tuple(words) if isinstance(words, list) else words
            for target, words in self._descriptions.items()
            if not isinstance(words, list) or any(words)
        }


def _in_order(words: list[str], text: str) -> bool:
    """True where a surface of several pieces stands in the text: its words one after the other."""
    place = 0
    for word in words:
        place = text.find(word, place) + len(word)
        if place < len(word):
            return False
    return len(words) > 1
