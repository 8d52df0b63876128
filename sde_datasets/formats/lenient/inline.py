"""Parse answers of the format inline that are not an exact copy of the text, or whose marks are not in their form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from sde_datasets.formats.answers import Answer, Defect, MarkedText, ParsedAnswer
from sde_datasets.formats.inline_scan import InlineScanner, Scan, ScannedMark
from sde_datasets.formats.lenient.copy_alignment import Alignment, copy_offset
from sde_datasets.formats.lenient.mark_forms import MarkForms
from sde_datasets.formats.lenient.recovery import Recovery
from sde_datasets.formats.parse_state import ParseState
from sde_datasets.formats.parser_context import ParserContext
from sde_datasets.formats.surfaces import Source
from sde_datasets.formats.thoughts import has_tag, without_thoughts
from sde_datasets.records.record import Span, is_encodable

# an answer without marks in which more words differ is no copy of the text
_MOST_DIFFERENT = 0.5
# longer answers are not aligned, to bound memory
_LONGEST = 1_000_000
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Located(NamedTuple):
    """A scan whose marks are located in the source. spans: of each of its marks, None for one that is not found.

    share: the share of words that differ from the source; None for an exact copy, and without a source.
    """

    scan: Scan
    spans: list[Span | None]
    share: float | None


class LenientInline:
    """Parses answers of one design."""

    def __init__(self, context: ParserContext, scanner: InlineScanner, recovery: Recovery) -> None:
        self._context, self._scanner, self._recovery = context, scanner, recovery
        self._schema, self._matcher, self._by_index = context.schema, context.matcher, context.by_index
        self._forms = MarkForms([str(n) for n in range(len(self._schema.targets))] if self._by_index else self._names())

    def _names(self) -> list[str]:
        return [name for name in self._matcher.names if name]

    def read(self, answer: str, at: int, scan: Scan, source: str | None) -> ParsedAnswer:
        """Parse an answer, which begins at offset `at` after its blanks; `scan` is its scan."""
        body = answer.strip()
        notes: list[tuple[str, int]] = []
        if scan.tag is not None and has_tag(body):
            plain = without_thoughts(body)
            core = body[plain.start : plain.end]
            notes = [(name, at + position) for name, position in plain.defects]
            at, body = at + plain.start + len(core) - len(core.lstrip()), core.strip()
            scan = self._scanner.scan(body, at)
        scan = self._other_forms(body, at, scan, source)
        located = _locate(_last_copy(scan, source), source)
        if not body:
            parsed = self._parsed(located, source, has_text=False)
        elif (
            not (scan.marks or scan.following)
            and self._is_no_copy(located)
            and (other := self._other(answer, body, at, source))
        ):
            parsed = other
        else:
            parsed = self._parsed(located, source, has_text=bool(scan.marks) or not self._is_no_copy(located))
        return _with_notes(parsed, notes)

    # other forms

    def _other_forms(self, body: str, at: int, scan: Scan, source: str | None) -> Scan:
        """The scan of an answer that marks mentions in another form; otherwise `scan`."""
        if not scan.defects and (source is None or copy_offset(scan.text, source) is not None):
            return scan
        forms = self._forms.rewritten(body)
        if forms is None:
            return scan
        found = self._scanner.scan(forms.text, 0)
        if len(found.marks) <= len(scan.marks):
            return scan
        marks = [mark._replace(at=at + forms.at(mark.at)) for mark in found.marks]
        following = [mention._replace(at=at + forms.at(mention.at)) for mention in found.following]
        defects = [(name, at + forms.at(position)) for name, position in found.defects]
        first = ("other_format", at + forms.places[1][1])
        return Scan(found.text, marks, following, [first, *defects], None)

    @staticmethod
    def _is_no_copy(located: _Located) -> bool:
        """True for a text that is not a copy of the source; where that is unknown, for one with defects."""
        return bool(located.scan.defects) if located.share is None else located.share > _MOST_DIFFERENT

    def _other(self, answer: str, body: str, at: int, source: str | None) -> ParsedAnswer | None:
        """The answer of a text in one of the other formats; None where it is in none."""
        state = self._recovery.read(body, at, ParseState(self._schema, self._matcher))
        if not (state.item_count or state.nothing_mentioned or state.names_unknown):
            return None
        state.interpret_surfaces(answer, source)
        parsed = state.parsed_answer(None)
        spans: dict[str, tuple[tuple[Span, ...] | None, ...]] = {
            target: (None,) * len(surfaces) for target, surfaces in parsed.values.items()
        }
        return replace(parsed, answer=Answer(parsed.values, {}, MarkedText(source or "", spans)))

    # marks

    def _parsed(self, located: _Located, source: str | None, has_text: bool) -> ParsedAnswer:
        """The answer of located marks. has_text: the answer is, or may be, a copy of the text."""
        scan, share = located.scan, located.share
        state, text = ParseState(self._schema, self._matcher), Source(source)
        spans: dict[str, list[tuple[Span, ...] | None]] = {}
        for name, at in scan.defects:
            state.add_defect(name, at)
        found = [
            (self._surface(scan, mark), mark.name, mark.at, span)
            for mark, span in zip(scan.marks, located.spans, strict=True)
        ]
        for surface, name, at, span in [*found, *((m.surface, m.name, m.at, None) for m in scan.following)]:
            target = self._target(name, at, state)
            if not surface.strip() or not is_encodable(surface):
                state.add_defect("malformed", at, target)
            elif target is None:
                state.add_unknown(name, [surface] if not self._by_index or name.isdigit() else [])
            else:
                state.extend(target, surface, "", at)
                spans.setdefault(target, []).append(None if span is None else (span,))
                if text.known and span is None and not text.holds(surface.strip()):
                    state.add_defect("not_in_text", at, target)
        if has_text and (share is not None or all(name == "truncated" for name, _ in scan.defects)):
            state.mark_nothing_mentioned()
        parsed = state.parsed_answer(None)
        marked = MarkedText(scan.text if source is None else source, {t: tuple(each) for t, each in spans.items()})
        answer = Answer(parsed.values, {}, marked)
        if share:
            note = Defect("copy_differs", 0, None, share)
            parsed = replace(parsed, defects=(note, *parsed.defects))
        return replace(parsed, answer=answer)

    @staticmethod
    def _surface(scan: Scan, mark: ScannedMark) -> str:
        return scan.text[mark.start : mark.end]

    def _target(self, name: str, at: int, state: ParseState) -> str | None:
        """The target that a mark names; None, with a defect, for no target."""
        if not self._by_index:
            return state.resolve_target(name, at)
        number = int(name) if len(name) < 10 and name.isascii() and name.isdigit() else -1
        if not 0 <= number < len(self._schema.targets):
            state.add_defect("number_out_of_range" if name.strip().lstrip("+-").isdigit() else "malformed", at)
            return None
        if str(number) != name:
            state.add_defect("malformed", at)
        return state.resolve_target(self._schema.targets[number], at)


def _last_copy(scan: Scan, source: str | None) -> Scan:
    """The scan of the last exact copy where an answer has several, as a draft before the final one."""
    core = (source or "").strip()
    if not core or scan.text.count(core) < 2:
        return scan
    begin = scan.text.rindex(core)
    end = begin + len(core)
    marks = [
        m._replace(start=m.start - begin, end=m.end - begin) for m in scan.marks if begin <= m.start and m.end <= end
    ]
    first = min((mark.at for mark in scan.marks), default=0)
    return scan._replace(text=core, marks=marks, defects=[*scan.defects, ("malformed", first)])


def _locate(scan: Scan, source: str | None) -> _Located:
    """Locate the marks of a scan in the source, in the order of the text."""
    if source is None:
        scan = _tidy(scan)
        return _Located(scan, [(mark.start, mark.end) for mark in scan.marks], None)
    marks = sorted(scan.marks)
    scan = scan._replace(marks=marks)
    offset = copy_offset(scan.text, source)
    if offset is not None:
        return _Located(scan, [(mark.start + offset, mark.end + offset) for mark in marks], 0.0)
    if len(scan.text) > _LONGEST:
        return _Located(scan, [None] * len(marks), 1.0)
    aligned = Alignment(scan.text, source)
    spans = [_span(aligned, scan.text[mark.start : mark.end], mark, source) for mark in marks]
    return _Located(scan, spans, aligned.share([(mark.start, mark.end) for mark in marks]))


def _tidy(scan: Scan) -> Scan:
    """A scan as a writer would give it: no blanks at the edges of the text, no lone surrogate, marks in order."""
    marks, text, defects = sorted(scan.marks), scan.text, scan.defects
    if not is_encodable(text):
        text, defects = _SURROGATE.sub("\ufffd", text), [*defects, ("malformed", 0)]
    begin = min(len(text) - len(text.lstrip()), min((mark.start for mark in marks), default=len(text)))
    end = max(len(text.rstrip()), max((mark.end for mark in marks), default=0))
    marks = [mark._replace(start=mark.start - begin, end=mark.end - begin) for mark in marks]
    return scan._replace(text=text[begin:end], marks=marks, defects=defects)


def _span(aligned: Alignment, surface: str, mark: ScannedMark, source: str) -> Span | None:
    """The span of a mark in the source: that of its words, otherwise the nearest occurrence of its surface."""
    span = aligned.span(mark.start, mark.end)
    if span is not None and source[slice(*span)].casefold().split() == surface.casefold().split():
        return span
    return aligned.nearest(surface, mark.start) if surface.strip() else None


def _with_notes(parsed: ParsedAnswer, notes: Sequence[tuple[str, int]]) -> ParsedAnswer:
    """An answer with further defects, sorted by offset."""
    defects = [*parsed.defects, *(Defect(name, at) for name, at in notes)]
    return replace(parsed, defects=tuple(sorted(defects, key=lambda each: (each.at, each.name, each.target or ""))))
