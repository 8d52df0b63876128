"""The command line: light to start, and every mistake is one clear line with the right exit code.

pytest tests/cli/test_cli.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from sde_datasets.cli.main import main

SAMPLES = Path(__file__).resolve().parents[2] / "builders" / "samples"
ROW = {"text": "good soup", "annotations": [{"target": "food", "label": "positive"}]}


def sde(*args: object):
    return CliRunner().invoke(main, [str(a) for a in args])


def fails(result, code: int, *says: str) -> None:
    assert result.exit_code == code, result.output
    assert all(word in result.output for word in says), result.output
    assert "Traceback" not in result.output


def test_help_imports_nothing_heavy():
    run = "main(['-h'], standalone_mode=False)"
    code = f"import sys; from sde_datasets.cli.main import main; {run}; print(sorted(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "build" in out
    for module in ("torch", "transformers", "datasets", "pyarrow", "numpy", "sklearn", "rich", "huggingface_hub"):
        assert f"'{module}'" not in out


def test_ctrl_c_within_a_destructor_is_not_lost():
    code = """
import sys, time
from sde_datasets.cli.main import _interrupt_again
class Thing:
    def __del__(self):
        raise KeyboardInterrupt
sys.unraisablehook = _interrupt_again
Thing()
time.sleep(30)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20)
    assert "KeyboardInterrupt" in ended.stderr and "Exception ignored" not in ended.stderr


def test_corpora_lists_every_builder():
    out = sde("corpora").output
    assert all(name in out for name in ("genia", "maven", "asap", "acos", "mams", "brat", "jsonl", "csv", "synthetic"))


def test_designs_as_a_table_and_in_words():
    assert "ner-list-num-rcot-ou-noinst" in sde("designs", "--view", "ner").output
    assert "13 designs here" in sde("designs", "--designs", "paper").output
    said = sde("designs", "--view", "mabsa", "--explain", "lines-text-cot").output
    assert 'food: "The tuna was great" -> positive' in said and "instruction before the text" in said


def test_build_show_and_check_own_data(tmp_path):
    data = tmp_path / "mine.jsonl"
    data.write_text("".join(json.dumps(ROW | {"text": f"good soup {n}"}) + "\n" for n in range(40)))
    built = sde("build", "--source", f"jsonl={data}", "--task", "mabsa", "--out", tmp_path / "out", "--quiet")
    assert built.exit_code == 0 and "files written" in built.output
    shown = sde("show", tmp_path / "out", "mabsa-es", "--n", 2).output
    assert shown.count("food: positive") == 2 and "Output:" in shown
    assert "good soup" in sde("show", tmp_path / "out", "mabsa-records", "--n", 1).output
    checked = sde("check", tmp_path / "out", "--quiet")
    assert checked.exit_code == 0 and "all right" in checked.output


def build(tmp_path, *args: object):
    return sde("build", "--out", tmp_path / "out", "--quiet", *args)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--source", "genai=x"], ["unknown corpus 'genai'", "genia"]),
        (["--source", "genia"], ["CORPUS=PATH"]),
        (["--source", f"jsonl={__file__}"], ["needs a task"]),
        (["--source", f"maven:some={SAMPLES / 'ed'}"], ["no subset 'some'", "all"]),
        (["--source", f"maven={SAMPLES / 'ed'}", "--designs", "line-text"], ["no design matches", "lines-text"]),
        (["--source", f"jsonl={__file__}", "--task", "nre"], ["unknown task 'nre'", "ner"]),
        (["--source", "synthetic=rows=5,sed=3", "--task", "ner"], ["no option 'sed'", "seed"]),
        (["--source", f"maven={SAMPLES / 'ed'}", "--designs", "de-lines-text"], ["unknown view 'de'", "ed"]),
    ],
)
def test_bad_usage_exits_with_2_and_names_the_nearest(tmp_path, args, says):
    fails(build(tmp_path, *args), 2, *says)


def test_source_and_plan_together_are_refused(tmp_path):
    fails(build(tmp_path, "--source", "genia=x", "--plan", "sde.toml"), 2, "not both")


def truncated(path: Path) -> Path:
    whole = path.with_name("whole.tgz")
    with tarfile.open(whole, "w:gz") as archive:
        archive.add(SAMPLES / "ner" / "corpus.xml", "corpus.xml")
    path.write_bytes(whole.read_bytes()[:5000])
    return path


def escaping(path: Path) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        archive.add(SAMPLES / "ner" / "corpus.xml", "../../corpus.xml")
    return path


BAD_FILES = {
    "empty": ("jsonl", lambda p: p.write_text("") and p, "is empty"),
    "not the format": ("jsonl", lambda p: p.write_text("hello\nworld\n") and p, "JSON"),
    "not XML": ("genia", lambda p: p.write_text("hello") and p, ""),
    "wrong encoding": ("jsonl", lambda p: p.write_bytes(b'{"text": "caf\xe9"}\n') and p, "UTF-8"),
    "missing": ("jsonl", lambda p: p, "does not exist"),
    "truncated archive": ("genia", truncated, "complete tar archive"),
    "member with ..": ("genia", escaping, "points out of the archive"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_what_concerns_the_whole_file_stops_with_exit_1(tmp_path, name):
    corpus, make, says = BAD_FILES[name]
    path = tmp_path / (
        "bad.tgz" if "archive" in name or "member" in name else "bad.xml" if "XML" in name else "bad.jsonl"
    )
    make(path)
    task = ["--task", "mabsa"] if corpus == "jsonl" else []
    fails(build(tmp_path, "--source", f"{corpus}={path}", *task), 1, "error:", says)
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_rejects_alone_do_not_fail_but_strict_does(tmp_path):
    data = tmp_path / "mine.jsonl"
    bad = json.dumps(ROW | {"text": "x"})[:30] + "\n" + json.dumps({"text": "y"}) + "\n"
    data.write_text(json.dumps(ROW) + "\n" + json.dumps(ROW | {"text": "z"}) + "\n" + bad)
    args = ("--source", f"jsonl={data}", "--task", "mabsa")
    assert build(tmp_path, *args).exit_code == 0
    assert len((tmp_path / "out/rejects.jsonl").read_text().splitlines()) == 2
    fails(build(tmp_path, *args, "--strict"), 1, "jsonl", "2 rejects")


@pytest.mark.parametrize(("share", "kept"), [("0", 1), ("0.5", 2), ("1", 3)])
def test_max_empty_reaches_the_build(tmp_path, share, kept):
    rows = [ROW, ROW | {"text": "x", "annotations": []}, ROW | {"text": "y", "annotations": []}]
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = f"jsonl={tmp_path / 'train.jsonl'}"
    assert build(tmp_path, "--source", source, "--task", "mabsa", "--max-empty", share).exit_code == 0
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert manifest["views"]["mabsa"]["report"]["records"]["kept"] == kept


def test_nothing_but_rejects_fails_and_shows_the_first(tmp_path):
    (tmp_path / "mine.jsonl").write_text(json.dumps({"text": "y"}) + "\n")
    result = build(tmp_path, "--source", f"jsonl={tmp_path / 'mine.jsonl'}", "--task", "mabsa")
    fails(result, 1, "error:")


def test_unknown_config_split_and_folder_of_show(tmp_path):
    data = tmp_path / "mine.jsonl"
    data.write_text(json.dumps(ROW) + "\n")
    build(tmp_path, "--source", f"jsonl={data}", "--task", "mabsa")
    fails(sde("show", tmp_path / "out", "mabsa-line-text"), 2, "mabsa-lines-text")
    fails(sde("show", tmp_path / "out", "mabsa-es", "--split", "trian"), 2, "train")
    fails(sde("show", tmp_path, "mabsa-es"), 1, "not a folder that sde-datasets built")


def test_a_reader_that_goes_away_is_no_error():
    command = f"{sys.executable} -m sde_datasets designs | head -1"
    result = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, env=os.environ)
    assert "Traceback" not in result.stderr and "axis" in result.stdout
