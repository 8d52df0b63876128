"""Label tasks as detection of targets and as pairs of target and label (ACSA), against a plain count.

pytest tests/scoring/test_pairs.py
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from sde_datasets import score
from tests.properties import examples
from tests.scoring.examples import SCHEMAS

SCHEMA = SCHEMAS["mabsa"]
LABELS = (*SCHEMA.labels, SCHEMA.placeholder)
samples = st.lists(
    st.tuples(*[st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS))] * 3), min_size=1, max_size=6
)


def written(labels: list[str]) -> str:
    return "\n".join(f"{target}: {label}" for target, label in zip(SCHEMA.targets, labels, strict=True))


def scored(rows) -> dict:
    gold, said = ([written([pair[side] for pair in row]) for row in rows] for side in (0, 1))
    return score(gold, said, design="lines-text", schema=SCHEMA, resamples=0)["figures"]


@settings(max_examples=examples(60))
@given(samples)
def test_detection_and_pairs_are_those_of_a_plain_count(rows):
    pairs, flat = scored(rows)["pairs"], [pair for row in rows for pair in row]
    mentioned = [(g, a) for g, a in flat if g != SCHEMA.placeholder and a != SCHEMA.placeholder]
    gold, said = (sum(pair[side] != SCHEMA.placeholder for pair in flat) for side in (0, 1))
    assert [pairs["detection"][name] for name in ("gold", "predicted", "tp")] == [gold, said, len(mentioned)]
    right = sum(g == a for g, a in mentioned)
    assert [pairs["pairs"][name] for name in ("gold", "predicted", "tp")] == [gold, said, right]
    if mentioned:
        assert pairs["label"]["f1"] == pytest.approx(right / len(mentioned))
        macro = f1_score(*zip(*mentioned, strict=True), average="macro")
        assert pairs["label_macro_f1"] == pytest.approx(macro)
    else:
        assert pairs["label_macro_f1"] is None


def test_the_worked_example_of_the_documentation():
    # gold: food positive, price negative; answer: food negative, parking positive
    figures = scored([[("positive", "negative"), ("negative", SCHEMA.placeholder), (SCHEMA.placeholder, "positive")]])
    pairs = figures["pairs"]
    assert (pairs["detection"]["f1"], pairs["label"]["f1"], pairs["pairs"]["f1"]) == (0.5, 0, 0)


def test_macro_f1_names_the_classes_over_which_it_is_the_mean():
    figures = scored([[("positive", "positive"), ("positive", "negative"), ("positive", "positive")]])
    assert figures["macro_classes"] == ["positive", "negative"]
    assert figures["pooled"]["macro_f1"] == pytest.approx((2 * 2 / 5 + 0) / 2)
