"""scores.json: what it holds, the same bytes for the same scores, and that it can always be written and read.

pytest tests/scoring/test_scores_file.py
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sde_datasets import score
from sde_datasets.errors import InputError
from sde_datasets.scoring.count_table import HEADLINES
from sde_datasets.scoring.scores import Scores
from sde_datasets.scoring.scores_file import read_scores, scores_text
from tests.scoring.examples import SCHEMAS, completions

KEYS = ["format", "versions", "inputs", "unanswered", "rejected", "design", "schema", "samples", "seed", "resamples",
        "headline", "figures", "format_errors", "defects", "worst", "warnings", "rows"]  # fmt: skip


def scores(task: str, answer: str = "x") -> Scores:
    gold = completions(task, "lines-text")
    return score(gold, [answer, *gold[1:]], design="lines-text", schema=SCHEMAS[task], resamples=50)


@pytest.mark.parametrize("task", SCHEMAS)
def test_what_it_holds(task):
    read = json.loads(scores_text(scores(task)))
    assert [key for key in read if key not in ("groups", "macro_f1")] == KEYS
    assert set(read["versions"]) == {"sde-datasets", "python", "numpy"}
    assert tuple(read["headline"]) == HEADLINES[SCHEMAS[task].kind]
    assert read == scores(task).to_json()
    assert Scores.from_json(read) == scores(task)
    first = read["rows"][0]
    if SCHEMAS[task].kind == "label":
        assert first.keys() == {"id", "gold_hash", "cells", "error", "unusable"}
    else:
        assert first.keys() == {"id", "gold_hash", "gold", "predicted", "hard", "soft", "error", "unusable"}


@pytest.mark.parametrize("task", SCHEMAS)
def test_the_same_scores_are_the_same_bytes(task):
    assert scores_text(scores(task)) == scores_text(scores(task))


@pytest.mark.parametrize("answer", ["\udfff\ud800", "\\ud800", "\x00\u2028", "\\\ud800", "😀"], ids=ascii)
def test_any_answer_can_be_written_and_read(tmp_path, answer):
    path = tmp_path / "scores.json"
    path.write_text(scores_text(scores("ner", answer)), encoding="utf-8")
    assert read_scores(path).worst[0].answer == answer


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "is not JSON"), ("[]", "is not a scores.json"), ('{"format": 1}', "is not a scores.json")],
)
def test_what_is_no_scores_json_is_refused(tmp_path, text, said):
    path = tmp_path / "scores.json"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_scores(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_scores(tmp_path / "none.json")


def test_another_format_is_refused(tmp_path):
    path = tmp_path / "scores.json"
    path.write_text(scores_text(replace(scores("ner"), format=2)), encoding="utf-8")
    with pytest.raises(InputError, match="has the format 2, not 1"):
        read_scores(path)
