r"""The answers of the format inline to one text as a grammar: copies of the text with marks at the edges of words.

The rules follow the words of the text, with a counter of open marks: `b3_1` is what may be written before word 3 with
one mark open, `a3_1` what may be written after it. A mark encloses at least one word.

start: b0_0 rest?
b0_0: "[" b0_1 | "IL" a0_0
b0_1: "[" b0_2 | "IL" a0_1
a0_0: "-" ...
a0_1: mark a0_0 | ...
mark: "|DNA]" | "|RNA]"
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise

from sde_datasets.designs.design import Design
from sde_datasets.formats.grammar import lark_string
from sde_datasets.formats.inline import Inline
from sde_datasets.formats.inline_marks import SEPARATOR
from sde_datasets.formats.quoting import json_string
from sde_datasets.records.schema import Schema
from sde_datasets.records.words import word_edges

# the most marks around a word
DEEPEST = 6
# the most rules of each kind, which bounds the number of words, and the depth of marks in long texts
_MOST_RULES = 4_000


def copy_grammar(design: Design, schema: Schema, text: str) -> str:
    """Return the grammar of the answers to a text under a design of the format inline; its start rule is `start`.

    Mentions that follow the text consist of pieces of it. A strict parser accepts all that the grammar generates.
    Raises ValueError for a text with too many words.
    """
    form, core = Inline(design.answer, schema), text.strip()
    if not core:
        return f"start: {lark_string(SEPARATOR)}\n"
    marks = " | ".join(lark_string(end) for end in form.mark_writer.ends)
    heads = " | ".join(lark_string(head) for head in form.heads)
    edges = [0, *word_edges(core), len(core)]
    pieces = [core[start:end] for start, end in pairwise(edges)]
    rules = [
        "start: b0_0 rest?",
        *_rules(form.mark_writer.escaped_pieces(core, edges), [piece.isspace() for piece in pieces]),
        f"mark: {marks}",
        f"rest: {lark_string(chr(10) + SEPARATOR)} ({lark_string(chr(10))} item)+",
        f"""item: "[" ({heads}) ", \\"" SURFACE "\\"]" """,
        f"PIECE: %regex {json.dumps({'substring_chunks': [json_string(piece)[1:-1] for piece in pieces]})}",
        r'SURFACE: (PIECE (" " PIECE)*) & /(?s:.*\S.*)/',
    ]
    return "\n".join(rules) + "\n"


def _rules(pieces: list[str], blank: list[bool]) -> Iterator[str]:
    """The rules of all words: each word with the blanks after it. Raises ValueError for too many words."""
    words = [number for number, is_blank in enumerate(blank) if not is_blank]
    deepest = min(DEEPEST, _MOST_RULES // len(words) - 1)
    if deepest < 1:
        raise ValueError(f"a text of {len(words):,} words and marks is too long for a grammar")
    for number, (at, following) in enumerate(zip(words, [*words[1:], len(pieces)], strict=True)):
        word, gap = lark_string(pieces[at]), lark_string("".join(pieces[at + 1 : following]))
        for depth in range(deepest + 1):
            opened = f'"[" b{number}_{depth + 1} | ' if depth < deepest else ""
            yield f"b{number}_{depth}: {opened}{word} a{number}_{depth}"
            closed = [f"mark a{number}_{depth - 1}"] if depth else []
            more = [f"{gap} b{number + 1}_{depth}"] if following < len(pieces) else []
            # after the last word all marks are closed
            last = [""] if following == len(pieces) and not depth else []
            yield f"a{number}_{depth}: " + " | ".join([*closed, *more, *last])
