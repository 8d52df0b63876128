"""The answers of a design as a grammar, for decoding that can write nothing else.

In Lark's notation as llguidance reads it. What is fixed comes from the writer of the format, with holes where a value
stands, so the grammar cannot drift from what is written; strict reading takes all that it lets through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from sde_datasets.designs import Design
from sde_datasets.formats import Answer, Format, format_of
from sde_datasets.schemas import SPECIAL, Schema

# words without anything that a format would write otherwise
_SURFACE, _DESCRIPTION = "SurfaceHole", "DescriptionHole"
_UNICODE = r"u(?:[0-9a-ce-fA-CE-F][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2})"
_IN_STRING = rf'(?:[^"\\\x00-\x1f\x7f]|\\(?:["\\\/bfnrt]|{_UNICODE}))'
_TERMINALS = {
    "FULL": f'/"{_IN_STRING}+"/',
    "ANY": f'/"{_IN_STRING}*"/',
    "QUOTED": r"/'(?:[^'\\\x00-\x1f\x7f]|\\(?:['\\bfnrt]|u00[01][0-9a-f]))+'/",
}
_STOPS = "".join(rf"\x{ord(char):02x}" if ord(char) < 128 else char for char in SPECIAL)
_STOPS += r"\x00-\x1f\x7f-\x9f\u2028\u2029"


def grammar_of(design: Design, schema: Schema) -> str:
    """The grammar of the answers of a design under a schema; its start rule is `start`.

    What stands for one target is one terminal: a lexer takes what is longest and never goes back, a terminal is matched
    as a whole.
    """
    form = format_of(design.answer, schema)
    between, stop = (schema.between, schema.stop) if design.format == "natural" else ("\n", "")
    numbers = range(len(schema.targets))
    rules = [rule for n in numbers for rule in _target(n, form, design, schema)]
    if design.unmentioned == "pu":
        rules.insert(0, f"start: {f' {_text(between)} '.join(f'i{n}' for n in numbers)} {_text(stop)}")
    else:
        rules = [f"start: h0 {_text(stop)} | {_text(form.nothing)}", *_some(len(numbers), between), *rules]
    used = "\n".join(rules)
    terminals = _TERMINALS | {"BARE": _bare(schema)}
    rules += [f"{name}: {pattern}" for name, pattern in terminals.items() if re.search(rf"\b{name}\b", used)]
    return "\n".join(rules) + "\n"


def _some(count: int, between: str) -> Iterator[str]:
    """Rules for one item or more of `count`, in their order: `h` before the first that is there, `t` after it."""
    for n in range(count):
        more = f" t{n + 1}" if n + 1 < count else ""
        yield f"h{n}: i{n}{more}" + (f" | h{n + 1}" if more else "")
        if n:
            yield f"t{n}: ({_text(between)} i{n})?{more}"


def _target(n: int, form: Format, design: Design, schema: Schema) -> Iterator[str]:
    """The rules for the target of number `n`: `i` all that may stand for it, of the terminals `L` and `A`."""
    target, absent = schema.targets[n], design.unmentioned == "pu"
    alone = format_of(replace(design.answer, unmentioned="ou"), schema)
    described = (None,) if design.reasoning == "none" else (None, _DESCRIPTION)
    values = schema.labels if schema.kind == "label" else [(_SURFACE,)]
    written = [_written(alone, design, schema, target, value, words) for value in values for words in described]
    by_line = design.format == "list" and schema.kind == "mention"
    yield f"i{n}: L{n}" + (f" ({_text(chr(10))} L{n})*" if by_line else "") + (f" | A{n}" if absent else "")
    yield f"L{n}: " + " | ".join(
        dict.fromkeys(_mentions(_holes(text, design, schema), design, schema) for text in written)
    )
    if absent:
        yield f"A{n}: {_text(form.absent(target))}"


def _written(form: Format, design: Design, schema: Schema, target: str, value, description: str | None) -> str:
    by_mention = design.format == "list" and schema.kind == "mention"
    said = {} if description is None else {target: (description,) if by_mention else description}
    text = form.write(Answer({target: value}, said))
    return text.removesuffix(schema.stop) if design.format == "natural" and schema.stop else text


def _holes(text: str, design: Design, schema: Schema) -> str:
    """What was written, with terminals in the place of its holes."""
    terminal = "FULL" if design.format in ("json", "list") else "QUOTED" if schema.quoted else "surface_or_string"
    surface = f'"{_SURFACE}"' if terminal == "FULL" else f"'{_SURFACE}'" if terminal == "QUOTED" else _SURFACE
    if design.format in ("json", "list") and design.reasoning != "none":
        # there a description that is not known is an empty string
        text = text.replace('""', f'"{_DESCRIPTION}"')
    words = {surface: terminal, f'"{_DESCRIPTION}"': "ANY" if design.format in ("json", "list") else "FULL"}
    parts = re.split("(" + "|".join(map(re.escape, words)) + ")", text)
    said = [words.get(part) or _text(part) for part in parts if part]
    return " ".join(said).replace("surface_or_string", "(BARE | FULL)")


def _mentions(item: str, design: Design, schema: Schema) -> str:
    """An item of a mention task for any number of mentions; in the list format each has an item of its own."""
    if schema.kind == "label" or design.format == "list":
        return item
    comma = ", " if design.format == "json" else schema.comma
    surface = "(BARE | FULL)" if "BARE" in item else "QUOTED" if "QUOTED" in item else "FULL"
    before, _, after = item.partition(surface) if design.reasoning == "rcot" else item.rpartition(surface)
    return f"{before}{surface} ({_text(comma)} {surface})*{after}"


def _bare(schema: Schema) -> str:
    """A surface that may stand bare: no mark, no arrow, no blank at its edges, no integer, no word of the task."""
    reserved = "|".join(re.escape(word) for word in sorted(schema.reserved))
    inside = rf"[^{_STOPS}\s](?:[^{_STOPS}]*[^{_STOPS}\s])?"
    others = rf"(?:[\s\S]*(?:->|<-)[\s\S]*|[+\-]?\d+|(?i:{reserved}))"
    return f"/{inside}/ & ~/{others}/"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if text else ""
