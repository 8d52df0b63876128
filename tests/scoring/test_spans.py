"""Located mentions under the schemes of SemEval-2013: against nervaluate and seqeval on random flat mentions.

pytest tests/scoring/test_spans.py
"""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nervaluate.evaluator import Evaluator
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.scheme import IOB2

from sde_datasets import score
from sde_datasets.designs.design import get_design
from sde_datasets.formats import Answer, answer_format
from sde_datasets.scoring.align import GoldPlaces, align
from sde_datasets.scoring.span_metrics import SCHEMES, Entity, compare_spans
from sde_datasets.tasks.task import get_task
from tests.properties import examples

SCHEMA = get_task("ner").schema(("DNA", "RNA", "protein"))
# no word occurs twice, so that every mention has one place
WORDS = ["aa", "bb", "cc", "dd", "ee", "ff", "gg", "hh"]
TEXT = " ".join(WORDS)
NAMES = {"strict": "strict", "exact": "exact", "partial": "partial", "type": "ent_type"}


@st.composite
def flat_mentions(draw) -> list[tuple[int, int, int]]:
    """Mentions of TEXT that do not overlap: first word, word after the last, type."""
    cuts = sorted(draw(st.sets(st.integers(0, len(WORDS)))))
    pieces = list(pairwise(cuts))
    codes = draw(st.lists(st.integers(-1, len(SCHEMA.targets) - 1), min_size=len(pieces), max_size=len(pieces)))
    return [(start, end, code) for (start, end), code in zip(pieces, codes, strict=True) if code >= 0]


def offsets(start: int, end: int) -> tuple[int, int]:
    return 3 * start, 3 * end - 1


def sample(gold) -> dict:
    """A row of gold with offsets."""
    found = sorted(gold, key=lambda mention: (mention[2], mention[0]))
    annotations = [
        {"target": SCHEMA.targets[code], "mention": " ".join(WORDS[start:end]), "spans": [_span(start, end)]}
        for start, end, code in found
    ]
    return {"source_text": TEXT, "completion": written(gold), "annotations": annotations}


def _span(start: int, end: int) -> dict:
    return dict(zip(("start", "end"), offsets(start, end), strict=True))


def written(mentions) -> str:
    values: dict = {}
    for start, end, code in sorted(mentions, key=lambda mention: (mention[2], mention[0])):
        values.setdefault(SCHEMA.targets[code], []).append(" ".join(WORDS[start:end]))
    values = {target: tuple(surfaces) for target, surfaces in values.items()}
    return answer_format(get_design("lines-text"), SCHEMA).write(Answer(values, {}))


def scored(samples) -> dict:
    table = pa.Table.from_pylist([sample(gold) for gold, _ in samples], schema=TABLE)
    answers = [written(said) for _, said in samples]
    return score(table, answers, design="lines-text", schema=SCHEMA, resamples=0)["figures"]["spans"]


SPAN = pa.struct({"start": pa.int64(), "end": pa.int64()})
ANNOTATION = pa.struct({"target": pa.string(), "mention": pa.string(), "spans": pa.list_(SPAN)})
TABLE = pa.schema({"source_text": pa.string(), "completion": pa.string(), "annotations": pa.list_(ANNOTATION)})


def tags(mentions) -> list[str]:
    row = ["O"] * len(WORDS)
    for start, end, code in mentions:
        row[start:end] = [f"B-{SCHEMA.targets[code]}"] + [f"I-{SCHEMA.targets[code]}"] * (end - start - 1)
    return row


@settings(max_examples=examples(80))
@given(st.lists(st.tuples(flat_mentions(), flat_mentions()), min_size=1, max_size=4))
def test_the_four_schemes_are_those_of_nervaluate(samples):
    ours = scored(samples)
    gold, said = ([tags(pair[side]) for pair in samples] for side in (0, 1))
    theirs = Evaluator(gold, said, tags=list(SCHEMA.targets), loader="list").evaluate()["overall"]
    for scheme in SCHEMES:
        wanted = theirs[NAMES[scheme]]
        for name in ("correct", "incorrect", "partial", "missed", "spurious"):
            assert ours[scheme][name] == getattr(wanted, name), (scheme, name)
        for name in ("precision", "recall", "f1"):
            assert (ours[scheme][name] or 0) == pytest.approx(getattr(wanted, name)), (scheme, name)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=examples(60))
@given(st.lists(st.tuples(flat_mentions(), flat_mentions()), min_size=1, max_size=4))
def test_classification_is_that_of_seqeval(samples):
    ours = scored(samples)
    gold, said = ([tags(pair[side]) for pair in samples] for side in (0, 1))
    if not any(pair[0] or pair[1] for pair in samples):
        return
    options = {"mode": "strict", "scheme": IOB2, "zero_division": 0}
    for average in ("micro", "macro"):
        assert (ours["classification"][average]["f1"] or 0) == pytest.approx(
            f1_score(gold, said, average=average, **options)
        )
    micro = ours["classification"]["micro"]
    assert (micro["precision"] or 0) == pytest.approx(precision_score(gold, said, **options))
    assert (micro["recall"] or 0) == pytest.approx(recall_score(gold, said, **options))


def entity(*spans: tuple[int, int], target: int = 0) -> Entity:
    return Entity(spans, target)


def outcomes(gold, said) -> dict:
    return {name: tuple(each) for name, each in zip(SCHEMES, compare_spans(gold, said).schemes, strict=True)}


@pytest.mark.parametrize(
    ("gold", "said", "expected"),
    [
        # correct, incorrect, partial, missed, spurious; the examples of docs/score.md
        ([entity((4, 13))], [entity((4, 13))], dict.fromkeys(SCHEMES, (1, 0, 0, 0, 0))),
        (
            [entity((4, 13))],
            [entity((4, 13), target=1)],
            {
                "strict": (0, 1, 0, 0, 0),
                "exact": (1, 0, 0, 0, 0),
                "partial": (1, 0, 0, 0, 0),
                "type": (0, 1, 0, 0, 0),
            },
        ),
        (
            [entity((4, 13))],
            [entity((0, 13))],
            {
                "strict": (0, 1, 0, 0, 0),
                "exact": (0, 1, 0, 0, 0),
                "partial": (0, 0, 1, 0, 0),
                "type": (1, 0, 0, 0, 0),
            },
        ),
        ([entity((4, 13))], [entity((20, 22))], dict.fromkeys(SCHEMES, (0, 0, 0, 1, 1))),
        # a discontinuous mention overlaps what shares a character with one of its pieces
        ([entity((0, 4), (14, 22))], [entity((5, 13))], dict.fromkeys(SCHEMES, (0, 0, 0, 1, 1))),
        (
            [entity((0, 4), (14, 22))],
            [entity((14, 22))],
            {
                "strict": (0, 1, 0, 0, 0),
                "exact": (0, 1, 0, 0, 0),
                "partial": (0, 0, 1, 0, 0),
                "type": (1, 0, 0, 0, 0),
            },
        ),
        # nested: an equal mention is never taken by one that overlaps it
        ([entity((0, 4)), entity((0, 9))], [entity((0, 3)), entity((0, 4))],
         {"strict": (1, 1, 0, 0, 0), "exact": (1, 1, 0, 0, 0), "partial": (1, 0, 1, 0, 0), "type": (2, 0, 0, 0, 0)}),
    ],
)  # fmt: skip
def test_schemes_to_check_on_paper(gold, said, expected):
    assert outcomes(gold, said) == expected


@pytest.mark.parametrize(
    ("mentions", "text", "places"),
    [
        # one occurrence each, in order
        ([(0, "p50"), (0, "p50")], "p50 binds p50", [((0, 3),), ((10, 13),)]),
        ([(0, "p50"), (0, "p50")], "p50 alone", [((0, 3),), None]),
        # longer strings first: the short one takes the place that is left
        ([(0, "IL-2"), (1, "IL-2 gene")], "IL-2 gene and IL-2", [((14, 18),), ((0, 9),)]),
        # nested where no other place is left
        ([(0, "IL-2"), (1, "IL-2 gene")], "the IL-2 gene", [((4, 8),), ((4, 13),)]),
        # two targets share a place
        ([(0, "p50"), (1, "p50")], "p50 alone", [((0, 3),), ((0, 3),)]),
        # whole words first, then any case, then words in order
        ([(0, "p5")], "p50 and p5", [((8, 10),)]),
        ([(0, "il-2 GENE")], "the IL-2 gene", [((4, 13),)]),
        ([(0, "IL-2 receptor")], "IL-2 and IL-4 receptor", [((0, 4), (14, 22))]),
        ([(0, "白细胞")], "人白细胞", [((1, 4),)]),
        ([(0, "p65")], "p50 alone", [None]),
    ],
)
def test_where_mentions_are_located(mentions, text, places):
    assert align(mentions, text) == places


def test_a_prediction_means_the_gold_mention_with_the_same_string():
    gold = GoldPlaces(["p50"], [((10, 13),)])
    assert align([(0, "P50")], "p50 binds p50", gold) == [((10, 13),)]


def test_unknown_targets_and_strings_that_are_not_in_the_text_are_spurious():
    row = sample([(0, 1, 0)])
    table = pa.Table.from_pylist([row], schema=TABLE)
    answer = "'DNA': 'zz'\n'RNA': ''\n'protein': ''\n'gene': 'aa'"
    spans = score(table, [answer], design="lines-text", schema=SCHEMA, resamples=0)["figures"]["spans"]
    assert spans["not_located"] == 1
    assert [spans["strict"][name] for name in ("correct", "incorrect", "missed", "spurious")] == [0, 1, 0, 1]
    assert spans["exact"]["correct"] == 1 and spans["classification"]["micro"]["precision"] == 0
    assert spans["identification"]["micro"]["precision"] == 0.5


def test_macro_identification_weighs_targets_equally():
    # DNA: found under the wrong target; RNA: two of two found
    ours = scored([([(0, 1, 0), (2, 3, 1), (4, 5, 1)], [(0, 1, 2), (2, 3, 1), (4, 5, 1)])])
    macro = ours["identification"]["macro"]
    assert (macro["recall"], macro["precision"]) == (1, 1)
    # F1 of DNA: recall 1 and no prediction; of RNA: 1; of protein: precision 1 and no gold
    assert macro["f1"] == pytest.approx(1 / 3)
    assert ours["classification"]["macro"]["f1"] == pytest.approx(1 / 3)


def test_without_offsets_or_texts_there_are_no_spans():
    assert "spans" not in score(["'DNA': 'a'"], ["'DNA': 'a'"], design="lines-text-ou", schema=SCHEMA)["figures"]
    table = pa.Table.from_pylist([sample([(0, 1, 0)])], schema=TABLE).drop_columns(["source_text"])
    assert "spans" not in score(table, ["'DNA': 'a'"], design="lines-text", schema=SCHEMA)["figures"]


def test_an_inline_answer_is_located_by_its_marks():
    row = {
        "source_text": "p50 binds p50",
        "completion": "p50 binds [p50|protein]",
        "annotations": [{"target": "protein", "mention": "p50", "spans": [{"start": 10, "end": 13}]}],
    }
    table = pa.Table.from_pylist([row], schema=TABLE)
    for answer, right in (("[p50|protein] binds p50", 0), ("p50 [binds] [p50|protein]", 1)):
        figures = score(table, [answer], design="inline-text-ou", schema=SCHEMA, resamples=0)["figures"]
        assert figures["micro"]["hard"]["f1"] == 1
        assert figures["spans"]["strict"]["f1"] == right
