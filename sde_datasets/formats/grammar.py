"""The answers of a design as a grammar, for constrained decoding.

The grammar is in Lark's notation as llguidance reads it. Its fixed parts come from the writer of the format, with holes
for the values, so that the grammar always agrees with the written form. A strict parser accepts all that it generates.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from sde_datasets.designs.design import POST, Design
from sde_datasets.formats import Answer, AnswerFormat, answer_format
from sde_datasets.records.schema import SPECIAL, Schema

_UNICODE = r"u(?:[0-9a-ce-fA-CE-F][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2})"
_IN_STRING = rf'(?:[^"\\\x00-\x1f]|\\(?:["\\\/bfnrt]|{_UNICODE}))'
_TERMINALS = {
    "FULL": f'/"{_IN_STRING}+"/',
    "ANY": f'/"{_IN_STRING}*"/',
    "QUOTED": r"/'(?:[^'\\\x00-\x1f]|\\(?:['\\bfnrt]|u00[01][0-9a-f]))+'/",
}
_STOPS = "".join(rf"\x{{{ord(char):x}}}" for char in SPECIAL) + r"\x00-\x1f\x7f-\x9f\u2028\u2029"
# case folding turns one character into at most three
_LONGEST_FOLD = 3


def grammar_of(design: Design, schema: Schema) -> str:
    """Return the grammar of the answers of a design under a schema; its start rule is `start`.

    Each target has one terminal, since a lexer takes the longest match and never backtracks. The grammar of a design
    with reasons after the answer is that of its answer: which reasons may follow depends on the values in it.
    """
    if design.reasoning == POST:
        design = replace(design, reasoning="none")
    form, holes = answer_format(design.answer, schema), _Holes.of(design, schema)
    between, stop = (schema.between, schema.stop) if design.format == "natural" else ("\n", "")
    numbers = range(len(schema.targets))
    rules = [rule for n in numbers for rule in _target(n, form, design, schema, holes)]
    if design.unmentioned == "pu":
        rules.insert(0, f"start: {f' {lark_string(between)} '.join(f'i{n}' for n in numbers)} {lark_string(stop)}")
    else:
        rules = [
            f"start: h0 {lark_string(stop)} | {lark_string(form.nothing)}",
            *_item_rules(len(numbers), between),
            *rules,
        ]
    terminals = _TERMINALS | ({"BARE": _bare(schema)} if "BARE" in holes.terminals else {})
    return "\n".join([*rules, *(f"{name}: {terminals[name]}" for name in holes.terminals)]) + "\n"


def _item_rules(count: int, between: str) -> Iterator[str]:
    """Rules for one or more of `count` items in their order: `h` before the first that is written, `t` after it."""
    for n in range(count):
        more = f" t{n + 1}" if n + 1 < count else ""
        yield f"h{n}: i{n}{more}" + (f" | h{n + 1}" if more else "")
        if n:
            yield f"t{n}: ({lark_string(between)} i{n})?{more}"


@dataclass(frozen=True)
class _Holes:
    """Words that represent a surface and for a description, and the terminals that replace them in the grammar.

    value, description: words that do not occur in the schema. replacements: by hole, as a format writes it, the
    terminals that replace it. terminals: the names of those that are used. empty: a description may be an empty string.
    """

    value: str
    description: str
    replacements: dict[str, str]
    terminals: tuple[str, ...]
    empty: bool

    @classmethod
    def of(cls, design: Design, schema: Schema) -> _Holes:
        value, description = _unused_word("SurfaceHole", schema), _unused_word("DescriptionHole", schema)
        in_json = design.format in ("json", "list")
        terminals: list[str] = []
        replacements: dict[str, str] = {}
        if schema.kind == "mention":
            written, names = _surface(value, in_json, schema)
            one = f"({' | '.join(names)})"
            comma = lark_string(", " if in_json else schema.comma)
            # in the list format each surface has its own item
            replacements[written] = one if design.format == "list" else f"{one} ({comma} {one})*"
            terminals += names
        if design.reasoning != "none":
            name = "ANY" if in_json else "FULL"
            replacements[f'"{description}"'] = name
            terminals.append(name)
        return cls(value, description, replacements, tuple(dict.fromkeys(terminals)), in_json)

    def filled(self, text: str) -> str:
        """Return a written text with terminals in place of the holes."""
        if not self.replacements:
            return lark_string(text)
        parts = re.split(f"({'|'.join(map(re.escape, self.replacements))})", text)
        return " ".join(self.replacements.get(part) or lark_string(part) for part in parts if part)


def _surface(word: str, in_json: bool, schema: Schema) -> tuple[str, tuple[str, ...]]:
    """A surface as a format writes it, and the terminals that may replace it."""
    if in_json:
        return f'"{word}"', ("FULL",)
    return (f"'{word}'", ("QUOTED",)) if schema.quoted else (word, ("BARE", "FULL"))


def _unused_word(word: str, schema: Schema) -> str:
    """`word`, extended until it does not occur in the schema."""
    taken = schema.to_json().casefold()
    while word.casefold() in taken:
        word += "X"
    return word


def _target(n: int, form: AnswerFormat, design: Design, schema: Schema, holes: _Holes) -> Iterator[str]:
    """The rules for target number n: `i` for all its items, from the terminals `L` (mentioned) and `A` (not)."""
    target, has_placeholders = schema.targets[n], design.unmentioned == "pu"
    values: Sequence[str | tuple[str, ...]] = schema.labels if schema.kind == "label" else [(holes.value,)]
    described = () if design.reasoning == "none" else (holes.description,)
    # a missing description is written as an empty string where that is possible
    descriptions = described if described and holes.empty else (None, *described)
    written = [_written(design, schema, target, value, words) for value in values for words in descriptions]
    by_line = design.format == "list" and schema.kind == "mention"
    yield (
        f"i{n}: L{n}"
        + (f" ({lark_string(chr(10))} L{n})*" if by_line else "")
        + (f" | A{n}" if has_placeholders else "")
    )
    yield f"L{n}: " + " | ".join(holes.filled(text) for text in written)
    if has_placeholders:
        yield f"A{n}: {lark_string(form.absent(target))}"


def _written(design: Design, schema: Schema, target: str, value: str | tuple[str, ...], description: str | None) -> str:
    """The answer that mentions only this target, without its stop."""
    by_mention = design.format == "list" and schema.kind == "mention"
    descriptions: dict[str, str | tuple[str, ...]] = {}
    if description is not None:
        descriptions[target] = (description,) if by_mention else description
    alone = answer_format(replace(design.answer, unmentioned="ou"), schema)
    text = alone.write(Answer({target: value}, descriptions))
    return text.removesuffix(schema.stop) if design.format == "natural" else text


def _bare(schema: Schema) -> str:
    """A terminal for bare surfaces: no mark, arrow, integer or word of the task, and no blank at the edges."""
    reserved = "|".join(_any_case(word) for word in sorted(schema.reserved))
    inside = rf"[^{_STOPS}\s](?:[^{_STOPS}]*[^{_STOPS}\s])?"
    others = rf"(?:[\s\S]*(?:->|<-)[\s\S]*|[+\-]?\d+|{reserved})"
    return f"/{inside}/ & ~/{others}/"


def _any_case(word: str) -> str:
    """A pattern of all strings that case folding turns into `word`, with the tables of Python, as in the writer."""
    rests = [""]
    for at in reversed(range(len(word))):
        parts = [word[at : at + size] for size in range(1, _LONGEST_FOLD + 1)]
        sources = [_folds().get(part, [part] if len(part) == 1 else []) for part in parts]
        branches = [f"[{_class(chars)}]{rest}" for chars, rest in zip(sources, rests, strict=False) if chars]
        rests.insert(0, f"(?:{'|'.join(branches)})")
    return rests[0]


@lru_cache(maxsize=1)
def _folds() -> dict[str, list[str]]:
    """Results of case folding with the characters that fold to them; characters that stay the same are left out."""
    found: dict[str, list[str]] = {}
    for char in map(chr, range(sys.maxunicode + 1)):
        if char != (folded := char.casefold()):
            found.setdefault(folded, [folded] if len(folded) == 1 else []).append(char)
    return found


def _class(chars: list[str]) -> str:
    return "".join(rf"\x{{{ord(char):x}}}" for char in chars)


def lark_string(text: str) -> str:
    """Return a string in the notation of Lark; empty for the empty string."""
    # Lark does not accept U+007F unescaped
    return json.dumps(text, ensure_ascii=False).replace("\x7f", r"\u007f") if text else ""
