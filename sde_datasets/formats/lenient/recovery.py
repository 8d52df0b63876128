"""Parse answers that are not in the form of the design: detect the form, normalise, pass on to its parser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from sde_datasets.formats.lenient.items import LONGEST, LenientItems
from sde_datasets.formats.lenient.literals import Literals, Node, literals
from sde_datasets.formats.lenient.normalise import Normaliser
from sde_datasets.formats.lenient.shapes import Shapes
from sde_datasets.formats.matcher import folded
from sde_datasets.formats.parse_state import ParseState
from sde_datasets.formats.parser_context import ParserContext
from sde_datasets.formats.surfaces import means_nothing

_WRAPPERS = frozenset(
    ("entities", "events", "aspects", "sentiments", "results", "result", "answer", "output", "triggers", "mentions")
)
_FENCE = "```"


class Recovery:
    """Parses an answer in the form that it has, if that gives more than the parser of the design."""

    def __init__(
        self,
        context: ParserContext,
        format_name: str,
        parse_body: Callable[[str, int], ParseState],
        is_complete: bool,
    ) -> None:
        """parse_body: the parser of the design, of the format `format_name`. is_complete: answers name all targets."""
        self._schema, self._matcher = context.schema, context.matcher
        self._format_name, self._parse_body, self._complete = format_name, parse_body, is_complete
        self._shapes = Shapes(context)
        self._normaliser = Normaliser(context, self._shapes.keys)
        self._items = LenientItems(replace(context, reasoning="none"), between="\n", stop="")

    def read(self, body: str, at: int, own: ParseState) -> ParseState:
        """Return the best result for `body`, which begins at offset `at`; `own` is that of the parser of the design."""
        if own.has_duplicates and (final := self._final(body, at)):
            return final
        best, texts = own, self._format_name in ("natural", "lines")
        # no other form says more than JSON that names every target
        if (own.is_complete and not texts) or len(body) > LONGEST:
            return own
        values, whole = self._literal(body, at)
        if values.item_count > best.item_count or (
            texts and values.item_count and body.lstrip("`jsonpythl \n")[:1] in "[{("
        ):
            best = values
        items = None if whole else self._text(body, at)
        if items is not None and (
            items.item_count > best.item_count or (best is own and texts and items.item_count == best.item_count)
        ):
            best = items
        if not best.item_count and not best.nothing_mentioned:
            if values.names_unknown and (texts or not best.names_unknown):
                return values
            return self._nothing(body, at) or _most_named(best, values, items)
        return best

    # drafts before a final answer

    def _final(self, body: str, at: int) -> ParseState | None:
        """The last complete answer in the form of the design, where the text has several."""
        read = [state for state in self._blocks(body, at) if state.item_count and not state.has_error]
        every = set().union(*(state.targets for state in read))
        needed = len(self._schema.targets) if self._complete else len(every)
        whole = [state for state in read if len(state.targets) == needed]
        if len(read) < 2 or not whole:
            return None
        state = whole[-1]
        state.add_defect("malformed", at)
        return state

    def _blocks(self, body: str, at: int) -> Iterator[ParseState]:
        """Parse each block of lines that may be an answer, with the parser of the design."""
        block: list[str] = []
        begin = position = 0
        for line in [*body.split("\n"), ""]:
            text = line.strip()
            apart = not text or text.endswith((":", "：")) or text.startswith(_FENCE) or not self._may_be_item(text)
            if block and (apart or self._format_name == "natural"):
                yield self._parse_body("\n".join(block).strip(), at + begin)
                block = []
            if not apart:
                begin = begin if block else position
                block.append(line)
            position += len(line) + 1
        if block:
            yield self._parse_body("\n".join(block).strip(), at + begin)

    def _may_be_item(self, line: str) -> bool:
        return ":" in line or "：" in line if self._format_name in ("natural", "lines") else line[0] in "[{"

    # other forms

    def _new_state(self) -> ParseState:
        return ParseState(self._schema, self._matcher)

    def _literal(self, body: str, at: int) -> tuple[ParseState, bool]:
        """Parse lists and maps of any shape. The second value is true where the whole text is a list or map."""
        state = self._new_state()
        if not any(bracket in body for bracket in "[{(［｛（"):
            return state, False
        parsed = literals(body, at)
        for node in parsed.values:
            self._shapes.take(node, state, self._line)
        if not state.item_count and self._is_empty(parsed):
            state.mark_nothing_mentioned()
        if parsed.values:
            state.add_defect("other_format", parsed.values[0].at)
        if parsed.cut:
            state.add_defect("truncated", at + len(body))
        return state, parsed.stray is None and state.item_count > 0

    def _is_empty(self, parsed: Literals) -> bool:
        """True for a single empty list or map, also under a name such as "entities"."""
        return len(parsed.values) == 1 and parsed.stray is None and not parsed.cut and _empty(parsed.values[0])

    def _line(self, text: str, at: int, state: ParseState) -> None:
        self._items.read(self._normaliser.lines(text), at, state)

    def _text(self, body: str, at: int) -> ParseState | None:
        """Parse lines in another form, or items in a JSON design; None where the text has no other form."""
        lines = self._normaliser.lines(body)
        if lines == body and self._format_name in ("natural", "lines"):
            return None
        state = self._new_state()
        self._items.read(lines, at, state)
        changed = next((position for position, (old, new) in enumerate(zip(body, lines, strict=True)) if old != new), 0)
        state.add_defect("other_format", at + changed)
        return state

    def _nothing(self, body: str, at: int) -> ParseState | None:
        """Parse an answer that says in other words that nothing is mentioned."""
        word = body.strip(" \t\n.。`*'\"")
        label = self._matcher.label(word) if self._schema.kind == "label" and len(word) < 40 else None
        whole = label is not None and label.label == self._schema.placeholder and label.end - label.start == len(word)
        if not whole and (self._schema.kind == "label" or not means_nothing(word, self._matcher.nothing)):
            return None
        state = self._new_state()
        state.mark_nothing_mentioned()
        state.add_defect("other_format", at)
        return state


def _most_named(own: ParseState, *others: ParseState | None) -> ParseState:
    """The state without values that names the most targets, so that a defect names each; `own` among equals."""
    return max((own, *filter(None, others)), key=lambda state: state.named_count)


def _empty(node: Node) -> bool:
    """True for an empty list, and for a map that holds only empty lists or maps under names such as "entities"."""
    if node.kind == "list":
        return not node.value
    return node.kind == "map" and all(
        folded(str(key.value)) in _WRAPPERS and _empty(value) for key, value in node.value
    )
