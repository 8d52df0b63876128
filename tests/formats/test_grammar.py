"""The grammar of a design's answers: it lets through whatever the writer writes, and nothing that is not read.

pytest tests/formats/test_grammar.py
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sde_datasets.designs.design import DESIGNS
from sde_datasets.formats import Answer, answer_format
from sde_datasets.formats.grammar import grammar_of
from sde_datasets.tasks.task import get_task
from tests.loops import for_each_design
from tests.properties import examples
from tests.strategies import AWKWARD, answers, words

pytest.importorskip("llguidance")
pytest.importorskip("transformers")

WRITTEN = sorted({design.answer for design in DESIGNS.values()})
NAMES = ["BARE", "FULLNAME", "QUOTED", "ANY", "(BARE | FULL)", "surface_or_string", "SurfaceHole", '"DescriptionHole"']
NAMES += ["'SurfaceHole'", "/[^x]+/", "a|b", "i0", "start: x", "%import", "\\d+", '""', 'a"', "^$.*", "食品评价", "//"]
EDGES = [
    "\x7f",
    "\x80",
    "\x85",
    "\x9f",
    "\u2028",
    "\u2029",
    "\u0301",
    "\u200d",
    "\ufeff",
    "\ufffd",
    "\uffff",
    "\U0010ffff",
]
EDGES += [
    "é",
    "e\u0301",
    "ﬁ",
    "İ",
    "K",
    "ſ",
    "٣",
    "𝟙",
    "😀",
    "\u00a0x",
    "x\u3000",
    "nonE",
    "<-",
    "-",
    ">",
    "'",
    "\x1f",
    "\x00",
]
names = st.one_of(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES + AWKWARD), min_size=1).map("".join), words)


@lru_cache(maxsize=1)
def vocabulary():
    """A byte-level tokenizer, and the same as llguidance takes it."""
    from llguidance.hf import from_tokenizer

    from tests.tiny_models import byte_level

    tokenizer = byte_level()
    return tokenizer, from_tokenizer(tokenizer)


def lets_through(design, schema, *texts: str) -> list[bool]:
    """For each text, whether it is an answer by the grammar."""
    from llguidance import LLMatcher

    tokenizer, tokens = vocabulary()
    matcher = LLMatcher(tokens, LLMatcher.grammar_from_lark(grammar_of(design, schema)), log_level=0)
    assert not matcher.is_error(), matcher.get_error()
    said = []
    for text in texts:
        ids = tokenizer(text, split_special_tokens=True)["input_ids"]
        said.append(matcher.try_consume_tokens(ids) == len(ids) and matcher.is_accepting())
        matcher.reset()
    return said


@pytest.mark.slow
@for_each_design(WRITTEN)
@settings(max_examples=examples(4))
@given(data=st.data())
def test_whatever_is_written_may_be_written_for_targets_of_any_name(design, data):
    task = get_task(data.draw(st.sampled_from(["ner", "ed", "mabsa"])))
    targets = data.draw(st.lists(names, min_size=1, max_size=3, unique=True))
    schema = task.schema(tuple(targets), data.draw(st.sampled_from(["en", "zh"])))
    form = answer_format(design, schema)
    texts = [form.write(data.draw(answers(schema, design))) for _ in range(3)] + [form.write(Answer({}, {}))]
    assert lets_through(design, schema, *texts) == [True] * len(texts), texts


@pytest.mark.parametrize("task", ["ner", "ed"])
@pytest.mark.parametrize("design", ["natural-text-cot", "lines-num-rcot-ou", "json-text-cot-ou", "list-num-rcot"])
def test_every_character_of_a_value_that_the_writer_leaves_as_it_is_may_be_written(task, design):
    schema, design = get_task(task).schema(("A", "B")), DESIGNS[design]
    form, each = answer_format(design, schema), design.format == "list"
    texts = []
    for value in EDGES + [f"a{value}b" for value in EDGES]:
        texts.append(form.write(Answer({"B": (value,)}, {"B": (value,) if each else value})))
    refused = [text for text, may in zip(texts, lets_through(design, schema, *texts), strict=True) if not may]
    assert not refused


@settings(max_examples=examples(60))
@given(st.lists(st.one_of(st.sampled_from(AWKWARD + EDGES), st.characters(exclude_categories=["Cs"])), max_size=4))
@example(["mißing"])
@example(["MiſſinG"])
@example(["N/A"])
def test_a_bare_value_may_be_written_where_the_writer_writes_it_bare_and_nowhere_else(parts):
    value, design = "".join(parts), DESIGNS["lines-text-ou"]
    for placeholder in ("NONE", "missing", "n/a"):
        schema = replace(get_task("ed").schema(("A",)), placeholder=placeholder)
        is_bare = answer_format(design, schema).write(Answer({"A": (value,)}, {})) == f"A: {value}"
        # a JSON string or several values may stand there, too
        if not value.startswith('"') and "," not in value:
            assert lets_through(design, schema, f"A: {value}") == [is_bare]
