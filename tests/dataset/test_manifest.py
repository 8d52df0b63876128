"""The typed manifest: what is written is read back, and files, splits and rows of configs follow from it.

pytest tests/dataset/test_manifest.py
"""

from __future__ import annotations

import json

import pytest

from sde_datasets.dataset.corpus_facts import CorpusFacts
from sde_datasets.dataset.manifest import FileEntry, Manifest, claim_folder
from sde_datasets.dataset.report import Report
from sde_datasets.dataset.view_state import RecordShard, ViewFigures, ViewState
from sde_datasets.errors import InputError, NoSplit, UsageError
from sde_datasets.tasks.task import get_task


def make_manifest(designs: tuple[str, ...] = ("natural-text", "lines-text")) -> Manifest:
    """A manifest of one view with two shards of training records, and one of test records."""
    shards = {
        "train": ("train-00000-of-00002", "train-00001-of-00002"),
        "test": ("test-00000-of-00001",),
    }
    outputs = {"configs.csv": FileEntry(10, "c")}
    for name in ("records", *designs):
        for split, files in shards.items():
            for file in files:
                characters = (None, None) if name == "records" else (30, 12)
                entry = FileEntry(100, file, f"ner-{name}", split, 3, *characters)
                outputs[f"data/ner-{name}/{file}.parquet"] = entry
    records = {
        split: tuple(RecordShard(f"data/ner-records/{file}.parquet", 3, 100, file) for file in files)
        for split, files in shards.items()
    }
    report = Report(split_rule="as published")
    report.splits.update({"test": 3, "train": 6})
    view = ViewState(
        corpus="jsonl",
        task="ner",
        language="en",
        schema=get_task("ner").schema(("DNA", "RNA"), "en", "test"),
        spec="s",
        listing="l",
        opened=("a.jsonl",),
        inputs={"jsonl/a.jsonl": "h"},
        report=report,
        records=records,
        facts=CorpusFacts(title="Own data (jsonl)", own=True),
        hub={"tags": ["ner"]},
        wordings=get_task("ner").wordings["en"],
        definitions={"DNA": "a molecule"},
        designs=designs,
        figures=ViewFigures(90, {"DNA": {"mentions": 2}}, {"DNA": 2}, 1),
    )
    return Manifest("Genes", "org/genes", False, {"ner": view}, outputs, "plan", "sde-datasets build")


def test_a_saved_manifest_is_loaded_as_it_was(tmp_path):
    manifest = make_manifest()
    manifest.save(tmp_path)
    assert Manifest.load(tmp_path) == manifest
    assert Manifest.load(tmp_path).to_json() == (tmp_path / "manifest.json").read_text("utf-8")


def test_the_written_form_has_the_keys_that_earlier_versions_wrote():
    written = json.loads(make_manifest().to_json())
    assert list(written) == ["format", "name", "repository", "bundled", "views", "outputs", "plan", "command"]
    assert written["outputs"]["configs.csv"] == {"bytes": 10, "sha256": "c"}
    shard = {"config": "ner-records", "split": "test", "rows": 3, "bytes": 100, "sha256": "test-00000-of-00001"}
    assert written["outputs"]["data/ner-records/test-00000-of-00001.parquet"] == shard
    assert {"prompt_characters", "completion_characters"} < set(
        written["outputs"]["data/ner-lines-text/test-00000-of-00001.parquet"]
    )
    assert written["views"]["ner"]["schema"]["targets"] == ["DNA", "RNA"]


def test_configs_are_designs_aliases_and_records():
    assert make_manifest().configs() == ["ner-natural-text", "ner-lines-text", "ner-es", "ner-records"]


def test_an_alias_has_the_files_of_its_design():
    manifest = make_manifest()
    assert manifest.files("ner-es", "train") == manifest.files("ner-lines-text", "train")
    assert manifest.files("ner-es", "test") == ["data/ner-lines-text/test-00000-of-00001.parquet"]


def test_splits_rows_and_means_of_a_config():
    manifest = make_manifest()
    assert manifest.splits("ner-records") == ["train", "test"]
    assert manifest.rows("ner-records", "train") == 6
    assert manifest.split_rows("ner-lines-text") == {"train": 6, "test": 3}
    assert manifest.mean_characters("ner-lines-text") == (10, 4)


def test_the_default_config_is_lines_text_or_the_first_design_or_records():
    assert make_manifest().default_config() == "ner-lines-text"
    assert make_manifest(("json-text", "list-text-ou")).default_config() == "ner-json-text"
    assert make_manifest(()).default_config() == "ner-records"


def test_an_unknown_config_or_split_is_named():
    with pytest.raises(UsageError, match=r"unknown config 'ner-line-text'\. Did you mean ner-lines-text"):
        make_manifest().files("ner-line-text", "train")
    with pytest.raises(NoSplit, match="validation"):
        make_manifest().files("ner-lines-text", "validation")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "is not a manifest"),
        ("[]", "is not a manifest"),
        ("{}", r"is not a manifest \('format'\)"),
        ('{"format": 1}', "has the format 1, not 3"),
        ('{"format": 3}', r"is not a manifest \(it lacks outputs, repository, views\)"),
        ('{"format": 3, "views": [], "outputs": {}, "repository": ""}', "is not a manifest"),
        ('{"format": 3, "views": {"a": {}}, "outputs": {}, "repository": ""}', "is not a manifest"),
    ],
)
def test_a_file_that_is_not_a_manifest_is_refused_with_its_path(tmp_path, text, problem):
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=rf"manifest\.json: {problem}"):
        Manifest.load(tmp_path)


def test_a_claimed_folder_is_incomplete_and_gives_its_earlier_manifest(tmp_path):
    manifest = make_manifest()
    manifest.save(tmp_path)
    assert claim_folder(tmp_path) == manifest
    with pytest.raises(InputError, match="was not built to its end"):
        Manifest.load(tmp_path)
    # a build that is killed here and run again still finds it
    assert claim_folder(tmp_path) == manifest


def test_a_claimed_folder_of_another_format_is_built_anew(tmp_path):
    (tmp_path / "manifest.json").write_text('{"format": 1, "views": {}}', encoding="utf-8")
    assert claim_folder(tmp_path) is None
