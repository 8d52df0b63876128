"""Rows of answers keep the reasoning of a model apart from its answer.

pytest tests/prediction/test_completion.py
"""

from __future__ import annotations

import pytest

from sde_datasets.formats.parse import parse
from sde_datasets.prediction.completion import Completion
from sde_datasets.tasks.task import get_task

SCHEMA = get_task("mabsa").schema(("food",))


@pytest.mark.parametrize(
    "text, fields",
    [
        ("food: positive", {"prediction": "food: positive"}),
        ("<think>food: negative?</think>\nfood: positive", ("food: positive", "food: negative?")),
        ("food: negative?</think>food: positive", ("food: positive", "food: negative?")),
        ("<think>\n\n</think>\n\nfood: positive", {"prediction": "food: positive"}),
    ],
)
def test_closed_reasoning_is_a_field_of_its_own(text, fields):
    expected = fields if isinstance(fields, dict) else dict(zip(("prediction", "reasoning"), fields, strict=True))
    assert Completion(text, 7, 5, "end").answer_fields() == expected


@pytest.mark.parametrize(
    "completion", [Completion("<think>food: neg", 7, 5, "length"), Completion("", 7, 5, "length", 0, "food: neg")]
)
def test_an_answer_cut_off_in_its_reasoning_is_scored_as_cut_off(completion):
    fields = completion.answer_fields()
    parsed = parse(fields["prediction"], "lines-text", SCHEMA)
    assert fields.keys() == {"prediction"} and not parsed.values
    assert "truncated" in {defect.name for defect in parsed.defects}
