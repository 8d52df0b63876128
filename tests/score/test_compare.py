"""Paired comparison of two scorings: what it finds, and what it refuses.

pytest tests/score/test_compare.py
"""

from __future__ import annotations

import pytest

from score.examples import SCHEMAS, completions
from sde_datasets.errors import InputError
from sde_datasets.score import compare, score


def scores(task: str = "mabsa", design: str = "lines-text", wrong: int = 0, times: int = 10, **how) -> dict:
    """Scores of a task's samples, repeated, of which `wrong` have an empty answer."""
    gold = completions(task, design) * times
    answers = ["" if number < wrong else text for number, text in enumerate(gold)]
    return score(gold, answers, design=design, schema=SCHEMAS[task], resamples=0, **how)


def test_the_same_answers_do_not_differ():
    for each in compare(scores(wrong=5), scores(wrong=5))["figures"].values():
        assert (each["difference"], each["low"], each["high"], each["p"]) == (0, 0, 0, 1)


@pytest.mark.parametrize(
    ("task", "name"), [("mabsa", "kappa"), ("mabsa.zh", "accuracy"), ("ner", "f1"), ("ed", "soft_f1")]
)
def test_a_clear_difference_is_found_across_designs(task, name):
    found = compare(scores(task, "lines-text", wrong=12), scores(task, "json-num", wrong=0))
    each = found["figures"][name]
    assert each["b"] == 1 and each["difference"] == pytest.approx(1 - each["a"])
    assert 0 < each["low"] <= each["difference"] <= each["high"] and each["p"] < 0.01
    assert found["figures"]["format_error_rate"]["difference"] < 0
    assert found["a"]["design"] == "lines-text" and found["b"]["design"] == "json-num"


def test_one_sample_proves_nothing():
    each = compare(scores(wrong=1), scores(wrong=0))["figures"]["sample_accuracy"]
    assert each["low"] == 0 and each["p"] == 1


def test_only_samples_that_both_have_are_compared():
    first, second = scores(wrong=3, times=10), scores(times=8)
    found = compare(first, second)
    assert (found["samples"], found["only_a"], found["only_b"]) == (32, 8, 0)


def test_swapping_a_and_b_swaps_the_sign():
    one, other = scores(wrong=9), scores(wrong=2)
    there, back = compare(one, other)["figures"], compare(other, one)["figures"]
    for name in there:
        assert there[name]["difference"] == pytest.approx(-back[name]["difference"])
        assert there[name]["low"] == pytest.approx(-back[name]["high"])


def test_undefined_figures_have_a_reason():
    gold = ["'DNA': ''\n'protein': ''"] * 4
    nothing = score(gold, gold, design="lines-text", schema=SCHEMAS["ner"], resamples=0)
    each = compare(nothing, nothing)["figures"]["f1"]
    assert each["difference"] is None and each["p"] is None
    assert each["undefined"] == {"difference": "undefined in both"}


def test_what_cannot_be_paired_is_refused():
    with pytest.raises(InputError, match="different kind"):
        compare(scores("mabsa"), scores("ner"))
    with pytest.raises(InputError, match="different targets"):
        compare(scores("ner"), scores("ed"))
    turned = completions("ner", "lines-text")[::-1] * 10
    other = score(turned, turned, design="lines-text", schema=SCHEMAS["ner"], resamples=0)
    with pytest.raises(InputError, match="different gold for '0'"):
        compare(scores("ner"), other)
    moved = scores("ner")
    moved["rows"] = [row | {"id": f"x{row['id']}"} for row in moved["rows"]]
    with pytest.raises(InputError, match="no sample in common"):
        compare(scores("ner"), moved)
