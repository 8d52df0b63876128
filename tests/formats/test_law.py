"""Law 1: what is written is read back exactly, for every design, whatever characters the values hold.

pytest tests/formats/test_law.py
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sde_datasets.formats import answer_format
from tests.answer_designs import PUBLISHED, REASONS_AFTER
from tests.loops import for_each_design
from tests.properties import examples
from tests.strategies import answers, schemas

pytestmark = pytest.mark.slow

WRITTEN = PUBLISHED + REASONS_AFTER


@for_each_design(WRITTEN)
@settings(max_examples=examples(24))
@given(data=st.data())
def test_what_is_written_is_read_back(design, data):
    schema = data.draw(schemas())
    answer = data.draw(answers(schema, design))
    form = answer_format(design, schema)
    written = form.write(answer)
    reading = form.read(written)
    assert reading.answer == answer
    assert reading.is_strict and not reading.defects
    assert written == written.strip() and written


@for_each_design(WRITTEN)
@settings(max_examples=examples(16))
@given(data=st.data())
def test_blanks_at_the_ends_of_an_answer_and_its_lines_do_not_matter(design, data):
    schema = data.draw(schemas())
    answer = data.draw(answers(schema, design))
    form = answer_format(design, schema)
    padded = " \n" + form.write(answer).replace("\n", "  \n\t ") + " \n\n"
    assert form.read(padded).answer == answer


@for_each_design(WRITTEN)
@settings(max_examples=examples(24))
@given(data=st.data())
def test_any_text_can_be_read_without_an_exception(design, data):
    schema = data.draw(schemas())
    text = data.draw(
        st.one_of(st.text(max_size=60), st.lists(st.sampled_from((*schema.targets, "'", '"', ": ", "["))).map("".join))
    )
    reading = answer_format(design, schema).read(text)
    assert set(reading.answer.values) <= set(schema.targets)
    assert all(0 <= defect.at <= len(text) for defect in reading.defects)
