"""The state of parsing one answer: the values found so far, item by item, and the defects."""

from __future__ import annotations

from collections.abc import Iterable

from sde_datasets.formats.answers import Answer, Defect, ParsedAnswer, UnknownMention, is_error
from sde_datasets.formats.matcher import Matcher
from sde_datasets.formats.surfaces import Source, may_be_wrapped, means_nothing
from sde_datasets.records.record import is_encodable
from sde_datasets.records.schema import Schema

# an answer that repeats itself without end has a bounded number of defects
MOST_DEFECTS = 200


class ParseState:
    """Values and defects found so far. It resolves targets, so that all formats accept the same names."""

    def __init__(self, schema: Schema, matcher: Matcher) -> None:
        self.matcher = matcher
        self._known, self._is_label_task = schema.index, schema.kind == "label"
        self._values: dict = {}
        self._descriptions: dict = {}
        self._positions: dict[str, list[int]] = {}
        self._absent: set[str] = set()
        self._resolved: set[str] = set()
        self._guessed: set[str] = set()
        self._unknown = False
        self._unknown_mentions: list[UnknownMention] = []
        self._defects: list[Defect] = []
        self._nothing = False
        self._stray: int | None = None
        self.has_error = False

    def add_defect(self, name: str, at: int, target: str | None = None) -> None:
        """Add a defect, unless it equals the previous one."""
        defect = Defect(name, at, target)
        error = is_error(name)
        if (not self._defects or self._defects[-1] != defect) and (
            len(self._defects) < MOST_DEFECTS or (error and not self.has_error)
        ):
            self._defects.append(defect)
        self.has_error = self.has_error or error

    def mark_unparsed(self, at: int) -> None:
        """Mark text that belongs to no item. The next item, or the end, decides which defect it is."""
        self.has_error = True
        if self._stray is None:
            self._stray = at

    def mark_nothing_mentioned(self) -> None:
        """Mark that the answer says that no target is mentioned."""
        self._nothing = True

    def resolve_target(self, name: str, at: int) -> str | None:
        """Return the target that an item calls `name`, or None; add a note for another name or an unknown target."""
        if self._stray is not None:
            self.add_defect("malformed", self._stray)
            self._stray = None
        if name in self._known and not self._guessed:
            self._resolved.add(name)
            return name
        target = name if name in self._known else self.matcher.target(name)
        guessed = target is not None and target != name and self.matcher.guessed(name)
        if target is None or (guessed and target in self._resolved - self._guessed):
            self.add_defect("unknown_target", at)
            self._unknown = True
            return None
        if target != name:
            self.add_defect("reworded_target", at, target)
        self._resolved.add(target)
        self._weigh(target, guessed)
        return target

    def add_unknown(self, target: str, surfaces: Iterable[str]) -> None:
        """Add the mentions of a target outside the schema; label tasks drop such targets."""
        named = [] if self._is_label_task else [surface for surface in surfaces if surface]
        if named and not (len(named) == 1 and means_nothing(named[0], self.matcher.nothing)):
            self._unknown_mentions += [UnknownMention(target, surface) for surface in named]

    def _weigh(self, target: str, guessed: bool) -> None:
        """Drop the value of a guessed target where an exact name follows."""
        if guessed:
            self._guessed.add(target)
        elif target in self._guessed:
            self._guessed.discard(target)
            self._absent.discard(target)
            self._values.pop(target, None)
            self._descriptions.pop(target, None)

    @property
    def targets(self) -> set[str]:
        """The targets that have a value or are said not to be mentioned."""
        return self._values.keys() | self._absent

    @property
    def is_empty(self) -> bool:
        """True where no target was found."""
        return not (self._values or self._absent)

    def surfaces(self, target: str) -> tuple[str, ...]:
        """Return the surfaces of a target of a mention task found so far."""
        return tuple(self._values.get(target, ()))

    @property
    def names_unknown(self) -> bool:
        """True where a target outside the schema has a mention."""
        return bool(self._unknown_mentions)

    @property
    def item_count(self) -> int:
        """The number of targets and further surfaces found."""
        surfaces = 0 if self._is_label_task else sum(max(len(found) - 1, 0) for found in self._values.values())
        return len(self.targets) + surfaces

    @property
    def named_count(self) -> int:
        """The number of targets that the answer names, with or without a value that can be read."""
        return len(self._resolved)

    @property
    def is_complete(self) -> bool:
        """True where every target has a value or the answer says that it is not mentioned."""
        return len(self._values.keys() | self._absent) == len(self._known)

    @property
    def has_duplicates(self) -> bool:
        """True where a target occurs twice."""
        return any(defect.name in ("conflicting_label", "repeated_target") for defect in self._defects)

    @property
    def nothing_mentioned(self) -> bool:
        """True where the answer says that no target is mentioned."""
        return self._nothing

    def add(self, target: str, value, description, at: int) -> None:
        """Add a target with its label, with its surfaces and their offsets as pairs, or with None (not mentioned)."""
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
        self._positions.setdefault(target, []).extend(position for _, position in found)
        if description and target not in self._descriptions and self._written(target, description, at):
            self._descriptions[target] = description

    def _again(self, target: str, value, at: int) -> None:
        conflict = self._is_label_task and self._values.get(target) != value
        self.add_defect("conflicting_label" if conflict else "repeated_target", at, target)

    def extend(self, target: str, surface: str | None, description: str, at: int) -> None:
        """Add a surface of a target with its own description, as in the list format; None: not mentioned."""
        if surface is None or target in self._absent:
            self.add(target, None, None, at)
            if surface is None:
                return
        if not self._written(target, surface, at) or (description and not self._written(target, description, at)):
            return
        if target not in self._values:
            self._values[target], self._positions[target] = [], []
        if description or target in self._descriptions:
            self._descriptions.setdefault(target, [""] * len(self._values[target])).append(description)
        self._values[target].append(surface)
        self._positions[target].append(at)

    def _written(self, target: str, text: str, at: int) -> bool:
        """True for a text that an answer can contain; no record contains a lone surrogate."""
        if text.isascii() or is_encodable(text):
            return True
        self.add_defect("malformed", at, target)
        return False

    def interpret_surfaces(self, answer: str, source: str | None) -> None:
        """Interpret surfaces such as `none` and `**raid**`; with the source text, note each surface that is not in it.

        Without the source text, a strict answer stays as it is, since a mention may be any string; only words that the
        schema of the data gives for "nothing" are left out.
        """
        strict = not self.has_error
        if strict and (not self.matcher.nothing if source is None else self._all_in(source.lower())):
            return
        text = Source(source, self.matcher.nothing)
        for target, surfaces in self._values.items():
            if len(surfaces) == 1 and text.says_nothing(surfaces[0], strict):
                self._leave_out(target)
            elif (text.known or not strict) and any(map(may_be_wrapped, surfaces)):
                self._unwrap(target, text)
            for surface, position in (
                zip(self._values[target], self._positions[target], strict=True) if text.known else ()
            ):
                if not text.holds(surface):
                    self.add_defect("not_in_text", max(answer.find(surface, position), position), target)

    def _all_in(self, lower: str) -> bool:
        """True where a lower-case text contains all surfaces, so that each is a mention as it is written."""
        for surfaces in self._values.values():
            for surface in surfaces:
                if surface.lower() not in lower:
                    return False
        return True

    def _leave_out(self, target: str) -> None:
        """Remove the surface of a target that says that the target is not mentioned."""
        self.add_defect("reworded_label", self._positions[target][0], target)
        self._values[target], self._positions[target] = [], []
        self._descriptions.pop(target, None)

    def _unwrap(self, target: str, text: Source) -> None:
        positions, words = self._positions[target], self._descriptions.get(target)
        surfaces, new_places, described = [], [], []
        for number, (surface, position) in enumerate(zip(self._values[target], positions, strict=True)):
            parts = [text.unwrapped(part) for part in text.split(surface)]
            if parts != [surface]:
                self.add_defect("reworded_label", position, target)
            surfaces += parts
            new_places += [position] * len(parts)
            described += [words[number]] * len(parts) if isinstance(words, list) else []
        self._values[target], self._positions[target] = surfaces, new_places
        if isinstance(words, list):
            self._descriptions[target] = described

    def parsed_answer(self, end: int | None) -> ParsedAnswer:
        """Return the answer and its defects. end: the length of an answer that should name all targets, else None."""
        read = bool(self._resolved) or self._nothing
        if self._stray is not None and read:
            self.add_defect("trailing_text", self._stray)
        if not read and (self.has_error or not self._unknown):
            self.add_defect("no_format", 0)
        elif read and end is not None and not self._nothing and len(self._resolved) < len(self._known):
            for target in self._known.keys() - self._resolved:
                self.add_defect("missing_target", end, target)
        if len(self._defects) > 1:
            self._defects.sort(key=lambda defect: (defect.at, defect.name, defect.target or ""))
        values = (
            self._values if self._is_label_task else {t: tuple(found) for t, found in self._values.items() if found}
        )
        usable = bool(self._values or self._absent) or self._nothing
        answer, unknown = Answer(values, self._described()), tuple(self._unknown_mentions)
        return ParsedAnswer(answer, tuple(self._defects), usable, unknown)

    def _described(self) -> dict:
        return {
            target: tuple(words) if isinstance(words, list) else words
            for target, words in self._descriptions.items()
            if not isinstance(words, list) or any(words)
        }
