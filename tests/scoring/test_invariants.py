"""What holds for any answers whatever, under every design.

pytest tests/scoring/test_invariants.py
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sde_datasets import score
from tests.loops import for_each, for_each_design
from tests.properties import examples
from tests.scoring.examples import SCHEMAS, WRITTEN, completions

pieces = st.sampled_from(
    ["food", "price", "positive", "neg", "1", "-2", "DNA", "'", '"', ": ", ", ", "; ", "\n", "[", "]", "{", "}", "IL-2",
     "食品评价", "：", "正面", "Motion", "flew", "->", "\ud800", "\x00", "I think"]
)  # fmt: skip
texts = st.one_of(st.text(max_size=40), st.lists(pieces, max_size=14).map("".join))


def rates(value) -> list[float]:
    """All numbers in an object that are no counts."""
    if isinstance(value, dict):
        return [rate for key, each in value.items() if key != "weights" for rate in rates(each)]
    if isinstance(value, list):
        return [rate for each in value for rate in rates(each)]
    return [value] if isinstance(value, float) else []


def check_counts(each: dict) -> None:
    assert 0 <= each["tp"] <= min(each["gold"], each["predicted"])
    for name, whole in (("precision", each["predicted"]), ("recall", each["gold"])):
        assert each[name] == (each["tp"] / whole if whole else None)
        assert (each[name] is None) == (name in each.get("undefined", {}))


@pytest.mark.slow
@for_each_design(WRITTEN)
@settings(max_examples=examples(6))
@given(data=st.data())
def test_counts_add_up_and_rates_are_rates(design, data):
    task = data.draw(st.sampled_from(sorted(SCHEMAS)))
    gold = completions(task, design)
    answers = [data.draw(st.one_of(texts, st.just(each), st.just(each[: len(each) // 2]))) for each in gold]
    scores = score(gold, answers, design=design, schema=SCHEMAS[task], resamples=20)
    figures, samples = scores["figures"], scores["samples"]
    assert samples == len(gold) == len(scores["rows"])
    if SCHEMAS[task].kind == "label":
        cells = sum(map(sum, figures["confusion"]))
        assert cells == samples * len(SCHEMAS[task].targets)
        assert sum(each["gold"] for each in figures["by_label"].values()) == cells
        assert sum(each["predicted"] for each in figures["by_label"].values()) == cells
        parts = list(figures["by_label"].values())
        assert sum(count for row in scores["rows"] for *_, count in row["cells"]) == cells
        assert all(-1 <= each <= 1 for each in rates(figures) + rates(scores["headline"]))
    else:
        parts = [each[how] for each in figures["by_target"].values() for how in ("hard", "soft")]
        parts += figures["micro"].values()
        assert figures["micro"]["hard"]["tp"] <= figures["micro"]["soft"]["tp"]
        found = [sum(row[name] for row in scores["rows"]) for name in ("gold", "predicted", "hard", "soft")]
        hard, soft = figures["micro"]["hard"], figures["micro"]["soft"]
        assert found == [hard["gold"], hard["predicted"], hard["tp"], soft["tp"]]
        assert sum(each["gold"] for each in figures["by_length"]["lengths"].values()) == hard["gold"]
        assert sum(each["hard"] for each in figures["by_length"]["lengths"].values()) == hard["tp"]
        assert all(0 <= each <= 1 for each in rates(figures) + rates(scores["headline"]))
    for part in parts:
        check_counts(part)
    errors = scores["format_errors"]
    # an answer in the design's form that names unknown targets alone is no format error, and gives nothing to use
    unknown = scores["defects"].get("unknown_target", {"samples": 0})["samples"]
    assert errors["cut_off"] <= errors["errors"] <= samples and errors["unusable"] <= errors["errors"] + unknown
    assert sum(row.get("error", 0) for row in scores["rows"]) == errors["errors"]
    assert all(each["samples"] <= min(each["times"], samples) for each in scores["defects"].values())


@for_each_design(WRITTEN)
@for_each("garbage", ["", "I am sorry, but I cannot help with that.", "asdf qwer\n\nzxcv", "```\nno\n```"])
@pytest.mark.parametrize("task", SCHEMAS)
def test_garbage_is_an_error_in_every_design_and_says_nothing(design, task, garbage):
    gold = completions(task, design)
    scores = score(gold, [garbage] * len(gold), design=design, schema=SCHEMAS[task], resamples=0)
    assert scores["format_errors"]["error_rate"] == scores["format_errors"]["unusable_rate"] == 1
    if SCHEMAS[task].kind == "mention":
        assert scores["figures"]["micro"]["hard"]["predicted"] == 0
    else:
        assert all(column == 0 for row in scores["figures"]["confusion"] for column in row[:-1])


@for_each_design(WRITTEN)
@pytest.mark.parametrize("task", SCHEMAS)
def test_headline_figures_are_those_of_the_figures(design, task):
    gold = completions(task, design)
    scores = score(gold, [gold[0], *gold[:-1]], design=design, schema=SCHEMAS[task], resamples=10)
    head, figures = {name: each["value"] for name, each in scores["headline"].items()}, scores["figures"]
    assert head["sample_accuracy"] == pytest.approx(figures["sample_accuracy"])
    assert head["format_error_rate"] == pytest.approx(scores["format_errors"]["error_rate"])
    if SCHEMAS[task].kind == "label":
        for name in ("kappa", "accuracy", "macro_f1"):
            assert head[name] == pytest.approx(figures["pooled"][name])
    else:
        hard, soft = figures["micro"]["hard"], figures["micro"]["soft"]
        assert head["soft_f1"] == pytest.approx(soft["f1"])
        for name in ("precision", "recall", "f1"):
            assert head[name] == pytest.approx(hard[name])
