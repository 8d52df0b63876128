"""Hypothesis strategies shared by the property tests: schemas and answers with whatever characters values may hold."""

from __future__ import annotations

from hypothesis import strategies as st

from sde_datasets.formats import Answer
from sde_datasets.tasks.task import get_task

# what tends to break a written form, beside arbitrary Unicode
AWKWARD = [
    "'",
    '"',
    "\\",
    ",",
    ";",
    ":",
    "，",
    "；",
    "：",
    "。",
    ".",
    "[",
    "]",
    "{",
    "}",
    "->",
    "<-",
    " ",
    "\n",
    "\t",
    "\r",
]
AWKWARD += ["\x00", "\x1c", "\x7f", "\x85", "\u2028", "\u2029", "\u00a0", "\u3000", "\u200b", "\u0301", "😀", "א"]
AWKWARD += [
    "NONE",
    "none",
    "无",
    "unmentioned",
    "positive",
    "Positive",
    "未提及",
    "正面",
    "-2",
    "0",
    "１",
    "''",
    "[]",
    "{}",
]
AWKWARD += ["\\n", "\\'", "\\u0041", '\\"', "a", "b", " | "]

TASKS = [get_task(name) for name in ("ner", "ed", "mabsa")]
any_text = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
awkward_text = st.lists(st.sampled_from(AWKWARD), min_size=1, max_size=6).map("".join)
words = st.one_of(awkward_text, any_text, st.sampled_from(["IL-2 gene", "kappa B", "raid", "food", "食品评价"]))


@st.composite
def schemas(draw):
    """A schema of one of the three tasks, in either language, with any targets."""
    task = draw(st.sampled_from(TASKS))
    targets = draw(st.lists(st.one_of(words, st.just("")), min_size=1, max_size=4, unique=True))
    return task.schema(tuple(targets), draw(st.sampled_from(["en", "zh"])))


@st.composite
def answers(draw, schema, design):
    """An answer that a record of `schema` can have under `design`."""
    values, descriptions = {}, {}
    for target in schema.targets:
        if draw(st.booleans()):
            if schema.kind == "label":
                values[target] = draw(st.sampled_from(schema.labels))
            else:
                values[target] = tuple(draw(st.lists(words, min_size=1, max_size=3)))
            if design.reasoning != "none":
                each = schema.kind == "mention" and design.format == "list"
                n = len(values[target]) if each else 1
                described = tuple(draw(st.lists(st.one_of(words, st.just("")), min_size=n, max_size=n)))
                if any(described):
                    descriptions[target] = described if each else described[0]
    return Answer(values, descriptions)
