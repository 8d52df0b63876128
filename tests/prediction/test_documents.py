"""Long texts are answered in windows, and their annotations joined again.

pytest tests/prediction/test_documents.py
"""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from sde_datasets.building.api import build
from sde_datasets.cli.main import main
from sde_datasets.errors import UsageError
from sde_datasets.prediction.annotate_file import annotate_file
from sde_datasets.prediction.completion import Completion
from sde_datasets.prediction.documents import WindowSize, join_annotations, write_documents
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.prediction_file import Provenance
from sde_datasets.prediction.text_file import TextFile
from sde_datasets.runs.samples import Split

TEXT = "The IL-2 gene is here. It binds p50. The IL-2 gene again, and p65."
MENTIONS = {"DNA": ["IL-2 gene"], "protein": ["p50", "p65"]}


def answer(text: str) -> str:
    """A complete answer in the format lines, without placeholders: every mention that the text holds."""
    found = {target: [m for m in mentions for _ in range(text.count(m))] for target, mentions in MENTIONS.items()}
    lines = [f"'{target}': '" + "', '".join(mentions) + "'" for target, mentions in found.items() if mentions]
    return "\n".join(lines) or "''"


def generate(texts, template):
    """A model that makes no mistake."""
    for id, text in texts:
        yield id, Completion(answer(text), 1, 1, "end")


@pytest.fixture
def documents(tmp_path):
    """A folder of windows of one test document, and its annotations by target and span in the whole text."""
    annotations = [
        {"target": target, "mention": mention, "start": at, "end": at + len(mention)}
        for target, mentions in MENTIONS.items()
        for mention in mentions
        for at in range(len(TEXT))
        if TEXT.startswith(mention, at)
    ]
    row = {"id": "d1", "split": "test", "text": TEXT, "annotations": annotations}
    path = tmp_path / "long.jsonl"
    path.write_text(json.dumps(row) + "\n", "utf-8")
    build(f"jsonl={path}", tmp_path / "out", task="ner", designs="lines-text-ou", max_chars=40)
    return tmp_path / "out", {(a["target"], a["start"], a["end"]) for a in annotations}


def places(row: dict) -> set[tuple[str, int, int]]:
    return {(found["target"], *found["spans"][0]) for found in row["annotations"]}


@pytest.mark.parametrize("stride", [0, 20])
def test_text_file_is_annotated_as_a_whole(documents, tmp_path, quiet, stride):
    folder, gold = documents
    template = Split.open(str(folder), "ner-lines-text-ou", "test").template
    new = tmp_path / "new.jsonl"
    new.write_text(json.dumps({"id": "d1", "text": TEXT}) + '\n{"id": "short", "text": "p50 only"}\n', "utf-8")
    provenance = Provenance(GenerationOptions(), {})
    path = annotate_file(
        TextFile(new), tmp_path / "a.jsonl", template, generate, provenance, quiet, WindowSize(40, stride)
    )
    long, short = map(json.loads, path.read_text("utf-8").splitlines())
    assert (long["id"], long["text"], places(long)) == ("d1", TEXT, gold)
    assert long["windows"][0]["offset"] == 0 and len(long["windows"]) > 1
    assert {"prompt_hash", "prediction", "stop", "defects"} <= long["windows"][0].keys()
    assert places(short) == {("protein", 0, 3)} and "windows" not in short


def test_answers_to_windows_of_a_split_are_joined(documents, tmp_path):
    folder, gold = documents
    split = Split.open(str(folder), "ner-lines-text-ou", "test")
    rows = [{"id": s.id, "prediction": c.text, "stop": c.stop} for s in split for c in [answered(s.text)]]
    answers = tmp_path / "answers.jsonl"
    answers.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    path = write_documents(split, answers)
    (row,) = map(json.loads, path.read_text("utf-8").splitlines())
    assert (row["id"], places(row), row["not_in_text"]) == ("d1", gold, [])
    assert row["offsets"] == [0, 37] and path.name == "answers.documents.jsonl"


def answered(text: str) -> Completion:
    return Completion(answer(text), 0, 0, "end")


def test_split_without_windows_has_no_documents(data, tmp_path):
    assert write_documents(Split.open(str(data), "ner-lines-text-noinst", "test"), tmp_path / "none.jsonl") is None


def test_labels_of_a_whole_text_have_no_windows(data, tmp_path, quiet):
    template = Split.open(str(data), "mabsa-lines-text-noinst", "test").template
    with pytest.raises(UsageError, match="--max-chars is for mention tasks"):
        annotate_file(
            TextFile(tmp_path / "a.txt"), tmp_path / "a.jsonl", template, generate,
            Provenance(GenerationOptions(), {}), quiet, WindowSize(40),
        )  # fmt: skip


def test_command_joins_windows(run, tmp_path):
    texts = tmp_path / "a.txt"
    texts.write_text(f"{TEXT}\n", "utf-8")
    out = tmp_path / "a.jsonl"
    arguments = ["annotate", str(run), "--input", str(texts), "--out", str(out), "--max-chars", "40", "--quiet"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    (row,) = map(json.loads, out.read_text("utf-8").splitlines())
    assert row["text"] == TEXT and len(row["windows"]) == 2


def test_a_mention_of_two_windows_is_one_and_certain_if_it_is_in_one():
    def window(start: int, **marks: bool) -> dict:
        found = {"target": "DNA", "mention": "x", "spans": [[start, start + 1]], **marks}
        return {"annotations": [found], "not_in_text": [{"target": "DNA", "mention": "y"}]}

    joined = join_annotations([(0, window(12, ambiguous=True)), (10, window(2))])
    assert joined["annotations"] == [{"target": "DNA", "mention": "x", "spans": [[12, 13]]}]
    assert joined["not_in_text"] == [{"target": "DNA", "mention": "y"}]


@given(
    st.lists(st.sampled_from(["Ana met Bo.", "It rained.", "No!"]), min_size=1), st.integers(1, 40), st.integers(0, 30)
)
def test_windows_lie_where_their_ids_say(sentences, size, stride):
    text = " ".join(sentences)
    for id, (start, end) in WindowSize(size, stride).windows("d", text):
        assert id in ("d", f"d#{start}") and text[start:end].strip() == text[start:end] != ""
