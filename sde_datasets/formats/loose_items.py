"""Reading items that depart from the exact form: what can be read is read, and every departure gets its name.

An item begins with a head, a name and a colon, and its value reaches to the next head. What belongs to no item strays.
"""

from __future__ import annotations

from sde_datasets.formats.collector import Collector
from sde_datasets.formats.loose_tokens import ARROW, COLONS, LINE, MARK, NAME, STRING, Token, tokenize, unwrapped
from sde_datasets.formats.loose_values import Item, LooseValues
from sde_datasets.formats.vocabulary import Vocabulary
from sde_datasets.schemas import Schema

# an answer that has no form is not worth more memory than that of so many characters
LONGEST = 1_000_000
_QUOTES = "'\"‘’“”"
_AROUND = " \t\n.。" + _QUOTES


class LooseItems:
    """Reads the items of a whole answer, as natural and lines write them, whatever stands around and between."""

    def __init__(
        self,
        schema: Schema,
        vocabulary: Vocabulary,
        written: dict[str, str],
        by_index: bool,
        reasoning: str,
        between: str,
        stop: str,
    ) -> None:
        self._schema, self._vocabulary, self._by_index = schema, vocabulary, by_index
        self._between, self._colon = between, schema.colon.strip()
        self._nothing = written.get(schema.placeholder, schema.placeholder).strip(_AROUND).casefold()
        self._values = LooseValues(schema, vocabulary, reasoning, stop if between != "\n" else "")

    def read(self, body: str, at: int, found: Collector) -> None:
        """Read `body`, which begins at character `at` of the answer, into `found`: of a huge one, the beginning."""
        if len(body) > LONGEST:
            body = body[:LONGEST]
        tokens = tokenize(body, self._schema.quoted)
        heads = self._heads(body, tokens)
        if not heads and self._says_nothing(body):
            found.nothing()
            found.note("malformed", at)
            return
        self._strays(body, tokens[: heads[0][0] if heads else None], at, found)
        for number, (start, begin) in enumerate(heads):
            end = heads[number + 1][0] if number + 1 < len(heads) else len(tokens)
            self._item(body, tokens, (start, begin, end), at, found)

    def _says_nothing(self, body: str) -> bool:
        """True for the placeholder alone, whatever its case, its quotes and its stop; of NER it is two quotes."""
        core = body.strip(_AROUND).casefold()
        return core == self._nothing and (bool(core) or any(quote in body for quote in _QUOTES))

    # heads

    def _heads(self, body: str, tokens: list[Token]) -> list[tuple[int, int]]:
        """Where heads stand: the number of the name's token, and the character at which the name begins."""
        heads = []
        for number in range(1, len(tokens)):
            kind, start, _ = tokens[number]
            if kind == MARK and body[start] in COLONS:
                begin = self._name(body, tokens, number - 1)
                if begin is not None:
                    heads.append((number - 1, begin))
        return heads

    def _name(self, body: str, tokens: list[Token], number: int) -> int | None:
        """The character at which the name before a colon begins; None where the colon belongs to a value."""
        kind, start, end = tokens[number]
        if kind in (MARK, LINE, ARROW):
            return None
        before = tokens[number - 1] if number else None
        if before is None or before[0] == LINE or (before[0] == MARK and body[before[1]] == self._between):
            return start
        name = unwrapped(body[start:end], kind)
        if before[0] == MARK and body[before[1]] not in COLONS and self._known(name):
            return start
        tail = None if self._by_index or kind in (STRING, NAME) else self._vocabulary.ending(name)
        return None if tail is None else start + tail

    def _known(self, name: str) -> bool:
        if self._by_index:
            return _index(name, len(self._schema.targets)) is not None
        return self._vocabulary.target(name, guess=False) is not None

    # items

    def _item(self, body: str, tokens: list[Token], place: tuple[int, int, int], at: int, found: Collector) -> None:
        """Read one item: its head is the token `start` from character `begin` on, the next head the token `end`."""
        start, begin, end = place
        value, after = _parts(body, tokens, start + 2, end)
        if end == len(tokens) and not after and self._ends_in_a_name(body, value):
            value, after = value[:-2], value[-1:]
        target = self._target(body, tokens[start], begin, value, at, found)
        if target is None:
            self._strays(body, after, at, found)
            return
        colon = tokens[start + 1][1]
        if body[colon] != self._colon:
            found.note("wrong_punctuation", at + colon, target)
        self._before_head(body, tokens, start, begin, at, found)
        item = Item(target, body, at, begin, not after and end == len(tokens), found)
        self._values.read(item, value)
        self._strays(body, after, at, found)

    def _target(self, body: str, token: Token, begin: int, value: list, at: int, found: Collector) -> str | None:
        """The target of a head, met; None where it is unknown, or where head and value are only prose with a colon."""
        kind, start, end = token
        name = unwrapped(body[max(start, begin) : end], kind)
        if self._by_index:
            index = _index(name, len(self._schema.targets))
            if index is None:
                found.note("number_out_of_range" if name.lstrip("+-").isdigit() else "malformed", at + begin)
                return None
            if name != str(index):
                found.note("malformed", at + begin)
            name = self._schema.targets[index]
        elif not self._values.plausible(_text(body, value)) and self._vocabulary.target(name) is None:
            found.stray(at + begin)
            return None
        target = found.meet(name, at + begin)
        if target is not None and (kind == NAME) != (self._schema.quoted and not self._by_index) and kind != STRING:
            found.note("malformed", at + begin, target)
        return target

    def _before_head(self, body: str, tokens: list[Token], start: int, begin: int, at: int, found: Collector) -> None:
        """What parts this item from the one before must be the mark of the design, once."""
        number = start
        while number and tokens[number - 1][0] in (MARK, LINE):
            number -= 1
        marks = [body[token[1]] for token in tokens[number:start]]
        if self._between == "\n":
            right = all(mark == "\n" for mark in marks) and (marks or not number)
        else:
            right = marks == [self._between] if number else not marks
        if not right or begin > tokens[start][1]:
            found.note("wrong_punctuation", at + (tokens[number][1] if marks else begin))

    # strays

    def _strays(self, body: str, tokens: list[Token], at: int, found: Collector) -> None:
        """Text that belongs to no item, line by line."""
        fresh = True
        for number, (kind, start, end) in enumerate(tokens):
            if kind == LINE:
                fresh = True
            elif fresh and kind != MARK:
                fresh = False
                self._stray(body, start, at, number + 1 == len(tokens) and end == len(body), found)

    def _stray(self, body: str, start: int, at: int, last: bool, found: Collector) -> None:
        if gap := self._values.gap(body, start):
            found.note("wrong_punctuation", at + gap[1], found.meet(gap[0], at + start))
        elif last and not self._by_index and self._cut(body[start:]):
            found.note("truncated", at + len(body))
        else:
            found.stray(at + start)

    def _ends_in_a_name(self, body: str, value: list[Token]) -> bool:
        """True where the answer ends with the beginning of one more head, which the mark before it shows."""
        if len(value) < 2 or body[value[-2][1]] != self._between or self._by_index:
            return False
        return self._cut(body[value[-1][1] :])

    def _cut(self, text: str) -> bool:
        """True where a text is the beginning of a target's name."""
        name = text.lstrip("'\"")
        return any(target.startswith(name) for target in self._schema.targets)


def _parts(body: str, tokens: list[Token], start: int, end: int) -> tuple[list[Token], list[Token]]:
    """The tokens of a value, which ends with its line or at a full stop, and those that come after it."""
    for number in range(start, end):
        kind, place, _ = tokens[number]
        if kind == LINE or (kind == MARK and body[place] == "。"):
            return tokens[start : number + (kind == MARK)], tokens[number + 1 : end]
    return tokens[start:end], []


def _text(body: str, tokens: list[Token]) -> str:
    return body[tokens[0][1] : tokens[-1][2]] if tokens else ""


def _index(name: str, count: int) -> int | None:
    """The place of a target that a number names, None where it names none."""
    index = int(name) if len(name) < 10 and name.isascii() and name.lstrip("+").isdigit() else -1
    return index if 0 <= index < count else None
