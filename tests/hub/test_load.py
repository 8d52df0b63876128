"""What `datasets.load_dataset` makes of a pushed repository: the rows and types that were built, from the files of one
config and split, with as many calls however many configs there are, and the old state by its tag or commit.

Each load is a process of its own, as a user's is.

pytest tests/hub/test_load.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sde_datasets.building.pipeline import build
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.ingest.plan import Plan, ViewPlan, completed
from tests.hub.conftest import NAME, QUIET, pushed
from tests.loopback import Hub

pytestmark = pytest.mark.slow

CONFIG = "mabsa-lines-text"
VIEWS = ("one", "two", "three")
# what every load starts with; `calls` is how many calls the Hub has counted, and asking is none
START = """
import json, os, urllib.request
import datasets
def calls():
    with urllib.request.urlopen(os.environ["HF_ENDPOINT"] + "/.calls") as answer:
        return json.load(answer)["calls"]
def told(loaded):
    return {
        split: {"rows": rows.to_list(), "types": {field.name: str(field.type) for field in rows.features.arrow_schema}}
        for split, rows in loaded.items()
    }
"""
LOAD = f"""
print(json.dumps(told(datasets.load_dataset({NAME!r}, {CONFIG!r}))))
"""


def run(hub: Hub, home: Path, code: str, **settings: str) -> dict:
    """What a fresh process prints as JSON; it asks nobody but the loopback Hub and keeps what it loads in `home`."""
    home.mkdir(exist_ok=True)
    environment = os.environ | {
        "HF_ENDPOINT": hub.url,
        "HF_TOKEN": hub.token,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_UPDATE_DOWNLOAD_COUNTS": "0",
        "HF_HOME": str(home),
        **settings,
    }
    command = [sys.executable, "-c", START + code]
    done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def fetched(hub: Hub) -> list[str]:
    """The Parquet files whose content was asked for, each as often as it was."""
    paths = [call.path for call in hub.calls if call.method == "GET" and call.path.endswith(".parquet")]
    return sorted(path.split("/", 6)[6] for path in paths)


def built(folder: Path, config: str) -> dict[str, pa.Table]:
    """The splits of a config as they lie in a built folder."""
    manifest = Manifest.load(folder)
    files = {split: manifest.files(config, split) for split in manifest.splits(config)}
    return {split: pa.concat_tables(pq.read_table(folder / path) for path in paths) for split, paths in files.items()}


def rows_of(told: dict) -> dict[str, list[dict]]:
    return {split: part["rows"] for split, part in told.items()}


def rows_built(folder: Path, config: str = CONFIG) -> dict[str, list[dict]]:
    return {split: table.to_pylist() for split, table in built(folder, config).items()}


@dataclass(frozen=True)
class Loaded:
    """A Hub with one pushed folder from which one config was loaded; what was loaded, with which calls, into where."""

    hub: Hub
    home: Path
    told: dict
    paths: list[str]
    calls: int


@pytest.fixture(scope="module")
def cold(before, tmp_path_factory) -> Iterator[Loaded]:
    """The first load of a small repository."""
    folder = tmp_path_factory.mktemp("cold")
    with Hub(folder / "hub") as hub:
        pushed(hub, before)
        hub.clear()
        told = run(hub, folder / "home", LOAD)
        yield Loaded(hub, folder / "home", told, fetched(hub), len(hub.calls))


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Iterator[tuple[Hub, Path]]:
    """A repository of more than 430 configs: every design in three views, two rows each; its Hub and its folder."""
    base = tmp_path_factory.mktemp("large")
    row = {"annotations": [{"target": "food", "label": "positive"}]}
    rows = [row | {"text": "good soup", "split": "train"}, row | {"text": "nice tea", "split": "test"}]
    (base / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    view = {"task": "mabsa", "targets": ("food",), "licence": "cc-by-4.0"}
    views = tuple(ViewPlan("jsonl", "mine.jsonl", name=name, **view) for name in VIEWS)
    build(completed(Plan(views, designs=("all",), base=base), "test"), base / "out", 1, progress=QUIET)
    with Hub(base / "hub") as hub:
        pushed(hub, base / "out")
        yield hub, base / "out"


def test_first_load_gives_the_rows_that_were_built(cold, before):
    assert rows_of(cold.told) == rows_built(before)


def test_first_load_fetches_the_files_of_its_config_once(cold, before):
    files = Manifest.load(before).config_files(CONFIG)
    assert cold.paths == sorted(files)


def test_second_load_fetches_no_data(cold, before):
    cold.hub.clear()
    assert rows_of(run(cold.hub, cold.home, LOAD)) == rows_built(before)
    assert fetched(cold.hub) == []


def test_loaded_before_loads_without_the_hub(cold, before):
    cold.hub.clear()
    assert rows_of(run(cold.hub, cold.home, LOAD, HF_HUB_OFFLINE="1")) == rows_built(before)
    assert cold.hub.calls == []


def test_streaming_fetches_one_split_and_no_other(cold, before, tmp_path):
    """The first split: of another one the library looks into the first split's file, too, for the types."""
    cold.hub.clear()
    code = f'print(json.dumps(list(datasets.load_dataset({NAME!r}, {CONFIG!r}, split="train", streaming=True))))'
    assert run(cold.hub, tmp_path / "home", code) == rows_built(before)["train"]
    assert set(fetched(cold.hub)) == set(Manifest.load(before).files(CONFIG, "train"))


@pytest.fixture(scope="module")
def everything(cold, tmp_path_factory) -> dict[str, dict]:
    """Every config of the small repository as it is loaded: its rows and types."""
    code = f"""
names = datasets.get_dataset_config_names({NAME!r})
print(json.dumps({{config: told(datasets.load_dataset({NAME!r}, config)) for config in names}}))
"""
    return run(cold.hub, tmp_path_factory.mktemp("everything") / "home", code)


def test_every_config_has_every_column_of_every_row_as_built(everything, before):
    wanted = {config: rows_built(before, config) for config in Manifest.load(before).configs()}
    assert {config: rows_of(told) for config, told in everything.items()} == wanted


def test_every_config_has_the_types_that_were_built(everything, before):
    for config, told in everything.items():
        for split, table in built(before, config).items():
            # Parquet calls the items of a list `element`
            types = {field.name: str(field.type).replace("<element:", "<item:") for field in table.schema}
            assert told[split]["types"] == types, (config, split)


def test_annotations_are_nested_and_strings_are_strings(everything):
    for config, told in everything.items():
        types = told["train"]["types"]
        assert "large_string" not in str(types), config
        assert types["id"] == "string" and types["annotations"].startswith("list<item: struct<target: string, ")


def test_tag_and_commit_give_the_old_rows_after_a_later_push(hub, before, after, tmp_path):
    old = pushed(hub, before, tag="v1").commit
    # the design of `before` is gone from main now, the records are in both
    pushed(hub, after)
    code = f"""
ask = {{"now": None, "tag": "v1", "commit": {old!r}}}
load = lambda revision: told(datasets.load_dataset({NAME!r}, "mabsa-records", revision=revision))
print(json.dumps({{name: load(revision) for name, revision in ask.items()}}))
"""
    told = {name: rows_of(found) for name, found in run(hub, tmp_path / "home", code).items()}
    was, now = rows_built(before, "mabsa-records"), rows_built(after, "mabsa-records")
    assert was != now
    assert told == {"now": now, "tag": was, "commit": was}


def test_layout_of_many_files_loads_the_same_rows(hub, before, tmp_path):
    pushed(hub, before, one_commit=3)
    assert not set(Manifest.load(before).outputs) >= {p for p in hub.repository(NAME).files() if "parquet" in p}
    assert rows_of(run(hub, tmp_path / "home", LOAD)) == rows_built(before)


def test_one_of_hundreds_of_configs_costs_no_more_calls(large, cold, tmp_path):
    hub, folder = large
    names = Manifest.load(folder).configs()
    assert len(names) > 430
    hub.clear()
    code = f"""
loaded = told(datasets.load_dataset({NAME!r}, "two-json-text-cot"))
made = calls()
print(json.dumps([loaded, made, datasets.get_dataset_config_names({NAME!r})]))
"""
    told, calls, listed = run(hub, tmp_path / "home", code)
    assert rows_of(told) == rows_built(folder, "two-json-text-cot")
    # one more: the folder of the card's first config, which is the one loaded from the small repository, is listed, too
    assert calls <= cold.calls + 1
    assert listed == names
