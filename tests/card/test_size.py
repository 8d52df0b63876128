"""Folders of more than 600 configs and of many shards: the card stays small and names exactly the files there are.

pytest tests/card/test_size.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from datasets import get_dataset_config_names

from sde_datasets.card.dataset import render
from sde_datasets.card.stats import example_samples
from sde_datasets.dataset.file_patterns import file_pattern
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.ingest import split_assigner as settle
from sde_datasets.ingest import validate as collect
from tests.card.reading import build_own, build_views, card_of, front_of, opinion, rows_in, sections, write_rows

pytestmark = pytest.mark.slow

MOST = 400_000
SPLITS = ("train", "dev", "test")


def rows(count: int) -> list[dict]:
    labels = ("positive", "neutral", "negative")
    return [
        opinion(
            f"the soup number {n} was what we came for, and the tea", SPLITS[n % 3], food=labels[n % 3], tea="neutral"
        )
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def wide(tmp_path_factory) -> Path:
    """Five views under every design, 740 configs."""
    folder = tmp_path_factory.mktemp("wide")
    write_rows(folder / "mine.jsonl", rows(20))
    given = {"corpus": "jsonl", "path": "mine.jsonl", "task": "mabsa"}
    views = [given | {"name": f"mabsa_{name}"} for name in ("restaurants", "laptops", "hotels", "books", "phones")]
    return build_views(folder, views, designs=("all",))


def test_more_than_600_configs_are_less_than_400_kb(wide):
    assert len(front_of(card_of(wide))["configs"]) == 740
    assert (wide / "README.md").stat().st_size < MOST


def test_many_configs_are_found_by_name(wide):
    assert len(set(get_dataset_config_names(str(wide)))) == 740


def test_every_config_is_in_the_catalogue_or_another_name(wide):
    listed = [line.partition(",")[0] for line in (wide / "configs.csv").read_text("utf-8").splitlines()[1:]]
    named = {config["config_name"] for config in front_of(card_of(wide))["configs"]}
    others = {
        f"mabsa_{v}-{o}"
        for v in ("restaurants", "laptops", "hotels", "books", "phones")
        for o in ("es", "ew", "heuristic", "records")
    }
    assert len(set(listed)) == len(listed) == 720 and set(listed) | others == named


def test_tables_of_many_designs_are_folded(wide):
    assert sections(card_of(wide))["Views and designs"].count("<summary>The 144 configs</summary>") == 5


def test_the_configs_take_a_fifth_less_than_json_with_whole_file_names(wide):
    front = card_of(wide).split("---\n")[1].partition("configs:\n")[2]
    configs = front_of(card_of(wide))["configs"]
    whole = json.dumps(configs).replace("-*", "-00000-of-00001.parquet")
    assert len(front) < 0.8 * len(whole)


def test_600_configs_of_many_shards_are_still_small(wide):
    manifest = Manifest.load(wide)
    outputs = {}
    for path, entry in manifest.outputs.items():
        if not entry.config:
            outputs[path] = entry
        for i in range(200) if entry.config else ():
            outputs[path.replace("-00000-of-00001", f"-{i:05d}-of-00200")] = entry
    shown = example_samples(wide, manifest)
    assert len(render(replace(manifest, outputs=outputs), shown).encode()) < MOST


# --- shards


@pytest.fixture(scope="module")
def sharded(tmp_path_factory) -> Path:
    """A train split of three shards beside a test split of one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settle, "SHARD_RECORDS", 70)
        patch.setattr(settle, "BATCH_CHARACTERS", 500)
        patch.setattr(collect, "BATCH_CHARACTERS", 500)
        many = [opinion(f"the soup number {n} was good", "train" if n < 200 else "test") for n in range(210)]
        return build_own(tmp_path_factory.mktemp("sharded"), many, designs=("lines-text", "json-text"))


def paths_of(folder: Path) -> dict[tuple[str, str], str]:
    listed = front_of(card_of(folder))["configs"]
    return {(c["config_name"], entry["split"]): entry["path"] for c in listed for entry in c["data_files"]}


def test_each_pattern_finds_the_files_of_its_split_and_no_other(sharded):
    outputs = Manifest.load(sharded).outputs
    for (config, split), pattern in paths_of(sharded).items():
        config = config.replace("mabsa-es", "mabsa-lines-text")
        wanted = {p for p, entry in outputs.items() if (entry.config, entry.split) == (config, split)}
        assert {path.relative_to(sharded).as_posix() for path in sharded.glob(pattern)} == wanted


@pytest.mark.parametrize("config", ["mabsa-json-text", "mabsa-es", "mabsa-records"])
def test_loading_gives_the_rows_of_all_shards_in_order(sharded, tmp_path, config):
    script = (
        "import json, sys; from datasets import load_dataset; "
        "print(json.dumps({k: list(v['id']) for k, v in load_dataset(sys.argv[1], sys.argv[2]).items()}))"
    )
    env = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    command = [sys.executable, "-c", script, str(sharded), config]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    found = rows_in(sharded, config.replace("mabsa-es", "mabsa-lines-text"))
    ids = {split: [row["id"] for row in found if row["_split"] == split] for split in ("train", "test")}
    assert json.loads(done.stdout.splitlines()[-1]) == ids and len(ids["train"]) == 200


@pytest.mark.parametrize(
    ("paths", "named"),
    [
        (["d/a-00000-of-00001.parquet"], "d/a-*"),
        (["d/a-00000-of-00002.parquet", "d/a-00001-of-00002.parquet"], "d/a-*"),
        (["d/a-00001-of-00002.parquet"], "d/a-00001-of-00002.parquet"),
        # a set with a gap, of two counts, or of two splits is named file by file
        (["d/a-00000-of-00003.parquet", "d/a-00001-of-00003.parquet"], None),
        (["d/a-00000-of-00002.parquet", "d/a-00001-of-00003.parquet"], None),
        (["d/a-00000-of-00002.parquet", "d/b-00001-of-00002.parquet"], None),
        (["d/one.parquet", "d/two.parquet"], None),
    ],
)
def test_only_a_whole_set_of_shards_is_a_pattern(paths, named):
    assert file_pattern(paths) == (named or paths)
