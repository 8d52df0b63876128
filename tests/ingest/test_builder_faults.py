"""Builders of other people: a fault in one is one line, a file of one's own is enough, and `check-builder` tries it.

pytest tests/ingest/test_builder_faults.py
"""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from sde_datasets.cli.main import main
from sde_datasets.dataset.manifest import Manifest

CONLL = Path(__file__).parents[1] / "plugin" / "conll_builder.py"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "add-a-corpus.md"
SENTENCES = "Anna\tB-PER\nBo\tI-PER\nmet\tO\n\nAcme\tB-ORG\nfell\tO\n"
BUILDER = """\
from sde_datasets.ingest.builder import Builder
from sde_datasets.records.record import Annotation, Record, Reject

def read(context):
    yield Record("first", "Anna met Bo.", [Annotation("PER", mention="Anna", spans=((0, 4),))], file="a.txt", line=1)
    {}

BUILDER = Builder("mine", "ner", read, {{"": ("PER",)}})
"""
SPANS = "A tuple of (start, end) is expected, both whole numbers (int)"


def sde(*args: object, code: int = 0) -> str:
    result = CliRunner().invoke(main, list(map(str, args)))
    assert result.exit_code == code, result.output
    return result.output


def mine(folder: Path, line: str) -> Path:
    """A builder whose second item is made by `line`, and an empty corpus for it."""
    (folder / "corpus").mkdir(exist_ok=True)
    path = folder / "mine.py"
    path.write_text(BUILDER.format(line), "utf-8")
    return path


@pytest.mark.parametrize(
    ("annotation", "wrong"),
    [
        ("Annotation('PER', spans=[(0, 4)])", f"spans is list [(0, 4)]. {SPANS}"),
        ("Annotation('PER', spans=((0.0, 4),))", f"spans holds tuple (0.0, 4). {SPANS}"),
        ("Annotation('PER', spans=((0, None),))", f"spans holds tuple (0, None). {SPANS}"),
        ("Annotation('PER', spans=([0, 4],))", f"spans holds list [0, 4]. {SPANS}"),
        ("Annotation('PER', spans=None)", f"spans is None. {SPANS}"),
        ("Annotation('PER', evidence=(0, 4))", f"evidence holds int 0. {SPANS}"),
        ("Annotation(None, mention='Anna')", "target is None. A string is expected"),
        ("Annotation('PER', label=1)", "label is int 1. A string or None is expected"),
        ("Annotation('PER', mention=b'Anna')", "mention is bytes b'Anna'. A string or None is expected"),
        ("None", "it is None. Annotation(target, label, mention, spans, evidence) is expected"),
        ("('PER', None, 'Anna')", "it is tuple ('PER', None, 'Anna'). Annotation("),
    ],
)
def test_a_wrong_annotation_names_builder_record_and_what_is_expected(tmp_path, annotation, wrong):
    path = mine(tmp_path, f"yield Record('r2', 'Anna met Bo.', [{annotation}], file='a.txt', line=2)")
    said = sde("check-builder", path, tmp_path / "corpus", "--quiet", code=1)
    assert said.startswith(f"error: builder 'mine', record 'r2' (a.txt:2): annotation 1: {wrong}"), said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("yield None", "after record 'first' (a.txt:1): it yielded None. Yield Record or Reject"),
        ("yield Record(None, 'x', [])", "a record: id is None. A string is expected"),
        ("yield Record('r', None, [])", "record 'r': text is None. A string is expected"),
        ("yield Record('r', 'x', ())", "record 'r': annotations is tuple (). A list of Annotation is expected"),
        ("yield Record('r', 'x', [], split=1)", "record 'r': split is int 1. A string or None is expected"),
        ("yield Record('r', 'x', [], line='3')", "record 'r': line is str '3'. A whole number (int) is expected"),
        ("yield Reject('a.txt', 2, None)", "a record (a.txt:2): it yielded Reject(file='a.txt', line=2, reason=None"),
        ("{}['x']", "after record 'first' (a.txt:1): failed with KeyError: 'x'. See mine.py, line 6"),
        ("open('/nowhere/at/all')", "failed with FileNotFoundError"),
    ],
)
def test_a_wrong_item_and_an_error_of_the_builder(tmp_path, line, wrong):
    said = sde("check-builder", mine(tmp_path, line), tmp_path / "corpus", "--quiet", code=1)
    assert said.startswith("error: builder 'mine', ") and wrong in said and said.count("\n") == 1, said


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ("x = (", "cannot be imported ('(' was never closed"),
        ("import nothing_there", "cannot be imported (No module named 'nothing_there')"),
        ("x = y", "cannot be imported (NameError: name 'y' is not defined, line 1 of bad.py)"),
        ("x = 1", "BUILDER in bad.py is not a Builder"),
        ("BUILDER = 'mine'", "BUILDER in bad.py is not a Builder"),
    ],
)
def test_a_file_that_is_no_builder(tmp_path, content, wrong):
    (tmp_path / "bad.py").write_text(content)
    assert wrong in sde("check-builder", tmp_path / "bad.py", tmp_path, code=2)


def test_a_name_that_an_installed_builder_has_is_refused(tmp_path):
    path = mine(tmp_path, "pass")
    path.write_text(path.read_text().replace('"mine"', '"genia"'))
    assert "an installed builder is named 'genia', too" in sde("check-builder", path, tmp_path, code=2)


@pytest.fixture
def corpus(tmp_path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for split in ("train", "test"):
        (folder / f"{split}.conll").write_text(SENTENCES)
    return folder


def test_the_builder_in_the_documentation_passes_check_builder(corpus):
    assert CONLL.read_text("utf-8").strip() in PAGE.read_text("utf-8")
    (corpus / "dev.conll").write_text("Anna\tX\n")
    said = sde("check-builder", CONLL, corpus, "--quiet").splitlines()
    assert said[:4] == [
        "builder      conll_files: ner, 4 targets (PER, ORG, LOC, MISC)",
        "records      4 kept, 5 read, 1 rejected",
        "annotations  4 kept, 0 merged, 0 outside, 4 read",
        "splits       2 test, 2 train",
    ]
    assert said[4].startswith("rejected     conll_files/dev.conll:1: the sentence is not token<TAB>tag ('X' is not a")
    assert said[5:] == ["read again   the same records"]


def test_a_builder_in_a_file_builds_and_its_change_is_read_again(tmp_path, corpus):
    builder = tmp_path / "conll_builder.py"
    builder.write_text(CONLL.read_text("utf-8"), "utf-8")
    out = tmp_path / "out"
    command = ["build", "--builder", builder, "--source", f"conll_files={corpus}", "--out", out, "--designs", "es"]
    sde(*command, "--quiet")
    (path,) = (out / "data" / "ner-records").glob("train-*.parquet")
    assert [[a["mention"] for a in row["annotations"]] for row in pq.read_table(path).to_pylist()] == [
        ["Anna Bo"],
        ["Acme"],
    ]
    manifest = Manifest.load(out)
    assert 'builders = ["conll_builder.py"]' in manifest.plan
    spec = manifest.views["ner"].spec
    builder.write_text(builder.read_text("utf-8") + "# changed\n", "utf-8")
    sde(*command, "--quiet")
    assert Manifest.load(out).views["ner"].spec != spec
    # the plan of the card builds the same
    (tmp_path / "sde.toml").write_text(manifest.plan.replace('path = "corpus"', f'path = "{corpus}"'))
    sde("build", "--plan", tmp_path / "sde.toml", "--out", tmp_path / "again", "--quiet")
    again = Manifest.load(tmp_path / "again").views["ner"]
    assert again.report == manifest.views["ner"].report


def test_a_builder_that_reads_something_else_the_second_time_is_told(tmp_path):
    path = mine(tmp_path, "times.append(1); yield Record(f'r{len(times)}', 'Anna met Bo.', [])")
    path.write_text(f"times = []\n{path.read_text()}")
    said = sde("check-builder", path, tmp_path / "corpus", "--quiet", code=1)
    assert "builder 'mine': a second reading differs (records)" in said


def test_a_builder_option_without_a_source(tmp_path):
    said = sde("build", "--builder", "x.py", "--out", tmp_path / "out", code=2)
    assert "--builder" in said and "need --source; a plan has keys for them" in said


@pytest.mark.parametrize(
    ("sources", "task", "wrong"),
    [
        (["genia=x"], "ed", "--task ed fits no source: genia is for ner"),
        (["brat=x"], "mabsa", "--task mabsa fits no source: brat is for ner or ed"),
    ],
)
def test_a_task_that_no_source_takes_is_refused(tmp_path, sources, task, wrong):
    given = [word for source in sources for word in ("--source", source)]
    assert wrong in sde("build", *given, "--task", task, "--out", tmp_path / "out", code=2)


def test_a_reader_in_40_lines_reads_drafts_and_recognises_its_files(tmp_path):
    from sde_datasets.ingest.builder import builder_in
    from sde_datasets.ingest.look import look
    from sde_datasets.ingest.recognise import Head
    from sde_datasets.ingest.source_plan import source_plan

    file, rows = CONLL.with_name("tweet_builder.py"), b'{"id": 1, "tweet": "Ana left", "marks": [["PER", 0, 3]]}\n'
    (tmp_path / "a.jsonl").write_bytes(rows)
    (found,) = look(source_plan([f"tweets={tmp_path / 'a.jsonl'}"], "", builders=(str(file),)), 1)
    assert [(a.target, a.mention) for a in found.records[0].annotations] == [("PER", "Ana")]
    assert builder_in(file).recognise(Head("a.jsonl", rows)).why == "labelled tweets"
    assert len(file.read_text("utf-8").splitlines()) <= 40
