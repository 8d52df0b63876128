"""Reward functions: their values, and the ways in which a model could be rewarded for the wrong thing.

pytest tests/rewards/test_rewards.py
"""

from __future__ import annotations

import doctest
import logging
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sde_datasets as sde
from sde_datasets import rewards
from sde_datasets.formats import Answer, answer_format
from sde_datasets.records.columns import record_rows
from sde_datasets.rewards import functions
from tests.answer_designs import MARKED, PUBLISHED, REASONS_AFTER
from tests.loops import for_each, for_each_design
from tests.properties import examples

NER = sde.schema("ner", targets=["DNA", "protein"])
MABSA = sde.schema("mabsa", targets=["food", "service", "price"])
TEXT = "The IL-2 gene and the p50 bind p50."
DNA, P50, SECOND = (("DNA", (4, 13)), ("protein", (22, 25)), ("protein", (31, 34)))
VALUES = ("kappa", "hard_f1", "soft_f1", "span_f1", "strict_match")


def columns(schema, design: str, *annotated, text: str = TEXT) -> dict:
    """The columns of one row, as a batch. annotated: pairs of target and span, or of target and label."""
    notes = [
        sde.Annotation(target, value) if isinstance(value, str) else sde.Annotation(target, None, None, (value,))
        for target, value in annotated
    ]
    if schema.kind == "mention":
        notes = [note._replace(mention=text[slice(*note.spans[0])]) for note in notes]
    rows = record_rows([sde.Record("a", text, notes)], {}).column("annotations").to_pylist()
    return {"annotations": rows, "schema": [schema.to_json()], "design": [design], "source_text": [text]}


def reward(name: str, answer, row: dict, **options) -> float | None:
    return getattr(rewards, name)([""], [answer], **row, **options)[0]


def written(schema, design: str, *annotated, text: str = TEXT) -> str:
    """The completion that the design writes for annotations."""
    notes = [
        sde.Annotation(target, value) if isinstance(value, str) else sde.Annotation(target, spans=(value,))
        for target, value in annotated
    ]
    return sde.render(sde.Record("a", text, notes), design, schema).completion


def test_the_example_of_the_documentation_runs():
    assert not doctest.testmod(functions).failed


def test_values_of_a_mention_task():
    row = columns(NER, "lines-text", DNA, P50)
    answer = "'DNA': 'IL-2'\n'protein': 'p50'"
    assert [reward(name, answer, row) for name in VALUES] == [None, 0.5, 1.0, 0.5, 0.0]


def test_values_of_a_label_task():
    row = columns(MABSA, "lines-text-ou", ("food", "positive"), ("price", "negative"))
    answer = "food: positive\nservice: negative"
    kappa, hard, *others = (reward(name, answer, row) for name in VALUES)
    scores = sde.score([written(MABSA, "lines-text-ou", ("food", "positive"), ("price", "negative"))], [answer],
                       design="lines-text-ou", schema=MABSA)  # fmt: skip
    assert kappa == pytest.approx(scores.headline["kappa"].value) and hard == 0.5 and others == [None, None, 0.0]


def test_spans_are_those_of_the_answer_where_it_marks_them():
    row = columns(NER, "inline-text-ou", DNA, P50)
    other_place = written(NER, "inline-text-ou", DNA, SECOND)
    assert [reward(name, other_place, row) for name in ("hard_f1", "span_f1")] == [1.0, 0.5]


def test_messages_are_scored_as_texts_are():
    row = columns(NER, "lines-text", DNA)
    text = written(NER, "lines-text", DNA)
    thinking = f"<think>The IL-2 gene is DNA.</think>\n{text}"
    parts = [{"type": "text", "text": text}]
    for content in (text, thinking, parts):
        assert reward("strict_match", [{"role": "assistant", "content": content}], row) == 1.0


@for_each_design([*PUBLISHED, *REASONS_AFTER, *MARKED])
@settings(max_examples=examples(5))
@given(data=st.data())
def test_gold_is_worth_the_most_under_every_design(design, data):
    schema = NER if design.format == "inline" else data.draw(st.sampled_from([NER, MABSA]))
    values = [DNA, P50, SECOND] if schema is NER else [("food", "positive"), ("service", "neutral")]
    gold = data.draw(st.lists(st.sampled_from(values), unique=True))
    row, answer = columns(schema, design.name, *gold), written(schema, design.name, *gold)
    expected = [None, 1.0, 1.0, 1.0, 1.0] if schema is NER else [1.0, 1.0, None, None, 1.0]
    assert [reward(name, answer, row) for name in VALUES] == expected
    assert reward("format_validity", answer, row) == 1.0 and reward("length_penalty", answer, row) == 0.0


@for_each("design", ["lines-text", "natural-text-ou", "json-text", "list-text-ou", "inline-text-ou", "json-num-cot"])
def test_nothing_answered_is_right_where_gold_has_nothing(design):
    row, answer = columns(NER, design), written(NER, design)
    assert [reward(name, answer, row) for name in VALUES[1:]] == [1.0] * 4
    invented = written(NER, design, DNA)
    assert [reward(name, invented, row) for name in VALUES[1:]] == [0.0] * 4


@pytest.mark.parametrize("answer", ["", " \n", "</s>", "<think>Nothing here.</think>"])
def test_an_empty_answer_says_nothing_but_has_no_format(answer):
    row = columns(NER, "list-text-ou")
    names = ("hard_f1", "soft_f1", "span_f1", "strict_match", "format_validity")
    assert [reward(name, answer, row) for name in names] == [1.0, 1.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize("answer", ["I cannot say.", "<think>Is there", "asdf qwer"])
def test_an_unreadable_answer_is_worth_nothing_where_gold_has_nothing(answer):
    assert [reward(name, answer, columns(NER, "list-text-ou")) for name in VALUES[1:]] == [0.0] * 4
    labels = columns(MABSA, "list-text-ou")
    assert [reward(name, answer, labels) for name in ("kappa", "hard_f1", "strict_match")] == [0.0] * 3


@for_each_design([design for design in PUBLISHED if design.reasoning == "none"])
@given(
    said=st.lists(st.sampled_from(["IL-2 gene", "p50", "gene", "x"]), min_size=1, max_size=4), times=st.integers(2, 30)
)
@settings(max_examples=examples(10))
def test_repetition_never_raises_a_reward(design, said, times):
    row = columns(NER, design.name, DNA, P50, SECOND)
    write = answer_format(design, NER).write
    once, repeated = (
        write(Answer({"DNA": tuple(said) * n, "protein": tuple(said) * n}, {})) for n in (1, times)
    )  # fmt: skip
    for name in (*VALUES[1:], "format_validity"):
        before, after = reward(name, once, row), reward(name, repeated, row)
        # the first repetition may mean the second p50 of gold
        assert after <= before or (times == 2 and said.count("p50") == 1)


def test_a_repeated_mention_costs_precision_and_adds_no_recall():
    row = columns(NER, "lines-text-ou", DNA, P50)
    worth = [reward("hard_f1", "'protein': " + ", ".join(["'p50'"] * n), row) for n in (1, 2, 3, 20)]
    assert worth == [2 / 3, 2 / 4, 2 / 5, 2 / 22]


@for_each("design", ["lines-text", "natural-text", "json-text", "list-text", "lines-text-ou", "json-text-ou"])
def test_placeholders_alone_do_not_win_by_their_format(design):
    functions_of = {NER: ("hard_f1", "format_validity"), MABSA: ("kappa", "format_validity")}
    gold = {NER: (DNA, P50), MABSA: (("food", "positive"), ("service", "negative"))}
    for schema, names in functions_of.items():
        row = columns(schema, design, *gold[schema])
        worth = {
            answer: sum(reward(name, answer, row) for name in names)
            for answer in (
                written(schema, design),
                written(schema, design, gold[schema][0]),
                written(schema, design, *gold[schema])[:-1],
            )
        }
        nothing, one, damaged = worth.values()
        assert nothing == 0 < min(one, damaged)


def test_an_answer_that_runs_away_has_no_format():
    row = columns(NER, "lines-text-ou", DNA)
    assert reward("format_validity", "'DNA': " + ", ".join(["'IL-2 gene'"] * 100), row) == 0.0
    assert reward("format_validity", "'DNA': 'IL-2 gene', 'IL-2 gene'", row) == 1.0


def test_length_counts_from_the_gold_completion():
    row = columns(NER, "list-text-ou", DNA)
    gold = written(NER, "list-text-ou", DNA)
    answers = [gold, gold + " " + "x" * (len(gold) - 1), gold * 5, f"<think>{'x' * 500}</think>{gold}", ""]
    assert [reward("length_penalty", answer, row) for answer in answers] == [0.0, pytest.approx(-1 / 3), -1.0, 0.0, 0.0]
    assert partial(rewards.length_penalty, free=1.0, full=2.0)([""], answers[1:2], **row) == [-1.0]
    with pytest.raises(sde.UsageError, match="0 < free < full"):
        reward("length_penalty", gold, row, free=2.0, full=2.0)


BROKEN = {
    "a schema that is no schema": {"schema": ["{"]},
    "an unknown design": {"design": ["line-text"]},
    "a target outside the schema": {"schema": [sde.schema("ner", targets=["RNA"]).to_json()]},
    "annotations of another kind": {"annotations": [[{"target": "DNA", "mention": "x", "spans": "here"}]]},
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_scorer_that_fails_gives_none_and_says_so(broken, caplog):
    row, answer = columns(NER, "lines-text", DNA), written(NER, "lines-text", DNA)
    both = {name: values + BROKEN[broken].get(name, values) for name, values in row.items()}
    for name in (*VALUES[1:], "format_validity", "length_penalty"):
        caplog.clear()
        with caplog.at_level(logging.WARNING, "sde_datasets.rewards"):
            good, bad = getattr(rewards, name)(["", ""], [answer, answer], **both)
        assert good is not None and bad is None
        assert "1 of 2 answers got no reward: " in caplog.text


def test_a_defect_of_the_scorer_gives_none(monkeypatch):
    monkeypatch.setattr(functions.measures, "hard_f1", lambda sample: 1 / 0)
    assert reward("hard_f1", "'DNA': 'IL-2 gene'", columns(NER, "lines-text", DNA)) is None


def test_rows_of_another_dataset_have_no_reward_and_no_warning(caplog):
    row = {name: [*values, None] for name, values in columns(NER, "lines-text", DNA).items()}
    answer = written(NER, "lines-text", DNA)
    assert rewards.hard_f1(["", "Name a river."], [answer, "The Rhine."], **row) == [1.0, None]
    assert not caplog.records


def test_a_missing_column_stops_the_training():
    row = columns(NER, "lines-text", DNA)
    del row["schema"]
    with pytest.raises(sde.UsageError, match=r"no column 'schema'.*remove_unused_columns"):
        rewards.kappa([""], ["'DNA': ''"], **row)
