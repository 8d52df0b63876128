"""`score` in Python: every form in which gold and answers may come, and what does not fit together.

pytest tests/scoring/test_run.py
"""

from __future__ import annotations

import datasets
import pyarrow as pa
import pytest

from sde_datasets import score
from sde_datasets.errors import InputError, UsageError
from sde_datasets.scoring.settings import ScoringSettings
from tests.scoring.examples import SCHEMAS, VALUES, completions

GOLD = completions("ner", "lines-text")
ANSWERS = [GOLD[0], GOLD[1].replace("cap", "tail"), GOLD[2]]
HOW = {"design": "lines-text", "schema": SCHEMAS["ner"]}


def rows(**more) -> list[dict]:
    """The samples as rows of a config, with annotations at made-up places."""
    found = []
    for number, values in enumerate(VALUES["ner"]):
        text, annotations = "", []
        for target, surfaces in values.items():
            for surface in surfaces:
                spans = [{"start": len(text), "end": len(text) + len(surface)}]
                annotations.append({"target": target, "label": None, "mention": surface, "spans": spans})
                text += f"{surface} "
        row = {"id": f"s{number}", "completion": GOLD[number], "source_text": text or "x", "annotations": annotations}
        found.append(row | {"design": "lines-text", "schema": SCHEMAS["ner"].to_json()} | more)
    return found


def test_texts_in_order():
    scores = score(GOLD, ANSWERS, **HOW)
    # gold 2 + 2 and 1, one of them not found: tp 4, gold 5, predicted 5
    assert scores["figures"]["micro"]["hard"] == {
        "gold": 5, "predicted": 5, "tp": 4, "precision": 0.8, "recall": 0.8, "f1": 0.8
    }  # fmt: skip
    assert scores["figures"]["nested"]["undefined"] and scores["figures"]["not_in_text"]["share"] is None
    assert [row["id"] for row in scores["rows"]] == ["0", "1", "2"]


@pytest.mark.parametrize("form", ["rows", "table", "batch", "dataset"])
def test_samples_carry_their_design_schema_and_annotations(form):
    gold = rows()
    if form != "rows":
        gold = pa.Table.from_pylist(gold)
    if form == "batch":
        gold = gold.combine_chunks().to_batches()[0]
    if form == "dataset":
        gold = datasets.Dataset(gold)
    scores = score(gold, ANSWERS)
    assert scores["design"] == "lines-text" and scores["schema"]["targets"] == ["DNA", "protein"]
    assert scores["headline"]["f1"]["value"] == 0.8
    assert scores["figures"]["nested"]["flat"]["gold"] == 5
    # "5' tail" stands in no text
    assert scores["figures"]["not_in_text"] == {"strings": 1, "predicted": 5, "share": 0.2}
    assert scores["defects"]["not_in_text"]["examples"][0]["id"] == "s1"


@pytest.mark.parametrize("form", ["rows", "table"])
def test_answers_with_ids_may_come_in_any_order(form):
    answers = [{"id": f"s{number}", "prediction": text} for number, text in enumerate(ANSWERS)][::-1]
    predicted = pa.Table.from_pylist(answers) if form == "table" else answers
    assert score(rows(), predicted)["rows"] == score(rows(), ANSWERS)["rows"]


@pytest.mark.parametrize("form", [pa.array, lambda texts: pa.chunked_array([texts]), tuple])
def test_answers_as_a_column(form):
    assert score(GOLD, form(ANSWERS), **HOW) == score(GOLD, ANSWERS, **HOW)


def test_rules_a_dict_and_a_schema_say_the_same():
    given = {"task": "ner", "targets": ["DNA", "protein"]}
    expected = score(GOLD, ANSWERS, **HOW)
    assert score(GOLD, ANSWERS, design="lines-text", schema=given) == expected
    assert score(GOLD, ANSWERS, design="es", schema=ScoringSettings.from_dict(given)) == expected


def test_partial_scores_only_what_was_answered():
    answers = [{"id": "s1", "prediction": GOLD[1]}]
    with pytest.raises(InputError, match=r"'s0' and 1 other samples have: no prediction\. Give --partial"):
        score(rows(), answers)
    scores = score(rows(), answers, partial=True)
    assert (scores["samples"], scores["unanswered"]) == (1, 2) and scores["headline"]["f1"]["value"] == 1


def test_more_than_a_batch(monkeypatch):
    at_once = score(rows(), ANSWERS)
    monkeypatch.setattr("sde_datasets.dataset.split.BATCH", 2)
    assert score(rows(), ANSWERS) == at_once


def test_a_completion_with_a_note_is_read_and_not_taken_for_itself():
    gold = ["'DNA': 'a'\n'protein': ''", "'DNA': 'a'\n'Protein': ''"]
    scores = score(gold, gold, **HOW)
    assert scores["defects"]["reworded_target"]["samples"] == 1 and scores["format_errors"]["errors"] == 0


def test_lone_surrogates_and_huge_answers_are_scored():
    scores = score(GOLD, ["\ud800", "'DNA': '\udfff'", "x" * 2_000_000], **HOW)
    assert scores["format_errors"]["errors"] == 3 and scores["figures"]["micro"]["hard"]["predicted"] == 0
    assert len(scores["worst"][0]["answer"]) < 5000


@pytest.mark.parametrize(
    ("gold", "predicted", "how", "error", "said"),
    [
        (GOLD, ANSWERS, {"schema": SCHEMAS["ner"]}, UsageError, "give the design"),
        (GOLD, ANSWERS, {"design": "es"}, UsageError, "give the schema"),
        (GOLD, ANSWERS, HOW | {"design": "lnes-text"}, UsageError, "unknown design"),
        (GOLD, ANSWERS[:2], HOW, InputError, "no prediction"),
        (GOLD, [*ANSWERS, "x"], HOW, InputError, "prediction 3: the prediction does not belong to a sample"),
        (GOLD, [1, 2, 3], HOW, InputError, "is int, not a string"),
        (GOLD, "text", HOW, InputError, "predicted: is str"),
        (3, ANSWERS, HOW, InputError, "gold: is int"),
        ([], [], HOW, InputError, "has no samples"),
        (["prose"], ["x"], HOW, InputError, "gold '0': the completion is not in the form of lines-text: no_format"),
        ([{"text": "x"}], ["x"], HOW, InputError, "rows without a completion"),
        (pa.table({"a": ["x"]}), ["x"], HOW, InputError, "no column completion"),
        (GOLD, pa.table({"a": ["x"]}), HOW, InputError, "no column prediction"),
        (rows(), [{"id": "s0"}], {}, InputError, "lacks prediction"),
        (rows(), [{"id": "s0", "prediction": "x"}] * 2, {}, InputError, "the id 's0' is a duplicate"),
        (rows(), [{"id": "s9", "prediction": "x"}], {"partial": True}, InputError, "the id 's9'"),
    ],
)
def test_what_does_not_fit_is_said(gold, predicted, how, error, said):
    with pytest.raises(error, match=said):
        score(gold, predicted, **how)


def test_samples_of_two_designs_are_refused():
    with pytest.raises(InputError, match="several values of design"):
        score([*rows(), *rows(design="json-text")], ANSWERS * 2)
