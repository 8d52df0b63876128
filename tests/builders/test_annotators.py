"""The agreement of several annotators of one text.

pytest tests/builders/test_annotators.py
"""

from __future__ import annotations

import warnings

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sde_builders.annotators import NominalAlpha
from tests.builders.test_labelstudio import choice, export, task
from tests.conftest import read

UNITS = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), min_size=1, max_size=8)


def alpha(units: list[list[str]]) -> float | None:
    found = NominalAlpha()
    for values in units:
        found.add(values)
    return found.value


def counts_of_values(units: list[list[str]]) -> np.ndarray:
    """How often each unit has each value, the form that the package `krippendorff` takes."""
    return np.array([[values.count(value) for value in "abc"] for values in units])


@given(UNITS)
def test_alpha_is_that_of_the_package_krippendorff(units):
    shared = [values for values in units if len(values) > 1]
    used = {value for values in shared for value in values}
    if len(used) < 2:
        assert alpha(units) is None
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = krippendorff.alpha(value_counts=counts_of_values(shared), level_of_measurement="nominal")
    assert alpha(units) == pytest.approx(expected)


def test_alpha_of_labels_counts_every_target_of_a_text(tmp_path):
    first = task(choice("food", "POSITIVE"), choice("service", "negative"), text="Good soup, slow waiters.")
    first["annotations"].append({"completed_by": 2, "result": [choice("food", "positive")]})
    second = task(choice("food", "negative"), text="Cold soup.")
    second["annotations"].append({"completed_by": 2, "result": [choice("food", "negative")]})
    _, _, context = read("labelstudio", export(tmp_path, first, second), task="mabsa")
    # units: positive positive; negative unmentioned; negative negative; unmentioned unmentioned
    expected = 1 - 2 / ((64 - 4 - 9 - 9) / 7)
    line = f"agreement of annotators: Krippendorff's alpha {expected:.3f} (texts with several annotators: 2)"
    assert context.remarks == [line]


def test_alpha_of_equal_labels_is_not_defined(tmp_path):
    same = task(choice("food", "positive"), text="Good soup.")
    same["annotations"].append({"completed_by": 2, "result": [choice("food", "positive")]})
    _, _, context = read("labelstudio", export(tmp_path, same), task="mabsa")
    assert "Krippendorff's alpha not defined, all labels are equal" in context.remarks[0]
