"""Parse values of items that are not in the strict form: a label or surfaces, with or without a description."""

from __future__ import annotations

from dataclasses import dataclass

from sde_datasets.formats.lenient.tokens import ARROW, MARK, NAME, STRING, Token, closed, exact, unwrapped
from sde_datasets.formats.parse_state import ParseState
from sde_datasets.formats.parser_context import ParserContext
from sde_datasets.formats.quoting import unbare

_FORWARD = ("->", "→")
_FULL_STOPS = " .。!！"
_MARKS = _FULL_STOPS + ",;，；"
# characters that may replace the colon between a target and its value, and how far to look for them
_OTHER_COLONS = " =|-–—~>/(（"
_NEAR = 200
_STRINGS = (STRING, NAME)


@dataclass(slots=True)
class Item:
    """One item of an answer: its target, the body that contains it, and its location.

    at: the offset of the body in the answer. head: the offset of the item in the body. ends: the item ends the body.
    """

    target: str
    body: str
    at: int
    head: int
    ends: bool
    state: ParseState

    def add_defect(self, name: str, position: int) -> None:
        """Add a defect of this item at an offset of the body."""
        self.state.add_defect(name, self.at + position, self.target)

    def text(self, tokens: list[Token]) -> str:
        """Return the text from the first of some tokens to the last; empty for none."""
        return self.body[tokens[0].start : tokens[-1].end] if tokens else ""

    def add(self, value, description: str | None) -> None:
        """Add a label, surfaces with their offsets in the answer, or None."""
        self.state.add(self.target, value, description, self.at + self.head)


class LenientValues:
    """Parses the tokens of the value of an item."""

    def __init__(self, context: ParserContext, stop: str) -> None:
        """stop: the mark at the end of the answer, empty for none."""
        self._schema, self._matcher, self._reasoning = context.schema, context.matcher, context.reasoning
        self._is_label_task, self._stop = context.is_label_task, stop
        self._comma = context.schema.comma.strip()

    def plausible(self, text: str) -> bool:
        """True for a text that can be a value: it contains a label, or is any text in a mention task."""
        return bool(text) and (not self._is_label_task or self._matcher.label(text) is not None)

    def gap(self, body: str, position: int) -> tuple[str, int] | None:
        """Return the target at an offset that has a value but no colon, and the end of its name; None for no target."""
        end = self._matcher.beginning(body, position)
        rest = body[end : end + _NEAR].lstrip()
        value = rest.lstrip(_OTHER_COLONS)
        if end == position or (self._is_label_task and not self._matcher.begins_with_label(value)):
            return None
        return (body[position:end], end) if self._is_label_task or len(value) < len(rest) else None

    def read(self, item: Item, value: list[Token]) -> None:
        """Parse the value of an item and add it."""
        value, stops = _without_marks(item.body, value)
        if item.ends and self._cut(item.body, value, stops):
            open_string = bool(value) and not _is_closed(item.body, value[-1])
            item.add_defect("truncated", value[-1].start if open_string else len(item.body))
            value = value[:-1] if open_string or self._only_described(value) else value
        elif not value:
            item.add_defect("malformed", item.head)
            if not self._is_label_task:
                item.add(None, None)
        elif item.ends and stops and stops != [self._stop]:
            item.add_defect("wrong_punctuation", value[-1].end)
        description, value = self._description(item, value)
        if value:
            (self._label if self._is_label_task else self._surfaces)(item, value, description)

    def _cut(self, body: str, value: list[Token], stops: list[str]) -> bool:
        """True where an answer is cut off: after a colon or comma, within a string, before its stop."""
        if not value or (stops and stops[-1] not in (self._stop, "。")):
            return True
        if not _is_closed(body, value[-1]) or value[-1].kind == ARROW:
            return True
        return self._only_described(value) or (bool(self._stop) and not stops and body[-1] not in _FULL_STOPS)

    def _only_described(self, value: list[Token]) -> bool:
        """True for a description whose label is missing."""
        return self._is_label_task and self._reasoning == "cot" and len(value) == 1 and value[0].kind == STRING

    def _description(self, item: Item, value: list[Token]) -> tuple[str | None, list[Token]]:
        """Return the description of a value, where the design has one, and the other tokens of the value."""
        number = next((number for number, token in enumerate(value) if token.kind == ARROW), None)
        if number is None:
            return None, value
        before, (_, start, end), after = value[:number], value[number], value[number + 1 :]
        forward = item.body[start:end] in _FORWARD
        words, rest = (before, after) if forward else (after, before)
        if self._reasoning == ("cot" if forward else "rcot") and _is_string(item.body, words):
            if item.body[start:end] in "→←" or item.body[words[0].start] == "“":
                item.add_defect("wrong_punctuation", start)
            return unwrapped(item.text(words), STRING), rest
        late = self._is_label_task and not (forward and self._matcher.label(item.text(after)))
        item.add_defect("note_after_label" if late else "malformed", start if late else value[0].start)
        return None, before if late else rest

    def _label(self, item: Item, value: list[Token], description: str | None) -> None:
        (kind, start, end), whole = value[0], item.text(value)
        quoted = kind in _STRINGS
        text = unwrapped(item.body[start:end], kind) if quoted else item.body[start : _end_of_words(value)]
        word = self._matcher.label(text)
        if word is None or (quoted and (word.start or word.end < len(text))):
            item.add_defect(self._matcher.no_label(text, item.ends and whole == text), start)
            return
        if quoted:
            item.add_defect("malformed", start)
        elif word.reworded:
            item.add_defect("reworded_label", start)
        self._after_label(item, whole[end - start if quoted else word.end :], value[-1].end)
        item.add(None if word.label == self._schema.placeholder else word.label, description)

    def _after_label(self, item: Item, rest: str, end: int) -> None:
        """Add a defect for text after a label, unless it is the stop of the whole answer."""
        core = rest.strip()
        if not core or (item.ends and core == self._stop):
            return
        position = end - len(rest.lstrip())
        if not core.strip(_MARKS):
            item.add_defect("wrong_punctuation", position)
        elif gap := self.gap(item.body, end - len(rest.lstrip(_MARKS))):
            item.state.add_defect("wrong_punctuation", item.at + gap[1], gap[0])
        elif self._stop and core.startswith(self._stop):
            after = rest.lstrip().removeprefix(self._stop)
            item.add_defect("trailing_text", end - len(after.lstrip()))
        else:
            item.add_defect("note_after_label", position)

    def _surfaces(self, item: Item, value: list[Token], description: str | None) -> None:
        pairs = [(self._surface(item, piece), item.at + piece[0].start) for piece in self._pieces(item, value)]
        surfaces = [(surface, position) for surface, position in pairs if surface]
        item.add(surfaces or None, description)

    def _pieces(self, item: Item, value: list[Token]) -> list[list[Token]]:
        """Split the tokens of a value at commas, and at other marks with a defect."""
        pieces: list[list[Token]] = [[]]
        for token in value:
            kind, start, _ = token
            if kind == MARK and item.body[start] not in ":：":
                if item.body[start] != self._comma:
                    item.add_defect("wrong_punctuation", start)
                elif not pieces[-1]:
                    item.add_defect("malformed", start)
                pieces.append([])
            else:
                pieces[-1].append(token)
        return [piece for piece in pieces if piece]

    def _surface(self, item: Item, piece: list[Token]) -> str:
        """Return the surface that a piece writes; empty for the placeholder."""
        (kind, start, end), rest = piece[0], piece[1:]
        if rest and kind in _STRINGS and not item.text(rest).strip(_FULL_STOPS):
            if not (item.ends and self._stop):
                item.add_defect("wrong_punctuation", end)
            rest = []
        token = item.body[start:end] if kind in _STRINGS else item.text(piece)
        surface = unwrapped(token, kind)
        if kind not in _STRINGS and surface.casefold() == self._schema.placeholder.casefold():
            surface = ""
        elif kind not in _STRINGS and not surface.strip("[]{}"):
            item.add_defect("malformed", start)
            return ""
        if rest or not self._well_written(token.rstrip(), kind):
            item.add_defect("malformed", start)
        return surface

    def _well_written(self, token: str, kind: str) -> bool:
        """True for a value, or the placeholder, that is bare or quoted as in the strict form."""
        if token == self._schema.placeholder:
            return True
        if self._schema.quoted:
            return kind == NAME and len(token) > 2 and exact(token, kind)
        return exact(token, kind) if kind == STRING else unbare(token, self._schema.reserved) is not None


def _without_marks(body: str, value: list[Token]) -> tuple[list[Token], list[str]]:
    """Return a value without the marks at its end, and these marks."""
    count = len(value)
    while count and value[count - 1][0] == MARK:
        count -= 1
    return value[:count], [body[start] for _, start, _ in value[count:]]


def _is_closed(body: str, token: Token) -> bool:
    kind, start, end = token
    return kind not in _STRINGS or closed(body[start:end])


def _is_string(body: str, tokens: list[Token]) -> bool:
    """True for tokens that are one string with both quotes."""
    return len(tokens) == 1 and tokens[0].kind == STRING and _is_closed(body, tokens[0])


def _end_of_words(value: list[Token]) -> int:
    """The offset of the first string or arrow of a value, which contain no label; otherwise the end of the value."""
    for number, (kind, start, _) in enumerate(value):
        if number and kind in (*_STRINGS, ARROW):
            return start
    return value[-1].end
