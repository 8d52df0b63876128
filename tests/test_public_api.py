"""The public API: every name has examples that run, imports are lazy, and rendering equals what a build writes."""

from __future__ import annotations

import doctest
import pkgutil
import subprocess
import sys
from importlib import import_module

import pyarrow.parquet as pq
import pytest

import sde_datasets as sde
from sde_datasets.building.pipeline import build
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.ingest.plan import bundled_plan, read_plan
from sde_datasets.records.schema import Schema
from sde_datasets.utils.progress import Progress

NAMES = [name for name in sde.__all__ if name != "__version__"]


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_has_examples_that_run(name):
    finder, runner = doctest.DocTestFinder(recurse=False), doctest.DocTestRunner()
    public = getattr(sde, name)
    examples = [test for test in finder.find(public, name, module=import_module(public.__module__)) if test.examples]
    assert examples
    for example in examples:
        runner.run(example)
    assert not runner.failures


def test_public_names_are_not_hidden_by_packages():
    for module in pkgutil.walk_packages(sde.__path__, "sde_datasets."):
        # a harness imports its tool, which is not installed here
        if not module.name.endswith("__main__") and not module.name.startswith("sde_datasets.export.harness."):
            import_module(module.name)
    for name in NAMES:
        assert callable(getattr(sde, name)), name
    with pytest.raises(AttributeError, match="has no attribute 'rendered'"):
        sde.rendered  # noqa: B018


def test_import_loads_no_heavy_library():
    code = "import sys, sde_datasets; dir(sde_datasets); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"torch", "transformers", "datasets", "pyarrow", "numpy", "polars", "pydantic", "click", "rich"}
    assert not heavy & set(loaded)


@pytest.fixture(scope="module")
def bundled(tmp_path_factory):
    """The bundled corpora under designs that differ on every axis."""
    folder = tmp_path_factory.mktemp("bundled") / "out"
    designs = ("natural-text", "lines-num-cot-ou-instlast", "json-text-rcot-noinst", "list-text-cot")
    plan = read_plan(bundled_plan())
    build(type(plan)(**(vars(plan) | {"designs": designs})), folder, workers=1, progress=Progress(quiet=True))
    return folder


def records_of(folder, view: str) -> list[sde.Record]:
    manifest = Manifest.load(folder)
    rows = pq.read_table(folder / manifest.files(f"{view}-records", "test")[0]).to_pylist()
    return [sde.Record(row["id"], row["text"], [annotation_of(each) for each in row["annotations"]]) for row in rows]


def annotation_of(row: dict) -> sde.Annotation:
    spans = [(span["start"], span["end"]) for span in row["spans"]]
    evidence = [(piece["start"], piece["end"]) for piece in row["evidence"]]
    return sde.Annotation(row["target"], row["label"], row["mention"], spans, evidence, row["origin"])


@pytest.mark.parametrize("view", ["ner", "ed", "mabsa", "mabsa_zh"])
def test_render_writes_what_a_build_writes_and_parse_reads_it(bundled, view):
    manifest = Manifest.load(bundled)
    for design in manifest.views[view].designs:
        samples = pq.read_table(bundled / manifest.files(f"{view}-{design}", "test")[0]).to_pylist()
        schema = Schema.from_json(samples[0]["schema"])
        rendered = sde.render(records_of(bundled, view), design, schema)
        assert [(each.prompt, each.completion) for each in rendered] == [
            (row["prompt"], row["completion"]) for row in samples
        ]
        for record, sample in zip(records_of(bundled, view), rendered, strict=True):
            answer = sde.parse(sample.completion, design, schema, text=record.text)
            targets = {annotation.target for annotation in record.annotations}
            assert not answer.defects and set(answer.values) == targets
    assert sde.render(records_of(bundled, view)[0], design, schema) == rendered[0]


def test_render_names_the_record_and_what_is_wrong_with_it():
    schema = sde.schema("ner", targets=["DNA"])
    record = sde.Record("a1", "The IL-2 gene.", [sde.Annotation("RNA", spans=[(4, 8)])])
    with pytest.raises(sde.InputError, match=r"a1: unknown target 'RNA'"):
        sde.render(record, "lines-text", schema)


def test_parse_takes_lists_and_missing_answers():
    schema = sde.schema("mabsa", targets=["food"])
    first, second = sde.parse(["food: negative", None], "lines-text", schema)
    assert first.values == {"food": "negative"} and [defect.name for defect in second.defects] == ["empty"]


def test_read_warns_of_rejected_records(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text('{"id": "a", "text": "Good.", "annotations": []}\n{"id": "b", "text": ""}\n', "utf-8")
    corpus = sde.read("jsonl", path, task="mabsa", targets=["food"])
    with pytest.warns(UserWarning, match="1 of 2 records were rejected, first at mine.jsonl:2"):
        assert [record.id for record in corpus] == ["a"]


def test_read_names_an_unknown_key():
    with pytest.raises(sde.UsageError, match=r"unknown key 'target'.*Did you mean targets"):
        sde.read("synthetic", task="mabsa", target=["food"])
