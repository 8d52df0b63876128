"""Any text under every design: nothing raises, nothing is made up; loose readers read well-formed answers alike.

pytest tests/formats/test_any_text.py
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import AWKWARD, answers, schemas

from formats.claims import check_reading
from sde_datasets.designs import DESIGNS
from sde_datasets.formats import format_of
from sde_datasets.formats.collector import Collector

WRITTEN = sorted({design.answer for design in DESIGNS.values()})
ANY = st.text(st.characters(), max_size=80)


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


@pytest.mark.parametrize("design", WRITTEN, ids=lambda design: design.name)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_text_is_read_and_nothing_is_made_up(design, data):
    schema = data.draw(schemas())
    form = format_of(design, schema)
    text = data.draw(st.one_of(ANY, awkward(schema)))
    reading = form.read(text)
    check_reading(form, text, reading, {})
    assert form.read(text) == reading
    assert form.read(form.write(reading.answer)).answer == reading.answer


@pytest.mark.parametrize("design", [d for d in WRITTEN if d.format in ("lines", "natural")], ids=lambda d: d.name)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_loose_reader_of_items_reads_what_is_written(design, data):
    schema = data.draw(schemas())
    form = format_of(design, schema)
    answer = data.draw(answers(schema, design))
    found = Collector(schema, form.vocabulary)
    form._loose.read(form.write(answer), 0, found)
    values = found.reading(None).answer.values
    # without the exact reader a placeholder alone says that nothing is mentioned
    assert values == answer.values


@pytest.mark.parametrize("design", [d for d in WRITTEN if d.format in ("json", "list")], ids=lambda d: d.name)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_json_over_several_lines_and_in_an_array_is_read_as_if_it_were_not(design, data):
    schema = data.draw(schemas())
    form = format_of(design, schema)
    answer = data.draw(answers(schema, design).filter(lambda answer: bool(answer.values)))
    written = form.write(answer)
    array = "[\n" + written.replace("\n", ",\n") + "\n]"
    reading = form.read(array)
    assert reading.answer == answer and not reading.accepted
    assert {defect.name for defect in reading.defects} <= {"malformed", "trailing_text"}
