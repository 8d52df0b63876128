"""`sde.load`: designs rendered from records are what a published config gives.

pytest tests/dataset/test_load.py
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import sde_datasets as sde
from sde_datasets.dataset.split import COLUMNS, SplitSource
from tests.card.reading import build_own

pytestmark = pytest.mark.slow

DESIGNS = ("lines-text", "lines-text-defs", "inline-text-ou", "json-num-cot-instlast")
GENES = [
    {"text": "the IL-2 gene binds p65", "annotations": [{"target": "DNA", "start": 4, "end": 13}], "document": "a"},
    {"text": "p65 is here", "annotations": [{"target": "protein", "start": 0, "end": 3}], "document": "b"},
    {"text": "nothing", "split": "test", "annotations": [], "document": "c"},
]
VIEW = {"task": "ner", "definitions": {"DNA": "a molecule of genes", "protein": "a chain of amino acids"}}


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> tuple[Path, Path]:
    """The same data with all designs, and as records only."""
    base = tmp_path_factory.mktemp("load")
    (base / "all").mkdir()
    (base / "none").mkdir()
    return build_own(base / "all", GENES, VIEW, designs=DESIGNS), build_own(base / "none", GENES, VIEW, designs=())


def arrow(dataset) -> dict:
    return {split: part.with_format("arrow")[:] for split, part in dataset.items()}


@pytest.mark.parametrize("design", [*DESIGNS, "es", "records"])
def test_records_give_what_the_published_config_gives(folders, tmp_path, design):
    import datasets

    published = datasets.load_dataset(str(folders[0]), f"ner-{design}", cache_dir=str(tmp_path / "published"))
    rendered = sde.load(folders[1], f"ner-{design}", cache_dir=str(tmp_path / "rendered"))
    assert arrow(rendered) == arrow(published)
    assert {split: part.features for split, part in rendered.items()} == {
        split: part.features for split, part in published.items()
    }


def test_streaming_renders_the_same_rows(folders, tmp_path):
    loaded = sde.load(folders[1], "ner-lines-text", split="train", cache_dir=str(tmp_path))
    streamed = sde.load(folders[1], "ner-lines-text", split="train", cache_dir=str(tmp_path), streaming=True)
    assert list(streamed) == loaded.to_list()


def test_another_process_finds_the_samples_in_the_cache(folders, tmp_path):
    code = "import json, sys, sde_datasets as sde\n"
    code += "part = sde.load(sys.argv[1], 'ner-lines-text', split='train', cache_dir=sys.argv[2])\n"
    code += "print(json.dumps([entry['filename'] for entry in part.cache_files]))"
    command = [sys.executable, "-c", code, str(folders[1]), str(tmp_path)]
    first, second = (subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert json.loads(first) == json.loads(second) and Path(json.loads(first)[0]).name.startswith("cache-")


def test_a_design_that_a_folder_lacks_is_opened_from_its_records(folders):
    config = "ner-json-num-cot-instlast"
    published, rendered = (SplitSource.open(str(folder), config, "train") for folder in folders)
    columns = [*COLUMNS, "document"]
    assert list(rendered.batches(columns)) == list(published.batches(columns))
    assert rendered.rows == published.rows and rendered.identity.sha256
    rendered.check()


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ("ned-lines-text", "unknown view 'ned'"),
        ("ner-line-text", "unknown design 'line-text'"),
        ("ner-inline-text", "inline-text-ou"),
    ],
)
def test_a_config_that_there_cannot_be_is_refused(folders, config, problem):
    with pytest.raises(sde.UsageError, match=problem):
        sde.load(folders[1], config)


def test_a_design_with_definitions_is_refused_where_targets_have_none(tmp_path):
    out = build_own(tmp_path, GENES, {"task": "ner", "targets": ["DNA", "gizmo"]}, designs=())
    with pytest.raises(sde.UsageError, match="no definition of 'gizmo'"):
        sde.load(out, "ner-lines-text-defs")


def test_a_folder_that_was_not_built_is_refused(tmp_path):
    with pytest.raises(sde.InputError, match="is not a folder that sde-datasets built"):
        sde.load(tmp_path, "ner-lines-text")
