"""Parse items in the strict form of natural and lines; `lenient/items.py` parses all others."""

from __future__ import annotations

import json
import re
from functools import partial

from sde_datasets.formats.answers import Unreadable
from sde_datasets.formats.parse_state import ParseState
from sde_datasets.formats.parser_context import ParserContext
from sde_datasets.formats.quoting import BARE, BLANK, NUMBER, QUOTED, STRING, bare, quoted, unbare, unquoted
from sde_datasets.formats.thoughts import has_tag

# a string without its closing quote
_OPEN = re.compile(r"""'(?>(?:[^'\\]|\\.)*)\\?|"(?>(?:[^"\\]|\\.)*)\\?""", re.DOTALL)
# bullets, numbering and Markdown are not part of any design
_DECORATED = re.compile(r"[-*•·+>#`_]|[0-9]{1,3}[.)、]|.*[*`]\Z")
_BARE = re.compile(BARE)
_NUMBER = re.compile(NUMBER)


class StrictItems:
    """Parses one item, `food: positive` or `'DNA': 'IL-2 gene', 'kappa B'`, at an offset of an answer."""

    def __init__(self, context: ParserContext) -> None:
        self._schema, self._matcher, self._by_index = context.schema, context.matcher, context.by_index
        self._reasoning, self._is_label_task = context.reasoning, context.is_label_task
        schema, by_index, written = context.schema, context.by_index, context.written
        name = QUOTED if schema.quoted else f"{STRING}|{BARE}"
        target = NUMBER if by_index else name
        self._head = re.compile(rf"({target}){BLANK}{re.escape(schema.colon.strip())}{BLANK}")
        self._before = re.compile(rf"({STRING}){BLANK}->{BLANK}")
        self._after = re.compile(rf"{BLANK}<-{BLANK}({STRING})")
        write = quoted if schema.quoted else partial(bare, reserved=schema.reserved)
        self._target_of = {str(i) if by_index else write(name): name for i, name in enumerate(schema.targets)}
        self._label_of = {word: label for label, word in written.items()}
        longest_first = sorted(self._label_of, key=len, reverse=True)
        self._label = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        self._surface = re.compile(name)
        self._comma = re.compile(rf"{BLANK}{re.escape(schema.comma.strip())}{BLANK}")

    def read(self, text: str, start: int, at: int, state: ParseState) -> int:
        """Parse the item at `start` of `text` and return its end. at: the offset of `text` in the answer.

        Raises Unreadable where the item is not in the strict form.
        """
        head = self._match(self._head, text, start, at)
        name = self._target_of.get(head[1]) or self._other_target(head[1], at, start)
        target = state.resolve_target(name, at + start)
        description, position = None, head.end()
        before = self._before.match(text, position) if self._reasoning == "cot" else None
        if before:
            description, position = json.loads(before[1]), before.end()
        value, position = (self._read_label if self._is_label_task else self._read_surfaces)(
            text, position, at, target, state
        )
        after = self._after.match(text, position) if self._reasoning == "rcot" else None
        if after:
            description, position = json.loads(after[1]), after.end()
        if target is not None:
            state.add(target, value, description or None, at + start)
        elif value and not self._is_label_task:
            state.add_unknown(name, [surface for surface, _ in value])
        return position

    def _other_target(self, token: str, at: int, start: int) -> str:
        """Return the name of an item whose head is not written as that of a target."""
        name = self._index(token, at + start) if self._by_index else self._name(token.rstrip(), at)
        if name not in self._schema.index and _DECORATED.match(name):
            raise Unreadable("other_format", at + start)
        return name

    def _index(self, token: str, at: int) -> str:
        # numbers with more digits exceed the targets of any schema
        index = int(token) if len(token) < 10 else -1
        if not 0 <= index < len(self._schema.targets):
            raise Unreadable("number_out_of_range", at)
        if str(index) != token:
            raise Unreadable("malformed", at)
        return self._schema.targets[index]

    def _name(self, token: str, at: int) -> str:
        """Return the target or surface that a token writes."""
        name = unquoted(token) if self._schema.quoted else unbare(token, self._schema.reserved)
        if name is None:
            raise Unreadable("malformed", at)
        return name

    def _read_label(self, text: str, position: int, at: int, target: str | None, state: ParseState) -> tuple:
        match = self._label.match(text, position)
        if match and not text[match.end() : match.end() + 1].isalnum():
            label, end = self._label_of[match[0]], match.end()
        else:
            bare = _BARE.match(text, position)
            word = self._matcher.label(bare[0]) if bare and not has_tag(bare[0]) else None
            if word is None:
                number = self._matcher.numbers and _NUMBER.match(text, position)
                why = "number_out_of_range" if number else self._why(text, position, "unknown_label")
                raise Unreadable(why, at + position)
            state.add_defect("reworded_label", at + position, target)
            label, end = word.label, position + word.end
        return (None if label == self._schema.placeholder else label), end

    def _read_surfaces(self, text: str, position: int, at: int, target: str | None, state: ParseState) -> tuple:
        surfaces: list[tuple[str, int]] = []
        while True:
            match = self._match(self._surface, text, position, at)
            token = match[0] if self._schema.quoted else match[0].rstrip()
            begin, position = match.start(), match.start() + len(token)
            if token == self._schema.placeholder and not surfaces:
                return None, position
            surfaces.append((self._name(token, at + begin), at + begin))
            if not surfaces[-1][0]:
                raise Unreadable("malformed", at + begin)
            comma = self._comma.match(text, position)
            if comma is None:
                return surfaces, position
            position = comma.end()

    def _match(self, wanted: re.Pattern[str], text: str, position: int, at: int) -> re.Match[str]:
        match = wanted.match(text, position)
        if match is None:
            raise Unreadable(self._why(text, position, "malformed"), at + position)
        return match

    @staticmethod
    def _why(text: str, position: int, otherwise: str) -> str:
        """Return the defect at an offset: `truncated` where the text or an open string ends there, or `otherwise`."""
        return "truncated" if position >= len(text) or _OPEN.fullmatch(text, position) else otherwise
