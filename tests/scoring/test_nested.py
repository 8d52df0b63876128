"""Which gold mentions lie inside another one, and which hold one, against the definition.

pytest tests/scoring/test_nested.py
"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sde_datasets.scoring.gold import nested
from tests.properties import examples

spans = st.tuples(st.integers(0, 9), st.integers(1, 6)).map(lambda s: (s[0], s[0] + s[1]))


@settings(max_examples=examples(300))
@given(st.lists(st.lists(spans, max_size=6), min_size=1, max_size=4))
def test_nested_is_what_it_is_defined_to_be(samples):
    flat = [(number, *span) for number, found in enumerate(samples) for span in found]
    columns = np.array(flat, int).reshape(-1, 3)
    inside, holding = nested(columns[:, 0], columns[:, 1], columns[:, 2])
    for at, (sample, start, end) in enumerate(flat):
        others = [(a, b) for number, a, b in flat if number == sample and (a, b) != (start, end)]
        assert inside[at] == any(a <= start and end <= b for a, b in others)
        assert holding[at] == any(start <= a and b <= end for a, b in others)


def test_equal_extents_are_not_nested():
    inside, holding = nested(np.array([0, 0]), np.array([3, 3]), np.array([7, 7]))
    assert not inside.any() and not holding.any()
