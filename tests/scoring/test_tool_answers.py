"""Files of answers that other tools write give the scores of the same answers as rows of id and prediction.

pytest tests/scoring/test_tool_answers.py
"""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sde_datasets.cli.main import main
from sde_datasets.records.schema import Schema
from tests.scoring.test_command import gold

CONFIG = "notes-lines-text"
ANSWERS = {
    "n0": "food: positive\nprice: negative\nparking: unmentioned",
    "n1": "",
    "n2": "food: negative\nprice: unmentioned\nparking: unmentioned",
    "n3": "parking: positive",
}


def llamafactory(id, completion, answer):
    return {"prompt": "user\nHow was it?\nassistant\n", "predict": answer, "label": completion + "\n"}


def lm_eval(id, completion, answer):
    doc = {"id": id, "prompt": "How was it?", "completion": completion, "source_text": "It was."}
    generated = {"resps": [[answer]], "filtered_resps": [answer], "filter": "none"}
    return {"doc_id": 0, "doc": doc, "target": completion, "arguments": {}, **generated, "metrics": ["f1"], "f1": 1}


def chat_batch(id, completion, answer):
    message = {"role": "assistant", "content": answer or None}
    body = {"id": "chat-1", "object": "chat.completion", "choices": [{"index": 0, "message": message}]}
    return {"id": "vllm-1", "custom_id": id, "response": {"status_code": 200, "body": body}, "error": None}


def text_batch(id, completion, answer):
    body = {"object": "text_completion", "choices": [{"index": 0, "text": answer, "finish_reason": "stop"}]}
    return {"id": "vllm-1", "custom_id": id, "response": {"status_code": 200, "body": body}, "error": None}


def score(path, *options):
    scores = path.with_suffix(".json")
    result = CliRunner().invoke(main, ["score", str(path), "--json", str(scores), "--quiet", *map(str, options)])
    return json.loads(scores.read_text("utf-8")) if result.exit_code == 0 else result


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def rows_of(form, out):
    return [form(id, completion, ANSWERS[id]) for id, completion in gold(out, CONFIG).items()]


@pytest.mark.parametrize("form", [llamafactory, lm_eval, chat_batch, text_batch])
def test_the_file_of_a_tool_has_the_scores_of_its_answers(out, tmp_path, form):
    data = ("--data", out, "--config", CONFIG)
    own = score(write(tmp_path / "own.jsonl", [{"id": id, "prediction": a} for id, a in ANSWERS.items()]), *data)
    tool = score(write(tmp_path / "tool.jsonl", rows_of(form, out)), *data)
    assert tool["rows"] == own["rows"] and tool["headline"] == own["headline"]
    assert own["headline"]["sample_accuracy"]["value"] == 3 / 4


@pytest.mark.parametrize("form", [llamafactory, lm_eval])
def test_a_file_with_completions_is_scored_without_its_data(out, tmp_path, form):
    from sde_datasets.dataset.manifest import Manifest

    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps(Schema.as_dict(Manifest.load(out).views["notes"].schema)), encoding="utf-8")
    scores = score(write(tmp_path / "a.jsonl", rows_of(form, out)), "--design", "lines-text", "--schema", schema)
    assert scores["samples"] == 4 and scores["headline"]["sample_accuracy"]["value"] == 3 / 4


def test_answers_without_ids_must_be_those_of_the_split_in_its_order(out, tmp_path):
    path = write(tmp_path / "a.jsonl", reversed(rows_of(llamafactory, out)))
    result = score(path, "--data", out, "--config", CONFIG)
    assert result.exit_code == 1
    assert f"{path}:1: its label is not the completion of 'n0'" in result.output


def test_more_answers_than_samples_are_an_error(out, tmp_path):
    path = write(tmp_path / "a.jsonl", rows_of(llamafactory, out) * 2)
    result = score(path, "--data", out, "--config", CONFIG)
    assert result.exit_code == 1 and f"{path}:5: is no answer to a further sample" in result.output


def test_the_first_answers_of_a_split_are_scored_with_partial(out, tmp_path):
    path = write(tmp_path / "a.jsonl", rows_of(llamafactory, out)[:2])
    scores = score(path, "--data", out, "--config", CONFIG, "--partial")
    assert (scores["samples"], scores["unanswered"]) == (2, 2)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"response": None, "error": {"code": "timeout"}}, "the request 'n0' has no answer ({'code': 'timeout'})"),
        ({"response": {"status_code": 400, "body": {"error": "too long"}}}, "no answer ({'error': 'too long'})"),
    ],
)
def test_a_request_that_failed_is_named(out, tmp_path, changes, says):
    rows = rows_of(chat_batch, out)
    path = write(tmp_path / "a.jsonl", [rows[0] | changes, *rows[1:]])
    result = score(path, "--data", out, "--config", CONFIG)
    assert result.exit_code == 1 and f"{path}:1: " in result.output and says in result.output


def test_likelihoods_of_lm_eval_are_no_answers(out, tmp_path):
    rows = [row | {"filtered_resps": [[-1.5, False]]} for row in rows_of(lm_eval, out)]
    result = score(write(tmp_path / "a.jsonl", rows), "--data", out, "--config", CONFIG)
    assert result.exit_code == 1 and "filtered_resps holds no generated text" in result.output
