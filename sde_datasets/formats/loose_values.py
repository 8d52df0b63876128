"""Reading the values of items that depart from the exact form: a label, or surfaces, with or without a description."""

from __future__ import annotations

from dataclasses import dataclass

from sde_datasets.formats.collector import Collector
from sde_datasets.formats.loose_tokens import ARROW, MARK, NAME, STRING, Token, closed, exact, unwrapped
from sde_datasets.formats.tokens import unbare
from sde_datasets.formats.vocabulary import Vocabulary
from sde_datasets.schemas import Schema

_FORWARD = ("->", "→")
_FULL_STOPS = " .。!！"
_MARKS = _FULL_STOPS + ",;，；"
# what stands between a target and its value where no colon does, and how far it is looked for
_OTHER_COLONS = " =|-–—~>/(（"
_NEAR = 200
_STRINGS = (STRING, NAME)


@dataclass(slots=True)
class Item:
    """One item of an answer: its target, the body it stands in, and where.

    at: where the body begins in the answer. head: where the item begins in the body. ends: the item ends the body.
    """

    target: str
    body: str
    at: int
    head: int
    ends: bool
    found: Collector

    def note(self, name: str, place: int) -> None:
        """Keep a defect of this item at a place of the body."""
        self.found.note(name, self.at + place, self.target)

    def text(self, tokens: list[Token]) -> str:
        """What stands from the first of some tokens to the last; empty for none."""
        return self.body[tokens[0][1] : tokens[-1][2]] if tokens else ""

    def add(self, value, description: str | None) -> None:
        """Take a label, surfaces with their places in the answer, or None."""
        self.found.add(self.target, value, description, self.at + self.head)


class LooseValues:
    """Reads the tokens of one item's value."""

    def __init__(self, schema: Schema, vocabulary: Vocabulary, reasoning: str, stop: str) -> None:
        self._schema, self._vocabulary, self._reasoning, self._stop = schema, vocabulary, reasoning, stop
        self._labelled = schema.kind == "label"
        self._comma = schema.comma.strip()

    def plausible(self, text: str) -> bool:
        """True where a text can be a value and not merely prose: it holds a label, or is any text in a mention task."""
        return bool(text) and (not self._labelled or self._vocabulary.label(text) is not None)

    def gap(self, body: str, place: int) -> tuple[str, int] | None:
        """The target that stands at `place` with a value but no colon after it, and where its name ends."""
        end = self._vocabulary.beginning(body, place)
        rest = body[end : end + _NEAR].lstrip()
        value = rest.lstrip(_OTHER_COLONS)
        if end == place or (self._labelled and not self._vocabulary.begins_with_label(value)):
            return None
        return (body[place:end], end) if self._labelled or len(value) < len(rest) else None

    def read(self, item: Item, value: list[Token]) -> None:
        """Read the value of an item into what was found."""
        value, stops = _without_marks(item.body, value)
        if item.ends and self._cut(item.body, value, stops):
            open_string = bool(value) and not _is_closed(item.body, value[-1])
            item.note("truncated", value[-1][1] if open_string else len(item.body))
            value = value[:-1] if open_string or self._only_described(value) else value
        elif not value:
            item.note("malformed", item.head)
        elif item.ends and stops and stops != [self._stop]:
            item.note("wrong_punctuation", value[-1][2])
        description, value = self._description(item, value)
        if value:
            (self._label if self._labelled else self._surfaces)(item, value, description)

    def _cut(self, body: str, value: list[Token], stops: list[str]) -> bool:
        """True where an answer ends before its form does: after a colon or comma, within a string, before its stop."""
        if not value or (stops and stops[-1] not in (self._stop, "。")):
            return True
        if not _is_closed(body, value[-1]) or value[-1][0] == ARROW:
            return True
        return self._only_described(value) or (bool(self._stop) and not stops and body[-1] not in _FULL_STOPS)

    def _only_described(self, value: list[Token]) -> bool:
        """True for a description to which its label is still to come."""
        return self._labelled and self._reasoning == "cot" and len(value) == 1 and value[0][0] == STRING

    def _description(self, item: Item, value: list[Token]) -> tuple[str | None, list[Token]]:
        """The description of a value, where the design has one there, and the tokens that are left of the value."""
        number = next((number for number, token in enumerate(value) if token[0] == ARROW), None)
        if number is None:
            return None, value
        before, (_, start, end), after = value[:number], value[number], value[number + 1 :]
        forward = item.body[start:end] in _FORWARD
        words, rest = (before, after) if forward else (after, before)
        if self._reasoning == ("cot" if forward else "rcot") and _is_string(item.body, words):
            if item.body[start:end] in "→←" or item.body[words[0][1]] == "“":
                item.note("wrong_punctuation", start)
            return unwrapped(item.text(words), STRING), rest
        late = self._labelled and not (forward and self._vocabulary.label(item.text(after)))
        item.note("note_after_label" if late else "malformed", start if late else value[0][1])
        return None, before if late else rest

    def _label(self, item: Item, value: list[Token], description: str | None) -> None:
        (kind, start, end), whole = value[0], item.text(value)
        quoted = kind in _STRINGS
        text = unwrapped(item.body[start:end], kind) if quoted else item.body[start : _end_of_words(value)]
        word = self._vocabulary.label(text)
        if word is None or (quoted and (word.start or word.end < len(text))):
            item.note(self._vocabulary.no_label(text, item.ends and whole == text), start)
            return
        if quoted:
            item.note("malformed", start)
        elif word.reworded:
            item.note("reworded_label", start)
        self._after_label(item, whole[end - start if quoted else word.end :], value[-1][2])
        item.add(None if word.label == self._schema.placeholder else word.label, description)

    def _after_label(self, item: Item, rest: str, end: int) -> None:
        """What stands after a label in its item: nothing, the stop of the whole answer, or what should not be there."""
        said = rest.strip()
        if not said or (item.ends and said == self._stop):
            return
        place = end - len(rest.lstrip())
        if not said.strip(_MARKS):
            item.note("wrong_punctuation", place)
        elif gap := self.gap(item.body, end - len(rest.lstrip(_MARKS))):
            item.found.note("wrong_punctuation", item.at + gap[1], gap[0])
        elif self._stop and said.startswith(self._stop):
            after = rest.lstrip().removeprefix(self._stop)
            item.note("trailing_text", end - len(after.lstrip()))
        else:
            item.note("note_after_label", place)

    def _surfaces(self, item: Item, value: list[Token], description: str | None) -> None:
        said = [(self._surface(item, piece), item.at + piece[0][1]) for piece in self._pieces(item, value)]
        surfaces = [(surface, place) for surface, place in said if surface]
        item.add(surfaces or None, description)

    def _pieces(self, item: Item, value: list[Token]) -> list[list[Token]]:
        """The tokens between the commas of a value, and between what stands for commas."""
        pieces: list[list[Token]] = [[]]
        for token in value:
            kind, start, _ = token
            if kind == MARK and item.body[start] not in ":：":
                if item.body[start] != self._comma:
                    item.note("wrong_punctuation", start)
                elif not pieces[-1]:
                    item.note("malformed", start)
                pieces.append([])
            else:
                pieces[-1].append(token)
        return [piece for piece in pieces if piece]

    def _surface(self, item: Item, piece: list[Token]) -> str:
        """What a piece says, empty for the placeholder."""
        (kind, start, end), rest = piece[0], piece[1:]
        if rest and kind in _STRINGS and not item.text(rest).strip(_FULL_STOPS):
            if not (item.ends and self._stop):
                item.note("wrong_punctuation", end)
            rest = []
        token = item.body[start:end] if kind in _STRINGS else item.text(piece)
        said = unwrapped(token, kind)
        if kind not in _STRINGS and said.casefold() == self._schema.placeholder.casefold():
            said = ""
        if rest or not self._well_written(token.rstrip(), kind):
            item.note("malformed", start)
        return said

    def _well_written(self, token: str, kind: str) -> bool:
        """True where a value, or the placeholder, stands bare or quoted as the form wants it."""
        if token == self._schema.placeholder:
            return True
        if self._schema.quoted:
            return kind == NAME and len(token) > 2 and exact(token, kind)
        return exact(token, kind) if kind == STRING else unbare(token, self._schema.reserved) is not None


def _without_marks(body: str, value: list[Token]) -> tuple[list[Token], list[str]]:
    """A value without the marks at its end, and these marks."""
    count = len(value)
    while count and value[count - 1][0] == MARK:
        count -= 1
    return value[:count], [body[start] for _, start, _ in value[count:]]


def _is_closed(body: str, token: Token) -> bool:
    kind, start, end = token
    return kind not in _STRINGS or closed(body[start:end])


def _is_string(body: str, tokens: list[Token]) -> bool:
    """True where tokens are one string with both its quotes."""
    return len(tokens) == 1 and tokens[0][0] == STRING and _is_closed(body, tokens[0])


def _end_of_words(value: list[Token]) -> int:
    """Where the first string or arrow of a value begins, since no label is read out of one; else its end."""
    for number, (kind, start, _) in enumerate(value):
        if number and kind in (*_STRINGS, ARROW):
            return start
    return value[-1][2]
