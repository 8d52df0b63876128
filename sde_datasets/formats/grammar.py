"""The answers of a design as a grammar, for decoding that can write nothing else.

In Lark's notation as llguidance reads it. What is fixed comes from the writer of the format, with holes where a value
stands, so the grammar cannot drift from what is written; strict reading takes all that it lets through.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from sde_datasets.designs import Design
from sde_datasets.formats import Answer, Format, format_of
from sde_datasets.schemas import SPECIAL, Schema

_UNICODE = r"u(?:[0-9a-ce-fA-CE-F][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2})"
_IN_STRING = rf'(?:[^"\\\x00-\x1f]|\\(?:["\\\/bfnrt]|{_UNICODE}))'
_TERMINALS = {
    "FULL": f'/"{_IN_STRING}+"/',
    "ANY": f'/"{_IN_STRING}*"/',
    "QUOTED": r"/'(?:[^'\\\x00-\x1f]|\\(?:['\\bfnrt]|u00[01][0-9a-f]))+'/",
}
_STOPS = "".join(rf"\x{{{ord(char):x}}}" for char in SPECIAL) + r"\x00-\x1f\x7f-\x9f\u2028\u2029"
# of one character, in the worst case, case folding makes three
_LONGEST_FOLD = 3


def grammar_of(design: Design, schema: Schema) -> str:
    """The grammar of the answers of a design under a schema; its start rule is `start`.

    What stands for one target is one terminal: a lexer takes what is longest and never goes back, a terminal is matched
    as a whole.
    """
    form, holes = format_of(design.answer, schema), _Holes.of(design, schema)
    between, stop = (schema.between, schema.stop) if design.format == "natural" else ("\n", "")
    numbers = range(len(schema.targets))
    rules = [rule for n in numbers for rule in _target(n, form, design, schema, holes)]
    if design.unmentioned == "pu":
        rules.insert(0, f"start: {f' {_text(between)} '.join(f'i{n}' for n in numbers)} {_text(stop)}")
    else:
        rules = [f"start: h0 {_text(stop)} | {_text(form.nothing)}", *_some(len(numbers), between), *rules]
    terminals = _TERMINALS | ({"BARE": _bare(schema)} if "BARE" in holes.terminals else {})
    return "\n".join([*rules, *(f"{name}: {terminals[name]}" for name in holes.terminals)]) + "\n"


def _some(count: int, between: str) -> Iterator[str]:
    """Rules for one item or more of `count`, in their order: `h` before the first that is there, `t` after it."""
    for n in range(count):
        more = f" t{n + 1}" if n + 1 < count else ""
        yield f"h{n}: i{n}{more}" + (f" | h{n + 1}" if more else "")
        if n:
            yield f"t{n}: ({_text(between)} i{n})?{more}"


@dataclass(frozen=True)
class _Holes:
    """Words that stand for a surface and for a description, and the terminals that take their places.

    value, description: words that stand nowhere in the schema. places: for each, as a format writes it, what stands
    there in the grammar. terminals: the names of those used. empty: a description may be an empty string.
    """

    value: str
    description: str
    places: dict[str, str]
    terminals: tuple[str, ...]
    empty: bool

    @classmethod
    def of(cls, design: Design, schema: Schema) -> _Holes:
        value, description = _free("SurfaceHole", schema), _free("DescriptionHole", schema)
        in_json, names, said = design.format in ("json", "list"), (), ()
        places: dict[str, str] = {}
        if schema.kind == "mention":
            written, names = _surface(value, in_json, schema)
            one = f"({' | '.join(names)})"
            comma = _text(", " if in_json else schema.comma)
            # in the list format each surface has an item of its own
            places[written] = one if design.format == "list" else f"{one} ({comma} {one})*"
        if design.reasoning != "none":
            said = ("ANY",) if in_json else ("FULL",)
            places[f'"{description}"'] = said[0]
        return cls(value, description, places, tuple(dict.fromkeys((*names, *said))), in_json)

    def filled(self, text: str) -> str:
        """What was written, with terminals in the places of the holes."""
        if not self.places:
            return _text(text)
        parts = re.split(f"({'|'.join(map(re.escape, self.places))})", text)
        return " ".join(self.places.get(part) or _text(part) for part in parts if part)


def _surface(word: str, in_json: bool, schema: Schema) -> tuple[str, tuple[str, ...]]:
    """A surface as a format writes it, and the terminals of all that may stand there."""
    if in_json:
        return f'"{word}"', ("FULL",)
    return (f"'{word}'", ("QUOTED",)) if schema.quoted else (word, ("BARE", "FULL"))


def _free(word: str, schema: Schema) -> str:
    """`word`, made longer until it stands nowhere in the schema."""
    taken = schema.to_json().casefold()
    while word.casefold() in taken:
        word += "X"
    return word


def _target(n: int, form: Format, design: Design, schema: Schema, holes: _Holes) -> Iterator[str]:
    """The rules for the target of number `n`: `i` all that may stand for it, of the terminals `L` and `A`."""
    target, absent = schema.targets[n], design.unmentioned == "pu"
    values = schema.labels if schema.kind == "label" else [(holes.value,)]
    described = () if design.reasoning == "none" else (holes.description,)
    # where a description may be an empty string, none is written as one
    words = described if described and holes.empty else (None, *described)
    written = [_written(design, schema, target, value, said) for value in values for said in words]
    by_line = design.format == "list" and schema.kind == "mention"
    yield f"i{n}: L{n}" + (f" ({_text(chr(10))} L{n})*" if by_line else "") + (f" | A{n}" if absent else "")
    yield f"L{n}: " + " | ".join(holes.filled(text) for text in written)
    if absent:
        yield f"A{n}: {_text(form.absent(target))}"


def _written(design: Design, schema: Schema, target: str, value, description: str | None) -> str:
    """The answer in which this target alone is mentioned, without its stop."""
    by_mention = design.format == "list" and schema.kind == "mention"
    said = {} if description is None else {target: (description,) if by_mention else description}
    alone = format_of(replace(design.answer, unmentioned="ou"), schema)
    text = alone.write(Answer({target: value}, said))
    return text.removesuffix(schema.stop) if design.format == "natural" else text


def _bare(schema: Schema) -> str:
    """A surface that may stand bare: no mark, no arrow, no blank at its edges, no integer, no word of the task."""
    reserved = "|".join(_any_case(word) for word in sorted(schema.reserved))
    inside = rf"[^{_STOPS}\s](?:[^{_STOPS}]*[^{_STOPS}\s])?"
    others = rf"(?:[\s\S]*(?:->|<-)[\s\S]*|[+\-]?\d+|{reserved})"
    return f"/{inside}/ & ~/{others}/"


def _any_case(word: str) -> str:
    """A pattern of all that case folding makes `word` of; the writer folds with Python's tables, and so does this."""
    rests = [""]
    for at in reversed(range(len(word))):
        parts = [word[at : at + size] for size in range(1, _LONGEST_FOLD + 1)]
        made = [_folds().get(part, [part] if len(part) == 1 else []) for part in parts]
        ways = [f"[{_class(chars)}]{rest}" for chars, rest in zip(made, rests, strict=False) if chars]
        rests.insert(0, f"(?:{'|'.join(ways)})")
    return rests[0]


@lru_cache(maxsize=1)
def _folds() -> dict[str, list[str]]:
    """What case folding makes, with the characters that it makes it of; what it leaves alone is not here."""
    found: dict[str, list[str]] = {}
    for char in map(chr, range(sys.maxunicode + 1)):
        if char != (folded := char.casefold()):
            found.setdefault(folded, [folded] if len(folded) == 1 else []).append(char)
    return found


def _class(chars: list[str]) -> str:
    return "".join(rf"\x{{{ord(char):x}}}" for char in chars)


def _text(text: str) -> str:
    # Lark takes no U+007F as it is
    return json.dumps(text, ensure_ascii=False).replace("\x7f", r"\u007f") if text else ""
