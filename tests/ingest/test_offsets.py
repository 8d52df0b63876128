"""Units of offsets: every unit converts to characters and back, and the unit of a file is found by its mentions.

pytest tests/ingest/test_offsets.py
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sde_datasets.ingest.offsets import UNITS, Given, Unit, best_unit, requested_units

TEXTS = st.text(st.sampled_from("aB é€漢🙂\u0301\n"), min_size=1, max_size=12)
BY_UNIT = pytest.mark.parametrize("unit", UNITS, ids=str)


@st.composite
def stretches(draw) -> tuple[str, tuple[int, int]]:
    """A text and a stretch of it that is not empty, in characters."""
    text = draw(TEXTS)
    start = draw(st.integers(0, len(text) - 1))
    return text, (start, draw(st.integers(start + 1, len(text))))


@BY_UNIT
@given(stretch=stretches())
def test_a_unit_converts_to_characters_and_back(unit, stretch):
    text, span = stretch
    assert unit.to_characters(text, unit.from_characters(text, [span])) == (span,)


@given(stretch=stretches())
def test_bytes_and_utf16_are_what_the_codecs_count(stretch):
    text, (start, end) = stretch
    for offsets, codec, width in (("bytes", "utf-8", 1), ("utf16", "utf-16-le", 2)):
        ((first, after),) = Unit(offsets).from_characters(text, [(start, end)])
        assert text.encode(codec)[width * first : width * after].decode(codec) == text[start:end]
        ((_, last),) = Unit(offsets, "inclusive").from_characters(text, [(start, end)])
        assert last == after - 1


def test_an_inclusive_end_may_be_any_byte_of_the_last_character():
    text = "Zoé met Bo"
    assert [Unit("bytes", "inclusive").to_characters(text, [(0, end)]) for end in (2, 3)] == [((0, 3),)] * 2


@pytest.mark.parametrize(
    ("unit", "span", "reason"),
    [
        (Unit("bytes"), (0, 2), "the offset 2, in bytes of UTF-8, lies inside a character"),
        (Unit("utf16"), (0, 5), "the offset 5, in UTF-16 units, lies inside a character"),
        (Unit("bytes"), (0, 12), "the offset 12 lies outside the text of 11 bytes of UTF-8"),
        (Unit("utf16"), (-1, 2), "the offset -1 lies outside the text of 6 UTF-16 units"),
        (Unit("utf16", "inclusive"), (0, 6), "the offset 6 lies outside the text of 6 UTF-16 units"),
    ],
)
def test_an_offset_that_the_text_cannot_have(unit, span, reason):
    with pytest.raises(ValueError, match=reason):
        unit.to_characters("Aé €🙂", [span])


def test_the_unit_of_a_file_fits_nine_in_ten_of_its_mentions():
    fits_bytes = Given("é Ana", ((3, 6),), "Ana")
    fits_both = Given("x Ana", ((2, 5),), "Ana")
    fits_none = Given("x Ana", ((0, 3),), "Ana")
    assert best_unit(UNITS, [fits_bytes] + [fits_both] * 8 + [fits_none]) == (Unit("bytes"), 9)
    assert best_unit(UNITS, [fits_bytes] + [fits_both] * 7 + [fits_none]) == (Unit(), 7)
    assert best_unit(UNITS, [fits_both]) == (Unit(), 1)


def test_the_options_of_a_plan_leave_the_units_to_choose_from():
    assert requested_units({}) == UNITS
    assert requested_units({"offsets": "utf16"}) == (Unit("utf16"), Unit("utf16", "inclusive"))
    assert requested_units({"offsets": "bytes", "ends": "inclusive"}) == (Unit("bytes", "inclusive"),)


def test_a_unit_whose_ends_are_blank_does_not_fit():
    beside = [Given("at Bo and", ((2, 4),), "Bo")]
    assert best_unit(UNITS, beside) == (Unit(), 0)
