"""Mentions of targets outside the schema are predicted and wrong, as the published scorer counts them.

The raw answers of the published figures are not part of the reference data, so that their count is checked on random
answers, against a count written after the description of the published scorer.

pytest tests/scoring/test_unknown_targets.py
"""

from __future__ import annotations

import json
from difflib import SequenceMatcher

from hypothesis import given, settings
from hypothesis import strategies as st

from sde_datasets import score
from sde_datasets.tasks.task import get_task
from tests.properties import examples

SCHEMA = get_task("ner").schema(("DNA", "RNA", "protein"))
surfaces = st.sampled_from(["IL-2", "il-2", "IL-2 gene", "the IL-2 gene", "p50", "p5", "x"])
gold_pairs = st.lists(st.tuples(st.sampled_from(SCHEMA.targets), surfaces), max_size=5)
said_pairs = st.lists(st.tuples(st.sampled_from((*SCHEMA.targets, "gene", "cell")), surfaces), max_size=5)


def published_count(gold: list[tuple[str, str]], said: list[tuple[str, str]], soft: bool) -> tuple[int, int, int]:
    """True positives, predictions and gold of one sample: each gold pair is claimed once, all predictions count."""
    left = [(target, surface.lower()) for target, surface in gold]
    names = list(dict.fromkeys(surface for _, surface in left))
    found = 0
    for target, surface in said:
        pair = (target, softened(surface.lower(), names) if soft else surface.lower())
        if pair in left:
            left.remove(pair)
            found += 1
    return found, len(said), len(gold)


def softened(surface: str, names: list[str]) -> str:
    ratios = [SequenceMatcher(None, surface, name).ratio() for name in names]
    best = names[ratios.index(max(ratios))] if names else surface
    return best if names and max(ratios) > 0.5 and (best in surface or surface in best) else surface


def written(pairs: list[tuple[str, str]]) -> str:
    return "\n".join(json.dumps(list(pair)) for pair in pairs) or "[]"


@settings(max_examples=examples(80))
@given(st.lists(st.tuples(gold_pairs, said_pairs), min_size=1, max_size=4))
def test_figures_are_those_of_the_published_count(samples):
    gold, said = zip(*samples, strict=True)
    ordered = [sorted(pairs, key=lambda pair: SCHEMA.index[pair[0]]) for pairs in gold]
    scores = score(list(map(written, ordered)), list(map(written, said)), design="list-text-ou", schema=SCHEMA)
    for name, soft in (("hard", False), ("soft", True)):
        counts = [published_count(g, s, soft) for g, s in zip(ordered, said, strict=True)]
        micro = scores["figures"]["micro"][name]
        assert (micro["tp"], micro["predicted"], micro["gold"]) == tuple(map(sum, zip(*counts, strict=True)))
    assert scores["headline"]["precision"]["value"] == scores["figures"]["micro"]["hard"]["precision"]


def test_their_number_is_shown_apart():
    answer = '["DNA", "a"]\n["gene", "b"]\n["gene", "c"]\n["cell", "a"]'
    scores = score(['["DNA", "a"]'], [answer], design="list-text-ou", schema=SCHEMA)
    unknown = scores["figures"]["unknown_targets"]
    assert unknown == {"mentions": 3, "samples": 1, "share": 0.75, "targets": {"gene": 2, "cell": 1}}
    assert scores["figures"]["micro"]["hard"]["precision"] == 0.25
    assert scores["figures"]["by_target"]["DNA"]["hard"]["precision"] == 1
    assert scores["headline"]["sample_accuracy"]["value"] == 0
    assert scores["rows"][0]["predicted"] == 4
