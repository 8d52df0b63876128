"""Paired comparison of two scorings: what it finds, and what it refuses.

pytest tests/scoring/test_compare.py
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sde_datasets import compare, score
from sde_datasets.errors import InputError, UsageError
from sde_datasets.scoring.compare import compare_all, holm
from sde_datasets.scoring.comparison_plot import check_plot_path, write_plot
from sde_datasets.scoring.scores import Scores
from tests.scoring.examples import SCHEMAS, completions


def scores(task: str = "mabsa", design: str = "lines-text", wrong: int = 0, times: int = 10, **how) -> Scores:
    """Scores of a task's samples, repeated, of which `wrong` have an empty answer."""
    gold = completions(task, design) * times
    answers = ["" if number < wrong else text for number, text in enumerate(gold)]
    return score(gold, answers, design=design, schema=SCHEMAS[task], resamples=0, **how)


def test_the_same_answers_do_not_differ():
    for each in compare(scores(wrong=5), scores(wrong=5)).figures.values():
        assert (each.difference.value, each.low, each.high, each.p) == (0, 0, 0, 1)


@pytest.mark.parametrize(
    ("task", "name"), [("mabsa", "kappa"), ("mabsa.zh", "accuracy"), ("ner", "f1"), ("ed", "soft_f1")]
)
def test_a_clear_difference_is_found_across_designs(task, name):
    found = compare(scores(task, "lines-text", wrong=12), scores(task, "json-num", wrong=0))
    each = found.figures[name]
    assert each.b == 1 and each.difference.value == pytest.approx(1 - each.a)
    assert 0 < each.low <= each.difference.value <= each.high and each.p < 0.01
    assert found.figures["format_error_rate"].difference.value < 0
    assert found.a.design == "lines-text" and found.b.design == "json-num"


def test_one_sample_proves_nothing():
    each = compare(scores(wrong=1), scores(wrong=0)).figures["sample_accuracy"]
    assert each.low == 0 and each.p == 1


def test_only_samples_that_both_have_are_compared():
    first, second = scores(wrong=3, times=10), scores(times=8)
    found = compare(first, second)
    assert (found.samples, found.only_a, found.only_b) == (32, 8, 0)


def test_swapping_a_and_b_swaps_the_sign():
    one, other = scores(wrong=9), scores(wrong=2)
    there, back = compare(one, other).figures, compare(other, one).figures
    for name in there:
        assert there[name].difference.value == pytest.approx(-back[name].difference.value)
        assert there[name].low == pytest.approx(-back[name].high)


def test_undefined_figures_have_a_reason():
    gold = ["'DNA': ''\n'protein': ''"] * 4
    nothing = score(gold, gold, design="lines-text", schema=SCHEMAS["ner"], resamples=0)
    each = compare(nothing, nothing).figures["f1"]
    assert each.difference.value is None and each.p is None
    assert each.to_json()["undefined"] == {"difference": "undefined in both"}


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
    moved = replace(moved, rows=tuple(row._replace(id=f"x{row.id}") for row in moved.rows))
    with pytest.raises(InputError, match="no sample in common"):
        compare(scores("ner"), moved)


def test_other_surfaces_in_gold_are_refused():
    gold = ["'DNA': 'a'\n'protein': ''", "'DNA': 'b'\n'protein': ''"]
    other = [gold[0], gold[1].replace("b", "c")]
    first, second = (
        score(each, each, design="lines-text", schema=SCHEMAS["ner"], resamples=0) for each in (gold, other)
    )
    with pytest.raises(InputError, match="different gold for '1'"):
        compare(first, second)


def test_repeated_ids_are_refused():
    once = scores()
    twice = replace(once, rows=(*once.rows, once.rows[3]))
    with pytest.raises(InputError, match="b: has 2 rows with the id '3'"):
        compare(once, twice)
    with pytest.raises(InputError, match=r"y\.json: has 2 rows with the id '3'"):
        compare_all({"x.json": once, "y.json": twice})


def test_holm_corrects_the_smallest_value_most():
    # three values: 0.01 x 3, 0.03 x 2, and 0.04, which is not below the one before it
    assert holm([0.04, None, 0.01, 0.03]) == pytest.approx([0.06, None, 0.03, 0.06], abs=1e-12)
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_several_scorings_are_compared_with_the_first():
    found = compare_all({"a": scores(wrong=9), "b": scores(wrong=4), "c": scores(wrong=0)}, permutations=200)
    assert found.names == ("a", "b", "c") and len(found.comparisons) == 2
    single = compare(scores(wrong=9), scores(wrong=0), permutations=200)
    assert found.comparisons[1] == single
    p = single.figures["accuracy"].p
    assert p <= found.holm[1]["accuracy"] <= min(1, 2 * p)
    with pytest.raises(UsageError, match="two scorings or more"):
        compare_all({"a": scores()})


def documents(wrong: int) -> Scores:
    """Scores of 5 documents with 8 samples each, of which the answers of the first `wrong` documents are empty."""
    rows = [
        {"id": f"{d}-{n}", "completion": "food: positive\nprice: unmentioned", "document": f"d{d}"}
        for d in range(5) for n in range(8)
    ]  # fmt: skip
    answers = [row | {"prediction": "" if int(row["document"][1]) < wrong else row["completion"]} for row in rows]
    schema = {"task": "mabsa", "targets": ["food", "price"]}
    return score(rows, answers, design="lines-text", schema=schema, resamples=200)


def test_documents_are_drawn_and_swapped_as_a_whole():
    bad, good = documents(2), documents(0)
    assert bad.documents == 5 and "5 documents are too few" in bad.warnings[0]
    alone = replace(bad, rows=tuple(row._replace(document=None) for row in bad.rows))
    clustered, by_sample = compare(bad, good), compare(alone, good)
    assert clustered.documents == 5 and by_sample.documents is None
    one, other = clustered.figures["sample_accuracy"], by_sample.figures["sample_accuracy"]
    assert one.difference == other.difference and one.low < other.low and one.p > other.p
    assert bad.headline["sample_accuracy"].low == 0.2


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_plot_is_the_same_bytes_twice(tmp_path, suffix):
    pytest.importorskip("matplotlib")
    found = compare_all({"a $x$": scores(wrong=9), "b": scores(wrong=4), "c": scores()}, permutations=50)
    for name in ("one", "two"):
        write_plot(found, tmp_path / f"{name}{suffix}")
    first, second = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("one", "two"))
    assert first == second and len(first) > 1000


def test_a_plot_of_another_kind_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"ends with \.png, \.svg, \.pdf"):
        check_plot_path(tmp_path / "a.gif")
