"""`sde-datasets score` and `compare`: what a user does, and every mistake as one clear line with its exit code.

pytest tests/scoring/test_command.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from sde_datasets.cli.main import main
from tests.scoring.conftest import answers_file


def sde(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def fails(result: Result, code: int, *says: str) -> None:
    assert result.exit_code == code, result.output
    assert all(word in result.stderr for word in says), result.stderr
    assert len(result.stderr.splitlines()) == 1 and "Traceback" not in result.output


def gold(out: Path, config: str) -> dict[str, str]:
    table = pq.read_table(sorted((out / "data" / config).glob("test-*")))
    return dict(zip(table.column("id").to_pylist(), table.column("completion").to_pylist(), strict=True))


@pytest.fixture
def answers(out, tmp_path) -> Path:
    """Answers to the notes under lines-text: one empty, one wrong, two right, in another order."""
    said = gold(out, "notes-lines-text")
    said |= {"n0": "", "n2": said["n2"].replace("neutral", "positive")}
    return answers_file(tmp_path / "answers.jsonl", dict(reversed(said.items())))


def test_against_a_built_folder(out, answers, tmp_path):
    asked = ("--data", out, "--config", "notes-lines-text", "--quiet")
    result = sde("score", answers, *asked, "--json", tmp_path / "new" / "s.json", "--html", tmp_path / "r.html")
    assert result.exit_code == 0, result.output
    scores = json.loads((tmp_path / "new" / "s.json").read_text("utf-8"))
    # gold: positive, negative, 7 unmentioned, neutral, positive and so on; two labels unread, one wrong, of twelve
    assert scores["headline"]["accuracy"]["value"] == pytest.approx(9 / 12)
    assert scores["headline"]["sample_accuracy"]["value"] == 2 / 4
    assert [row["id"] for row in scores["rows"]] == ["n0", "n1", "n2", "n3"]
    assert scores["inputs"]["predictions"]["name"] == "answers.jsonl"
    assert scores["inputs"]["gold"]["config"] == "notes-lines-text" and scores["inputs"]["gold"]["sha256"]
    assert [each["id"] for each in scores["worst"]] == ["n0", "n2"]
    assert "0.750" in result.stdout and "empty" in result.stdout
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "0.750" in page and "good soup" in page


def test_the_same_files_give_the_same_bytes(out, answers, tmp_path):
    asked = ("--data", out, "--config", "notes-lines-text", "--quiet")
    for name in ("one", "two"):
        sde("score", answers, *asked, "--json", tmp_path / f"{name}.json", "--html", tmp_path / f"{name}.html")
    for kind in ("json", "html"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()


def test_the_documents_of_the_records_are_those_of_the_samples(out, tmp_path):
    path = answers_file(tmp_path / "a.jsonl", gold(out, "genes-list-text"))
    sde("score", path, "--data", out, "--config", "genes-list-text", "--json", tmp_path / "s.json", "--quiet")
    rows = json.loads((tmp_path / "s.json").read_text("utf-8"))["rows"]
    records = pq.read_table(sorted((out / "data" / "genes-records").glob("test-*"))).select(["id", "document"])
    known = dict(zip(*(column.to_pylist() for column in records.columns), strict=True))
    assert {row["id"]: row.get("document") for row in rows} == known
    assert known == {"n0": "d0", "n1": "d0", "n2": "d1"}


def test_nested_mentions_are_known_from_the_folder(out, tmp_path):
    said = gold(out, "genes-list-text")
    said["n0"] = said["n0"].replace('["protein", "IL-2"]\n', "")
    path = answers_file(tmp_path / "a.jsonl", said)
    result = sde("score", path, "--data", out, "--config", "genes-list-text", "--json", tmp_path / "s.json", "--quiet")
    assert result.exit_code == 0, result.output
    nested = json.loads((tmp_path / "s.json").read_text("utf-8"))["figures"]["nested"]
    assert (nested["inside"]["gold"], nested["inside"]["hard_recall"]) == (1, 0)
    assert (nested["holding"]["gold"], nested["holding"]["hard_recall"]) == (1, 1)


@pytest.mark.parametrize("key", ["completion", "target"])
def test_without_any_dataset(tmp_path, key):
    rows = [
        {key: "food: positive.", "prediction": "food: positive.", "prompt": "p", "source_text": "good soup"},
        {key: "unmentioned.", "prediction": "food: negative.", "id": "mine", "prompt": "What of the food?", "epoch": 2},
        {key: "no answer at all", "prediction": "x"},
    ]
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (tmp_path / "schema.json").write_text('{"task": "mabsa", "language": "en", "targets": ["food"]}')
    asked = ("--design", "natural-text-ou-instlast", "--schema", tmp_path / "schema.json", "--quiet")
    result = sde("score", path, *asked, "--json", tmp_path / "s.json", "--html", tmp_path / "r.html")
    assert result.exit_code == 0, result.output
    scores = json.loads((tmp_path / "s.json").read_text("utf-8"))
    assert scores["rejected"] == [{"place": "pairs.jsonl:3", "reason": "the completion is not read: no_format"}]
    assert [row["id"] for row in scores["rows"]] == ["1", "mine"]
    assert scores["headline"]["accuracy"]["value"] == 0.5 and scores["design"] == "natural-text-ou-instlast"
    assert scores["worst"][0]["further"] == {"prompt": "What of the food?", "epoch": 2}
    assert "What of the food?" in (tmp_path / "r.html").read_text("utf-8")


def test_compare_two_scorings(out, answers, tmp_path):
    asked = ("--data", out, "--config", "notes-lines-text", "--quiet")
    sde("score", answers, *asked, "--json", tmp_path / "a.json")
    right = answers_file(tmp_path / "right.jsonl", gold(out, "notes-json-num-ou"))
    sde("score", right, "--data", out, "--config", "notes-json-num-ou", "--quiet", "--json", tmp_path / "b.json")
    result = sde("compare", tmp_path / "a.json", tmp_path / "b.json", "--json", tmp_path / "c.json")
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "c.json").read_text("utf-8"))
    assert found["figures"]["accuracy"]["difference"] == pytest.approx(0.25)
    assert "accuracy" in result.stdout and "0.250" in result.stdout


def test_partial(out, tmp_path):
    path = answers_file(tmp_path / "a.jsonl", {"n1": gold(out, "notes-lines-text")["n1"]})
    asked = ("score", path, "--data", out, "--config", "notes-lines-text", "--quiet")
    fails(sde(*asked), 1, "'n0' and 2 other samples have: no prediction", "--partial")
    assert sde(*asked, "--partial").exit_code == 0


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        ([], 2, "give --data and --config, or --design and --schema"),
        (["--design", "es"], 2, "give --data"),
        (["--design", "nope", "--schema", "SCHEMA"], 2, "unknown design 'nope'"),
        (["--data", "OUT"], 2, "give --config"),
        (["--config", "notes-lines-text"], 2, "go with --data"),
        (["--data", "OUT", "--config", "notes-lines-text", "--design", "es"], 2, "--design and --schema are for"),
        (["--data", "OUT", "--config", "notes-line-text"], 2, "Did you mean notes-lines-text"),
        (["--data", "OUT", "--config", "notes-lines-text", "--split", "tset"], 2, "has no split 'tset'"),
        (["--data", "OUT", "--config", "notes-records"], 2, "has no completions"),
        (["--data", "nowhere", "--config", "x"], 1, "neither a folder nor a repository"),
        (["--data", "EMPTY", "--config", "x"], 1, "is not a folder that sde-datasets built"),
        (["--data", "OUT", "--config", "genes-lines-text"], 1, "does not occur in genes-lines-text test"),
    ],
)
def test_mistakes_in_what_is_asked(out, answers, tmp_path, options, code, says):
    (tmp_path / "empty").mkdir()
    (tmp_path / "schema.json").write_text('{"task": "ner", "targets": ["DNA"]}')
    places = {"OUT": out, "EMPTY": tmp_path / "empty", "SCHEMA": tmp_path / "schema.json"}
    fails(sde("score", answers, "--quiet", *(places.get(option, option) for option in options)), code, says)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([""], "has no rows"),
        (["{"], "answers.jsonl:1: is not JSON"),
        (['{"id": "n0", "prediction": "x"}', "[]"], "answers.jsonl:2: is not a JSON object"),
        (['{"id": "n0"}'], "answers.jsonl:1: lacks prediction"),
        (['{"prediction": "x"}'], "answers.jsonl:1: lacks id"),
        (['{"id": "n0", "prediction": 3}'], "prediction is int, not a string"),
        (['{"id": "n0", "prediction": "x"}', '{"id": "n0", "prediction": "y"}'], "is a duplicate of line 1"),
        (['{"id": "zz", "prediction": "x"}'], "the id 'zz' does not occur in notes-lines-text test"),
        (["[" * 100_000], "is not JSON"),
    ],
)
def test_mistakes_in_files_of_answers(out, tmp_path, lines, says):
    path = tmp_path / "answers.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    fails(sde("score", path, "--data", out, "--config", "notes-lines-text", "--quiet"), 1, says)


def test_files_that_are_not_there_or_no_text(out, tmp_path):
    asked = ("--data", out, "--config", "notes-lines-text", "--quiet")
    fails(sde("score", tmp_path / "none.jsonl", *asked), 1, "cannot be read")
    (tmp_path / "bytes.jsonl").write_bytes(b'{"id": "n0", "prediction": "\xff"}\n')
    fails(sde("score", tmp_path / "bytes.jsonl", *asked), 1, "bytes.jsonl:1: is not JSON")


def test_completions_of_another_design_are_told(tmp_path):
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"completion": "[\\"DNA\\", []]", "prediction": "x"}\n')
    (tmp_path / "schema.json").write_text('{"task": "ner", "targets": ["DNA"]}')
    asked = ("--design", "lines-text", "--schema", tmp_path / "schema.json", "--quiet")
    fails(sde("score", path, *asked), 1, "pairs.jsonl:1", "Check that the design is lines-text")


def test_compare_says_what_it_cannot_read(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    fails(sde("compare", tmp_path / "a.json", tmp_path / "b.json"), 1, "a.json: is not a scores.json")
