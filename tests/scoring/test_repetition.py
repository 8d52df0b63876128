"""Answers that repeat themselves until they are cut off are counted.

pytest tests/scoring/test_repetition.py
"""

from __future__ import annotations

import pytest

from sde_datasets.scoring.repetition import is_runaway


@pytest.mark.parametrize(
    "answer",
    ["'DNA': 'a'\n" + "'RNA': 'IL-2'\n" * 10, "Motion: " + "flew, " * 40 + "fl", "食品评价：正面，" * 12, "x" * 60],
)
def test_ten_copies_at_the_end_are_a_runaway_answer(answer):
    assert is_runaway(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "Motion: flew, flew, flew",
        "food: positive\n" * 9,
        "food: positive\n" * 12 + "price: negative",
        "\n".join(f'["t{n}", "unmentioned"]' for n in range(30)),
    ],
)
def test_fewer_copies_and_other_ends_are_not(answer):
    assert not is_runaway(answer)


def test_a_long_answer_takes_no_time_beyond_its_end():
    assert not is_runaway("ab" * 100_000 + "".join(map(chr, range(33, 5000))))
