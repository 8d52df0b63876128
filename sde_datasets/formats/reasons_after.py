"""Reasons after the answer (`-post`): the plain answer of a format, an empty line, and a line for each description.

food: positive
service: unmentioned

food: "the tuna was great"
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from sde_datasets.formats.answers import Answer, Defect, ParsedAnswer
from sde_datasets.formats.base import Format
from sde_datasets.formats.parse_state import MOST_DEFECTS
from sde_datasets.formats.reason_lines import Reason, ReasonLines
from sde_datasets.formats.thoughts import has_tag, without_thoughts

# the mark between an answer and its reasons: generation may stop at it
APART = "\n\n"


class ReasonsAfter:
    """Writes and parses answers with reasons after them. It has the interface of `Format`, without its base class.

    The answer itself is written and parsed by the format of the same design without reasoning.
    """

    def __init__(self, plain: Format, as_lists: bool) -> None:
        """as_lists: the reasons are JSON lists, as in the list format."""
        self.plain, self.schema, self.nothing = plain, plain.schema, plain.nothing
        self._lines = ReasonLines(plain.schema, plain.matcher, plain.by_index, as_lists)
        self.absent, self.pattern, self.absent_pattern = plain.absent, plain.pattern, plain.absent_pattern
        self.rest_pattern, self.reason_pattern = plain.rest_pattern, self._lines.pattern

    def write(self, answer: Answer) -> str:
        """Return the completion, without end token."""
        return APART.join(filter(None, (self.plain.write(answer), "\n".join(self._lines.write(answer)))))

    def read(self, text: str, source: str | None = None) -> ParsedAnswer:
        """Parse `text` into an answer and its defects, as `Format.read` does; an answer without reasons is no defect.

        The last paragraph is parsed as reasons if all its lines have their form and name targets that the answer
        mentions; else it belongs to the answer.
        """
        end, tags = _end(text)
        start = _last_paragraph(text, end)
        lines = self._paragraph(text[start:end], start) if start else None
        if lines is None:
            return self.plain.read(text, source)
        parsed = self.plain.read(text[:start], source)
        if any(reason.target not in parsed.values for _, reason in lines.reasons if reason.target is not None):
            return self.plain.read(text, source)
        descriptions, defects = self._descriptions(parsed.values, lines)
        found = sorted([*parsed.defects, *defects, *tags], key=lambda defect: (defect.at, defect.name))[:MOST_DEFECTS]
        return replace(parsed, answer=Answer(parsed.values, descriptions), defects=tuple(found))

    def _paragraph(self, paragraph: str, at: int) -> _Paragraph | None:
        """Parse a paragraph of reasons that begins at offset `at`; None where a line has another form."""
        reasons: list[tuple[int, Reason]] = []
        written = paragraph.rstrip().split("\n")
        for number, line in enumerate(written, 1):
            begin = at + len(line) - len(line.lstrip())
            if reason := self._lines.parse(line.strip()):
                reasons.append((begin, reason))
            elif number == len(written) and self._lines.is_cut(line.strip()):
                return _Paragraph(reasons, cut=begin)
            else:
                return None
            at += len(line) + 1
        return _Paragraph(reasons)

    def _descriptions(self, values: dict, lines: _Paragraph) -> tuple[dict, list[Defect]]:
        """The descriptions of the targets, and the defects of the lines."""
        defects = [Defect("truncated", lines.cut)] if lines.cut is not None else []
        of_targets: dict[str, str] = {}
        of_mentions = _Mentions(values)
        for at, reason in lines.reasons:
            if reason.note:
                defects.append(Defect(reason.note, at, reason.target))
            if reason.target is None:
                continue
            if reason.surface is not None:
                if not of_mentions.add(reason.target, reason.surface, reason.words):
                    defects.append(Defect("malformed", at, reason.target))
            elif reason.target in of_targets:
                defects.append(Defect("repeated_target", at, reason.target))
            else:
                of_targets[reason.target] = reason.words
        return {target: words for target, words in of_targets.items() if words} | of_mentions.described(), defects


class _Mentions:
    """Descriptions of mentions; those of equal mentions of a target are in the order of the mentions."""

    def __init__(self, values: dict[str, tuple[str, ...]]) -> None:
        self._values = values
        self._words: dict[str, list[str]] = {}
        self._free: dict[tuple[str, str], list[int]] = {}

    def add(self, target: str, surface: str, words: str) -> bool:
        """Add the description of the next mention of these words; False where there is none."""
        if target not in self._words:
            self._words[target] = [""] * len(self._values[target])
            for number, each in reversed(list(enumerate(self._values[target]))):
                self._free.setdefault((target, each), []).append(number)
        free = self._free.get((target, surface))
        if free:
            self._words[target][free.pop()] = words
            return True
        return False

    def described(self) -> dict[str, tuple[str, ...]]:
        """The descriptions of the mentions of each target that has any."""
        return {target: tuple(words) for target, words in self._words.items() if any(words)}


class _Paragraph(NamedTuple):
    """The reasons of a paragraph with their offsets. cut: the offset of a last line that is cut off."""

    reasons: list[tuple[int, Reason]]
    cut: int | None = None


def _end(text: str) -> tuple[int, list[Defect]]:
    """The end of an answer without the special tokens after it, and a note for them."""
    if not has_tag(text):
        return len(text), []
    plain = without_thoughts(text)
    if plain.cut:
        return len(text), []
    return plain.end, [Defect(name, at) for name, at in plain.defects if at >= plain.end]


def _last_paragraph(text: str, end: int) -> int:
    """The offset of the last of several paragraphs before `end`; 0 for a text of one paragraph."""
    position = len(text[:end].rstrip())
    while (start := text.rfind("\n", 0, position)) >= 0:
        if not text[start + 1 : position].strip():
            return position + 1 if text[:start].strip() else 0
        position = start
    return 0
