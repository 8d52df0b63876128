"""Which gold mentions an answer finds: multisets, hard and soft, and F1 against a plain independent count.

pytest tests/scoring/test_matching.py
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sde_datasets import score
from sde_datasets.scoring.matching import match
from sde_datasets.tasks.task import get_task
from tests.properties import examples

SCHEMA = get_task("ner").schema(("DNA", "RNA", "protein"))
pairs = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["IL-2", "il-2", "IL-2 gene", "p50", "p5", "x"])), max_size=7
)


def plain_count(gold: list[tuple[int, str]], said: list[tuple[int, str]]) -> int:
    """Pairs said that are gold, each gold pair claimed once."""
    left = [(target, surface.lower()) for target, surface in gold]
    found = 0
    for target, surface in said:
        if (target, surface.lower()) in left:
            left.remove((target, surface.lower()))
            found += 1
    return found


@settings(max_examples=examples(400))
@given(pairs, pairs)
def test_hard_matches_are_those_of_a_plain_count(gold, said):
    matches = match(gold, said)
    hard, soft = matches.hard, matches.soft
    assert sum(matches.left.values()) == len(matches.unmatched(said)) == len(said) - sum(hard)
    assert sum(hard) == plain_count(gold, said)
    assert len(hard) == len(soft) == len(gold)
    assert sum(hard) <= sum(soft) <= min(len(gold), len(said))


@pytest.mark.parametrize(
    ("gold", "said", "hard", "soft"),
    [
        ([(0, "IL-2"), (0, "IL-2")], [(0, "il-2")], [True, False], [True, False]),
        ([(0, "IL-2")], [(0, "IL-2"), (0, "IL-2")], [True], [True]),
        ([(0, "IL-2")], [(1, "IL-2")], [False], [False]),
        ([(0, "IL-2 gene")], [(0, "the IL-2 gene")], [False], [True]),
        ([(0, "IL-2 gene")], [(1, "the IL-2 gene")], [False], [False]),
        # two predictions near one gold mention: it is claimed once
        ([(0, "IL-2 gene")], [(0, "the IL-2 gene"), (0, "IL-2 gene a")], [False], [True]),
        # the nearest string is of another target: then the target is wrong
        ([(0, "flew away"), (1, "flew")], [(0, "flew off")], [False, False], [False, False]),
        ([], [(0, "x")], [], []),
        ([(0, "x")], [], [False], [False]),
    ],
)
def test_examples_to_check_on_paper(gold, said, hard, soft):
    assert match(gold, said)[:2] == (hard, soft)


def written(found: list[tuple[int, str]]) -> str:
    values = {code: [surface for c, surface in found if c == code] for code in range(3)}
    lines = [(name, values[code]) for code, name in enumerate(SCHEMA.targets)]
    return "\n".join(f"'{name}': " + (", ".join(f"'{s}'" for s in found) or "''") for name, found in lines)


@settings(max_examples=examples(60))
@given(st.lists(st.tuples(pairs, pairs), min_size=1, max_size=5))
def test_micro_and_macro_f1_are_those_of_a_plain_count(samples):
    golds, answers = zip(*samples, strict=True)
    scores = score([written(g) for g in golds], [written(a) for a in answers], design="lines-text", schema=SCHEMA)
    micro = scores["figures"]["micro"]["hard"]
    tp = sum(plain_count(g, a) for g, a in samples)
    gold, predicted = sum(map(len, golds)), sum(map(len, answers))
    assert (micro["tp"], micro["gold"], micro["predicted"]) == (tp, gold, predicted)
    assert micro["f1"] == (pytest.approx(2 * tp / (gold + predicted)) if gold + predicted else None)
    assert micro["precision"] == (pytest.approx(tp / predicted) if predicted else None)
    assert micro["recall"] == (pytest.approx(tp / gold) if gold else None)
    by_target = []
    for code in range(3):
        mine = [([p for p in g if p[0] == code], [p for p in a if p[0] == code]) for g, a in samples]
        both = sum(len(g) + len(a) for g, a in mine)
        by_target += [2 * sum(plain_count(g, a) for g, a in mine) / both] if both else []
    macro = scores["figures"]["macro"]["hard"]["f1"]
    assert macro == (pytest.approx(sum(by_target) / len(by_target)) if by_target else None)
