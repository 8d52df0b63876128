"""Effects that the paper published, as an expectation.

pytest tests/choosing/test_prior.py
"""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest

from sde_datasets.choosing.prior import published_effects


def test_half_of_the_published_effects_is_expected_and_an_axis_sums_to_zero():
    effects = published_effects()
    for axis in {axis for axis, _ in effects}:
        assert sum(value for (other, _), value in effects.items() if other == axis) == pytest.approx(0)
    text = (files("sde_datasets.study.report") / "published" / "experiment1_masa.csv").read_text("utf-8")
    rows = [row for row in csv.DictReader(text.splitlines()) if row["task"] in ("D1-D1", "D2-D2")]

    def mean(option: str) -> float:
        scores = [float(row["weighted_kappa"]) for row in rows if row["option"] == option]
        return sum(scores) / len(scores)

    # half the deviation from the mean of two options is a quarter of their difference
    assert effects["unmentioned", "ou"] == pytest.approx((mean("ou") - mean("inst-last")) / 4, abs=1e-6)
