r"""Inline: the text itself with every mention marked, `The [IL-2 promoter|DNA] binds [p50|protein].`

[[IL-2|protein] promoter|DNA]     nested; of equal spans the first target is inside
[p50|2]                           numbers
\[ \] \| \\                       the characters [ ] | \ of the text
\+                                a line between the text and the mentions that cross another or have several pieces,
["DNA", "a b"]                    each as a JSON list
"""

from __future__ import annotations

from functools import cached_property
from itertools import repeat

from sde_datasets.designs.design import FORMATS, INLINE, Design
from sde_datasets.errors import UsageError
from sde_datasets.formats.answers import Answer, Defect, MarkedText, ParsedAnswer
from sde_datasets.formats.base import Format
from sde_datasets.formats.inline_marks import SEPARATOR, MarkWriter, Place, crossing
from sde_datasets.formats.inline_scan import InlineScanner, Scan
from sde_datasets.formats.lenient.copy_alignment import copy_offset
from sde_datasets.formats.lenient.inline import LenientInline
from sde_datasets.formats.matcher import NO_ALIASES, Aliases
from sde_datasets.formats.parse_state import ParseState
from sde_datasets.formats.quoting import json_string
from sde_datasets.records.record import Span, is_encodable
from sde_datasets.records.schema import Schema


class Inline(Format):
    """Marks in the text. `Answer.marked` has the text and the spans of the values.

    A value without spans, or one that crosses another, follows the text. The values of a parsed answer are the marked
    ones of each target in the order of the text, then those that follow it.
    """

    nothing = ""

    def __init__(self, design: Design, schema: Schema, aliases: Aliases = NO_ALIASES) -> None:
        """Raises UsageError for a task without mentions."""
        if schema.kind == "label":
            hint = f"Use another format: {', '.join(FORMATS)}."
            raise UsageError(f"{INLINE} marks mentions, and the task {schema.task} has labels, no mentions. {hint}")
        super().__init__(design, schema, aliases)
        self.mark_writer = MarkWriter(schema, self.by_index)
        self.heads = [str(n) if self.by_index else json_string(target) for n, target in enumerate(schema.targets)]
        names = [str(n) if self.by_index else target for n, target in enumerate(schema.targets)]
        self._target_of = dict(zip(names, schema.targets, strict=True))
        self._scanner = InlineScanner(names, self.mark_writer.target_tag, self.by_index)

    # writing

    def write(self, answer: Answer) -> str:
        index, values = self.schema.index, answer.values
        text, spans = answer.marked or MarkedText("", {})
        places: list[tuple[int, int, int]] = []
        following: list[tuple[int, str]] = []
        for target, surfaces in values.items():
            number = index[target]
            for surface, pieces in zip(surfaces, spans.get(target) or repeat(None)):  # noqa: B905, repeat has no end
                if pieces is not None and len(pieces) == 1:
                    places.append(Place.of(*pieces[0], number))
                else:
                    following.append((number, surface))
        if len(places) > 1:
            places.sort()
            for at in reversed(crossing(places)):
                start, before_end, before_target = places.pop(at)
                following.append((-before_target, text[start:-before_end]))
        body = self.mark_writer.marked(text, places)
        if following:
            # the sort is stable, so that the mentions of a target stay in their order
            following.sort(key=lambda mention: mention[0])
            lines = [f"[{self.heads[number]}, {json_string(surface)}]" for number, surface in following]
            return "\n".join([*([body] if body else []), SEPARATOR, *lines])
        return body or SEPARATOR

    def absent(self, target: str) -> str:
        return ""

    def pattern(self) -> str:
        return f"[<{self.schema.value_word}>|{'<number>' if self.by_index else f'<{self.schema.target_word}>'}]"

    def rest_pattern(self) -> str:
        target = "<number>" if self.by_index else f'"<{self.schema.target_word}>"'
        return f'[{target}, "<{self.schema.value_word}>"]'

    def absent_pattern(self) -> str:
        return ""

    # parsing

    def read(self, text: str, source: str | None = None) -> ParsedAnswer:
        """Parse `text` into an answer and its defects; offsets of spans are those of the `source` text if it is given.

        Never raises. With the source, a copy that differs from it has a note, and its marks are found in the source.
        """
        body = text.strip()
        if not body:
            nothing = Answer({}, {}, MarkedText(source or "", {}))
            return ParsedAnswer(nothing, (Defect("empty", 0),), usable=False)
        at = len(text) - len(text.lstrip())
        scan = self._scanner.scan(body, at)
        exact = None if scan.defects else self._exact(scan, source)
        return exact or self._lenient.read(text, at, scan, source)

    def _exact(self, scan: Scan, source: str | None) -> ParsedAnswer | None:
        """The answer of a scan without defects, if all its targets are known and it copies the source exactly."""
        offset = 0 if source is None else copy_offset(scan.text, source)
        if offset is None or (scan.following and source is not None) or not _is_encodable(scan):
            return None
        values: dict[str, list[str]] = {}
        spans: dict[str, list[tuple[Span, ...] | None]] = {}
        text = scan.text
        for start, end, name, _ in sorted(scan.marks):
            target, surface = self._target_of.get(name), text[start:end]
            if target is None or not surface.strip():
                return None
            values.setdefault(target, []).append(surface)
            spans.setdefault(target, []).append(((start + offset, end + offset),))
        for name, surface, _ in scan.following:
            target = self._target_of.get(name)
            if target is None:
                return None
            values.setdefault(target, []).append(surface)
            spans.setdefault(target, []).append(None)
        marked = MarkedText(text if source is None else source, {t: tuple(found) for t, found in spans.items()})
        return ParsedAnswer(Answer({target: tuple(found) for target, found in values.items()}, {}, marked))

    @cached_property
    def _lenient(self) -> LenientInline:
        return LenientInline(self.context, self._scanner, self._recovery)

    def _parse_body(self, body: str, at: int) -> ParseState:
        """Nothing: drafts before a final answer are found by the text that they copy, not by their lines."""
        return ParseState(self.schema, self.matcher)


def _is_encodable(scan: Scan) -> bool:
    return (scan.text.isascii() or is_encodable(scan.text)) and all(is_encodable(m.surface) for m in scan.following)
