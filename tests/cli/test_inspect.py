"""`init` and `inspect`: what they show, the project file, and the page of HTML."""

from __future__ import annotations

from click.testing import CliRunner

from sde_datasets.cli.main import main
from sde_datasets.cli.marked import marked
from sde_datasets.ingest.plan import read_plan
from sde_datasets.records.record import Annotation, Record
from tests.builders.written import write

ROWS = [
    {"id": 1, "text": "Ana <b> Bo.", "label": [[0, 3, "PER"], [0, 10, "EVENT"]]},
    {"id": 2, "text": "It rained.", "label": []},
    {"id": 3, "text": "Nobody looked."},
]


def run(*arguments: object):
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_spans_are_marked_nested_and_overlapping():
    spans = [Annotation("A", spans=((0, 3),)), Annotation("B", spans=((0, 7),)), Annotation("C", spans=((4, 10),))]
    assert marked(Record("1", "Ana met Bo.", spans)) == "[[Ana|A] [met|B] Bo|C]."


def test_inspect_shows_records_counts_and_rejects(tmp_path):
    shown = run("inspect", write(tmp_path, "a.jsonl", ROWS))
    assert shown.output.splitlines()[:6] == [
        "a.jsonl: doccano, task ner, language en",
        "records: 2 valid (none 2), 1 rejected",
        "targets: PER 1, EVENT 1",
        "",
        "1 (a.jsonl:1)",
        "  [[Ana|PER] <b> Bo|EVENT].",
    ]
    assert "rejected: 1 record, first a.jsonl:3: unlabelled" in shown.output


def test_the_page_of_inspect_escapes_the_text(tmp_path):
    page = tmp_path / "page.html"
    assert run("inspect", write(tmp_path, "a.jsonl", ROWS), "--html", page).exit_code == 0
    text = page.read_text("utf-8")
    assert "<mark><mark>Ana<sub>PER</sub></mark> &lt;b&gt; Bo<sub>EVENT</sub></mark>." in text


def test_init_writes_a_project_file_that_builds_the_same_view(tmp_path):
    path, out = write(tmp_path, "data/a.jsonl", ROWS), tmp_path / "sde.toml"
    shown = run("init", path, "--out", out)
    assert shown.exit_code == 0 and "wrote" in shown.output
    (view,) = read_plan(out).view
    assert (view.corpus, view.path, view.task, view.targets) == ("doccano", "data/a.jsonl", "ner", ("PER", "EVENT"))
    again = run("init", path, "--out", out)
    assert again.exit_code == 2 and "exists" in again.output


def test_the_labels_of_a_label_task_and_their_evidence_are_shown(tmp_path):
    text = (
        "<sentences><sentence id='1'><text>Good soup.</text><Opinions><Opinion target='soup' category='FOOD#QUALITY' "
    )
    text += "polarity='positive' from='5' to='9'/></Opinions></sentence></sentences>"
    shown = run("inspect", write(tmp_path, "a.xml", text))
    assert "    food quality: positive (soup)" in shown.output and "labels: positive 1" in shown.output
