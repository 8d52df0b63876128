"""Any text under every design: nothing raises, nothing is invented; strict and lenient reading agree on good answers.

pytest tests/formats/test_any_text.py
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sde_datasets.formats import answer_format
from sde_datasets.formats.parse_state import ParseState
from sde_datasets.formats.surfaces import Source, may_be_wrapped
from sde_datasets.formats.thoughts import has_tag
from tests.answer_designs import PUBLISHED, REASONS_AFTER
from tests.formats.claims import check_reading
from tests.loops import for_each_design
from tests.properties import examples
from tests.strategies import AWKWARD, answers, schemas

pytestmark = pytest.mark.slow

WRITTEN = PUBLISHED + REASONS_AFTER
ANY = st.text(st.characters(), max_size=80)


def is_plain(answer) -> bool:
    """True where no surface means "nothing", stands in quotes or holds a tag, which errors leave open."""
    surfaces = [s for value in answer.values.values() if not isinstance(value, str) for s in value]
    return not has_tag(str(answer)) and not any(
        Source(None).says_nothing(s, strict=False) or may_be_wrapped(s) for s in surfaces
    )


def awkward(schema) -> st.SearchStrategy[str]:
    """Texts of the pieces of which answers are made, and of what breaks them."""
    own = (schema.colon, schema.comma, schema.between, schema.stop, schema.placeholder, schema.target_word)
    pieces = [
        *AWKWARD,
        *schema.targets,
        *schema.labels,
        *own,
        schema.value_word,
        " -> ",
        " <- ",
        '": "',
        "\ud800",
        "```",
    ]
    return st.lists(st.sampled_from(pieces), max_size=16).map("".join)


@for_each_design(WRITTEN)
@settings(max_examples=examples(10))
@given(data=st.data())
def test_any_text_is_read_and_nothing_is_made_up(design, data):
    schema = data.draw(schemas())
    form = answer_format(design, schema)
    text = data.draw(st.one_of(ANY, awkward(schema)))
    reading = form.read(text)
    check_reading(form, text, reading, {})
    assert form.read(text) == reading
    assert form.read(form.write(reading.answer)).answer == reading.answer


@for_each_design(design for design in PUBLISHED if design.format in ("lines", "natural"))
@settings(max_examples=examples(10))
@given(data=st.data())
def test_the_lenient_reader_of_items_reads_what_is_written(design, data):
    schema = data.draw(schemas())
    form = answer_format(design, schema)
    answer = data.draw(answers(schema, design))
    found = ParseState(schema, form.matcher)
    form._lenient.read(form.write(answer), 0, found)
    values = found.parsed_answer(None).answer.values
    # without the exact reader a placeholder alone says that nothing is mentioned
    assert values == answer.values


@for_each_design(design for design in PUBLISHED if design.format in ("json", "list"))
@settings(max_examples=examples(10))
@given(data=st.data())
def test_json_over_several_lines_and_in_an_array_is_read_as_if_it_were_not(design, data):
    schema = data.draw(schemas())
    form = answer_format(design, schema)
    answer = data.draw(answers(schema, design).filter(lambda answer: bool(answer.values) and is_plain(answer)))
    written = form.write(answer)
    array = "[\n" + written.replace("\n", ",\n") + "\n]"
    reading = form.read(array)
    assert reading.answer == answer and not reading.is_strict
    assert {defect.name for defect in reading.defects} <= {"other_format", "malformed", "trailing_text"}
