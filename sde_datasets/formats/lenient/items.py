"""Parse items that are not in the strict form: recover what is readable, and give every deviation a defect.

An item begins with a head, which is a name and a colon. Its value ends at the next head. Other text is unparsed.
"""

from __future__ import annotations

from sde_datasets.formats.lenient.tokens import ARROW, COLONS, LINE, MARK, NAME, STRING, Token, tokenize, unwrapped
from sde_datasets.formats.lenient.values import Item, LenientValues
from sde_datasets.formats.parse_state import ParseState
from sde_datasets.formats.parser_context import ParserContext

# longer answers are cut, to bound memory
LONGEST = 1_000_000
# heads of prose, and how many words a target outside the schema and its mentions have at most
_COMMENTARY = (
    "answer comment conclusion context example explanation hint input instruction note notes output reason reasoning "
    "result results sentence summary text"
)
_COMMENTS = frozenset((*_COMMENTARY.split(), "final answer"))
_WORDS_OF_NAME, _WORDS_OF_SURFACE = 3, 8
_QUOTES = "'\"‘’“”"
_AROUND = " \t\n.。" + _QUOTES


class LenientItems:
    """Parses the items of a whole answer, as natural and lines write them, with other text around and between them."""

    def __init__(self, context: ParserContext, between: str, stop: str) -> None:
        """between: the mark between items. stop: the mark at the end of the answer, empty for none."""
        self._schema, self._matcher, self._by_index = context.schema, context.matcher, context.by_index
        self._between, self._colon = between, context.schema.colon.strip()
        placeholder = context.schema.placeholder
        self._nothing = context.written.get(placeholder, placeholder).strip(_AROUND).casefold()
        self._values = LenientValues(context, stop if between != "\n" else "")

    def read(self, body: str, at: int, state: ParseState) -> None:
        """Parse `body`, which begins at offset `at` of the answer, into `state`; of a huge body only the beginning."""
        if len(body) > LONGEST:
            body = body[:LONGEST]
        tokens = tokenize(body, self._schema.quoted)
        heads = self._heads(body, tokens)
        if not heads and self._says_nothing(body):
            state.mark_nothing_mentioned()
            state.add_defect("malformed", at)
            return
        self._strays(body, tokens[: heads[0][0] if heads else None], at, state)
        for number, (start, begin) in enumerate(heads):
            end = heads[number + 1][0] if number + 1 < len(heads) else len(tokens)
            self._item(body, tokens, (start, begin, end), at, state)

    def _says_nothing(self, body: str) -> bool:
        """True for the placeholder alone, with any case, quotes and stop. The placeholder of NER is two quotes."""
        core = body.strip(_AROUND).casefold()
        return core == self._nothing and (bool(core) or any(quote in body for quote in _QUOTES))

    # heads

    def _heads(self, body: str, tokens: list[Token]) -> list[tuple[int, int]]:
        """Return for each head the number of the token of its name, and the offset at which the name begins."""
        heads = []
        for number in range(1, len(tokens)):
            kind, start, _ = tokens[number]
            if kind == MARK and body[start] in COLONS:
                begin = self._name(body, tokens, number - 1)
                if begin is not None:
                    heads.append((number - 1, begin))
        return heads

    def _name(self, body: str, tokens: list[Token], number: int) -> int | None:
        """Return the offset at which the name before a colon begins; None where the colon belongs to a value."""
        kind, start, end = tokens[number]
        if kind in (MARK, LINE, ARROW):
            return None
        before = tokens[number - 1] if number else None
        if before is None or before.kind == LINE or (before.kind == MARK and body[before.start] == self._between):
            return start
        name = unwrapped(body[start:end], kind)
        if before.kind == MARK and body[before.start] not in COLONS and self._known(name):
            return start
        tail = None if self._by_index or kind in (STRING, NAME) else self._matcher.ending(name)
        return None if tail is None else start + tail

    def _known(self, name: str) -> bool:
        if self._by_index:
            return _index(name, len(self._schema.targets)) is not None
        return self._matcher.target(name, guess=False) is not None

    # items

    def _item(self, body: str, tokens: list[Token], position: tuple[int, int, int], at: int, state: ParseState) -> None:
        """Parse one item, given the token and the offset of its head, and the token of the next head."""
        start, begin, end = position
        value, after = _parts(body, tokens, start + 2, end)
        if end == len(tokens) and not after and self._ends_in_a_name(body, value):
            value, after = value[:-2], value[-1:]
        target = self._target(body, tokens[start], begin, value, at, state)
        if target is None:
            self._unknown(body, tokens[start], begin, value, state)
            self._strays(body, after, at, state)
            return
        colon = tokens[start + 1][1]
        if body[colon] != self._colon:
            state.add_defect("wrong_punctuation", at + colon, target)
        self._before_head(body, tokens, start, begin, at, state)
        item = Item(target, body, at, begin, not after and end == len(tokens), state)
        self._values.read(item, value)
        self._strays(body, after, at, state)

    def _target(self, body: str, token: Token, begin: int, value: list, at: int, state: ParseState) -> str | None:
        """Return the target of a head; None where it is unknown, or where head and value are prose with a colon."""
        kind, start, end = token
        name = unwrapped(body[max(start, begin) : end], kind)
        if self._by_index:
            index = _index(name, len(self._schema.targets))
            if index is None:
                state.add_defect("number_out_of_range" if name.lstrip("+-").isdigit() else "malformed", at + begin)
                return None
            if name != str(index):
                state.add_defect("malformed", at + begin)
            name = self._schema.targets[index]
        elif not self._values.plausible(_text(body, value)) and self._matcher.target(name) is None:
            state.mark_unparsed(at + begin)
            return None
        target = state.resolve_target(name, at + begin)
        if target is not None and (kind == NAME) != (self._schema.quoted and not self._by_index) and kind != STRING:
            state.add_defect("malformed", at + begin, target)
        return target

    def _unknown(self, body: str, token: Token, begin: int, value: list[Token], state: ParseState) -> None:
        """Add the mentions of a target that is not in the schema. Prose with a colon names no target."""
        name = unwrapped(body[max(token.start, begin) : token.end], token.kind).strip()
        if self._schema.kind == "label" or not value or self._is_prose(name):
            return
        apart = ParseState(self._schema, self._matcher)
        self._values.read(Item(name, body, 0, begin, False, apart), value)
        surfaces = apart.surfaces(name)
        if all(len(surface.split()) <= _WORDS_OF_SURFACE for surface in surfaces):
            state.add_unknown(name, surfaces)

    def _is_prose(self, name: str) -> bool:
        """True for the head of an item that is prose or not readable, and no target outside the schema."""
        if self._by_index:
            return not name.lstrip("+-").isdigit()
        return not name or len(name.split()) > _WORDS_OF_NAME or name.casefold() in _COMMENTS

    def _before_head(self, body: str, tokens: list[Token], start: int, begin: int, at: int, state: ParseState) -> None:
        """Add a defect unless the mark of the design, once, separates this item from the one before."""
        number = start
        while number and tokens[number - 1][0] in (MARK, LINE):
            number -= 1
        marks = [body[token.start] for token in tokens[number:start]]
        if self._between == "\n":
            right = all(mark == "\n" for mark in marks) and (marks or not number)
        else:
            right = marks == [self._between] if number else not marks
        if not right or begin > tokens[start][1]:
            state.add_defect("wrong_punctuation", at + (tokens[number][1] if marks else begin))

    # unparsed text

    def _strays(self, body: str, tokens: list[Token], at: int, state: ParseState) -> None:
        """Mark text that belongs to no item, line by line."""
        fresh = True
        for number, (kind, start, end) in enumerate(tokens):
            if kind == LINE:
                fresh = True
            elif fresh and kind != MARK:
                fresh = False
                self._stray(body, start, at, number + 1 == len(tokens) and end == len(body), state)

    def _stray(self, body: str, start: int, at: int, last: bool, state: ParseState) -> None:
        if gap := self._values.gap(body, start):
            state.add_defect("wrong_punctuation", at + gap[1], state.resolve_target(gap[0], at + start))
        elif last and not self._by_index and self._cut(body[start:]):
            state.add_defect("truncated", at + len(body))
        else:
            state.mark_unparsed(at + start)

    def _ends_in_a_name(self, body: str, value: list[Token]) -> bool:
        """True where the answer ends with the beginning of another head, after the mark between items."""
        if len(value) < 2 or body[value[-2].start] != self._between or self._by_index:
            return False
        return self._cut(body[value[-1].start :])

    def _cut(self, text: str) -> bool:
        """True for the beginning of the name of a target."""
        name = text.lstrip("'\"")
        return any(target.startswith(name) for target in self._schema.targets)


def _parts(body: str, tokens: list[Token], start: int, end: int) -> tuple[list[Token], list[Token]]:
    """Split tokens into a value, which ends with its line or at a full stop, and the rest."""
    for number in range(start, end):
        kind, position, _ = tokens[number]
        if kind == LINE or (kind == MARK and body[position] == "。"):
            return tokens[start : number + (kind == MARK)], tokens[number + 1 : end]
    return tokens[start:end], []


def _text(body: str, tokens: list[Token]) -> str:
    return body[tokens[0].start : tokens[-1].end] if tokens else ""


def _index(name: str, count: int) -> int | None:
    """The index of the target that a number names; None for no target."""
    index = int(name) if len(name) < 10 and name.isascii() and name.lstrip("+").isdigit() else -1
    return index if 0 <= index < count else None
