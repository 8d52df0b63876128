"""The estimate of the work of a study.

pytest tests/study/test_estimate.py
"""

from __future__ import annotations

import pytest

from sde_datasets.study.cells import Cell
from sde_datasets.study.data import SplitFacts, StudyData
from sde_datasets.study.estimate import work_of

DATA = StudyData("data", opened={("mabsa-es", "train"): SplitFacts("", 100, 40.0)})


def trained_tokens(model, **options) -> float:
    cell = Cell("arm", "es", 0.0, "mabsa", "mabsa-es", str(model), "", "", 10, 1, options)
    return work_of(cell, DATA).trained


@pytest.mark.parametrize(
    ("options", "epochs"),
    [
        ({}, 2),
        ({"preset": "paper"}, 3),
        ({"epochs": 5.0}, 5),
        ({"full": True}, 3),
        ({"steps": 10}, 8),
        ({"steps": 10, "batch_size": 3}, 3),
    ],
)
def test_the_preset_of_the_model_decides_what_the_plan_leaves_open(models, options, epochs):
    """The model is small: the preset has two epochs, and batches of 8 samples of 10."""
    assert trained_tokens(models / "llama", **options) == 10 * 40 / 4 * epochs


def test_a_model_that_cannot_be_loaded_counts_as_one_of_the_papers_size(tmp_path):
    assert trained_tokens(tmp_path / "none") == 10 * 40 / 4 * 3
