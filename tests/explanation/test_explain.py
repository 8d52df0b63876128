"""The command `explain` with a server on this machine: what it writes, and what becomes of it when the server fails.

pytest tests/explanation/test_explain.py
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from sde_datasets.building.api import build
from sde_datasets.building.check import check
from sde_datasets.cli.main import main
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.utils.progress import Progress
from tests.prediction.server import serving

pytestmark = [pytest.mark.usefixtures("short_pauses"), pytest.mark.train]
# the first has annotated evidence, so none is extracted
ROWS = [
    {"id": "a", "text": "Good soup, slow waiters.", "annotations": [["food", "positive", [0, 9]]]},
    {"id": "b", "text": "Great tuna, rude staff.", "annotations": [["food", "positive"], ["service", "negative"]]},
    {"id": "c", "text": "A bad pizza.", "annotations": [["food", "negative"]]},
]
QUOTES = {("Great tuna", "food"): "Great tuna", ("Great tuna", "service"): "rude staff", ("bad pizza", "food"): "awful"}
DESIGNS = ("lines-text", "lines-text-cot", "json-num-rcot-instlast")


def write_source(folder: Path, rows: list[dict] = ROWS) -> Path:
    """A file of JSON lines with these records."""
    keys = ("target", "label", "evidence")
    lines = [row | {"annotations": [dict(zip(keys, a, strict=False)) for a in row["annotations"]]} for row in rows]
    path = folder / "reviews.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path) -> Path:
    out = tmp_path / "out"
    build(f"jsonl={write_source(tmp_path)}", out, task="mabsa", designs=DESIGNS)
    return out


@pytest.fixture
def served():
    """A server that answers questions from QUOTES: its address, and what it was asked."""

    def answer(prompt: str) -> str:
        target = re.search(r'aspect "(\w+)"', prompt)[1]
        return next(quote for (words, about), quote in QUOTES.items() if words in prompt and about == target)

    with serving(answer) as found:
        yield found


def explain(folder: Path, url: str, *options: str):
    return CliRunner().invoke(main, ["explain", str(folder), "--endpoint", url, "--quiet", *options])


def annotations(folder: Path) -> dict[tuple[str, str], tuple[str, list[str]]]:
    """The origin and the evidence of each annotation."""
    rows = pq.read_table(folder / Manifest.load(folder).files("mabsa-records", "train")[0]).to_pylist()
    return {
        (row["id"], a["target"]): (a["origin"], [piece["text"] for piece in a["evidence"]])
        for row in rows
        for a in row["annotations"]
    }


def test_kept_answers_become_generated_descriptions(folder, served):
    url, state = served
    result = explain(folder, url)
    assert result.output == "mabsa: 2 of 3 (66.7%) annotations described; not in the text: 1\n"
    assert annotations(folder) == {
        ("a", "food"): ("annotated", ["Good soup"]),
        ("b", "food"): ("generated", ["Great tuna"]),
        ("b", "service"): ("generated", ["rude staff"]),
        ("c", "food"): ("none", []),
    }
    assert len(state.asked) == 3
    assert list(check(folder, 1, Progress(quiet=True)))[-1].startswith("all right")


def test_completions_have_the_descriptions(folder, served):
    explain(folder, served[0])
    path = folder / Manifest.load(folder).files("mabsa-lines-text-cot", "train")[0]
    completions = dict(zip(*pq.read_table(path, columns=["id", "completion"]).to_pydict().values(), strict=True))
    assert completions["b"] == 'food: "Great tuna" -> positive\nservice: "rude staff" -> negative'


def test_card_names_model_share_and_question(folder, served):
    explain(folder, served[0], "--model", "some-model")
    card = (folder / "README.md").read_text("utf-8")
    assert "the model some-model was asked" in card
    assert "2 of 3 (66.7%) of its answers passed the checks; not in the text: 1" in card
    assert "Which words of the text justify this {value_word}?" in card


def test_next_build_keeps_the_descriptions_and_the_files(folder, served, tmp_path):
    explain(folder, served[0])
    before = Manifest.load(folder)
    built = build(f"jsonl={tmp_path / 'reviews.jsonl'}", folder, task="mabsa", designs=DESIGNS)
    assert built.written == 0
    assert built.manifest.to_json() == before.to_json()


def test_failing_server_leaves_the_folder_and_a_second_call_continues(folder, served):
    url, state = served
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.suffix in (".parquet", ".md", ".json")}
    state.faults = ["pass", 503, 404, 404, 404]
    failed = explain(folder, url, "--concurrency", "1")
    assert failed.exit_code == 1 and "repeat the command to continue" in failed.output
    assert {path: path.read_bytes() for path in before} == before
    state.faults, asked = [], len(state.asked)
    assert explain(folder, url, "--concurrency", "1").exit_code == 0
    assert len(state.asked) - asked == 2


@pytest.mark.parametrize("fault", ["drop", "nonsense", "no choices", 429])
def test_temporary_faults_change_nothing(folder, served, fault):
    url, state = served
    state.faults = [fault, "pass", fault]
    assert explain(folder, url).output.startswith("mabsa: 2 of 3")


def test_refused_question_counts_as_no_answer(folder, served):
    url, state = served
    state.judge = lambda body: 400 if "pizza" in body["messages"][-1]["content"] else "pass"
    assert "no answer: 1" in explain(folder, url).output


def test_question_is_asked_once_however_often_the_folder_is_built(folder, served, tmp_path):
    url, state = served
    explain(folder, url)
    more = {"id": "d", "text": "Great tuna again.", "annotations": [["food", "positive"]]}
    build(f"jsonl={write_source(tmp_path, [*ROWS, more])}", folder, task="mabsa", designs=DESIGNS)
    asked = len(state.asked)
    assert explain(folder, url).output.startswith("mabsa: 3 of 4")
    assert len(state.asked) - asked == 1


def test_folder_without_gaps_asks_nothing(folder, served):
    url, state = served
    state.answer = lambda prompt: prompt.rpartition("Text:\n")[2]
    explain(folder, url)
    asked = len(state.asked)
    assert explain(folder, url).output == f"{folder}: every annotation has a description\n"
    assert len(state.asked) == asked


def test_model_without_address_is_bad_usage(folder):
    result = CliRunner().invoke(main, ["explain", str(folder)])
    assert (result.exit_code, result.output) == (2, "usage: give --endpoint URL, or --run RUN\n")


def test_model_of_a_run_answers(folder, run):
    arguments = ["explain", str(folder), "--run", str(run), "--quiet"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert re.match(r"mabsa: \d of 3 ", result.output)
    about = json.loads((folder / "explanations.about.json").read_text("utf-8"))
    assert about["max_new_tokens"] and about["model"]
