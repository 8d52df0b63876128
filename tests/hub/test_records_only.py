"""A push of records alone: `sde.load` and what opens splits give every design, equal to a push of all designs.

pytest tests/hub/test_records_only.py
"""

from __future__ import annotations

import json

import pytest

from sde_datasets.dataset.manifest import Manifest
from tests.hub.commands import done, push
from tests.hub.conftest import NAME
from tests.hub.test_load import CONFIG, rows_built, rows_of, run

pytestmark = pytest.mark.slow


def test_records_alone_are_pushed_and_give_the_samples(here, before, tmp_path):
    said = done(push(before, NAME, "--yes", "--records-only"))
    assert f'sde.load("{NAME}", "{CONFIG}")' in said
    files = here.repository(NAME).files()
    assert sorted({path.split("/")[1] for path in files if path.endswith(".parquet")}) == ["mabsa-records"]
    assert f'sde.load("{NAME}", "{CONFIG}")' in files["README.md"].decode()
    here.clear()
    code = f"""
import sde_datasets as sde
from sde_datasets.dataset.split import SplitSource
source = SplitSource.open({NAME!r}, "mabsa-json-text", "test")
print(json.dumps([told(sde.load({NAME!r}, {CONFIG!r})), source.rows, source.identity.revision]))
"""
    told, rows, revision = run(here, tmp_path / "home", code)
    assert rows_of(told) == rows_built(before, CONFIG)
    assert rows == 1 and revision == here.repository(NAME).head()


def test_a_push_of_records_replaces_one_of_all_designs_and_the_other_way_round(here, before):
    done(push(before, NAME, "--yes"))
    everything = here.repository(NAME).files()
    done(push(before, NAME, "--yes", "--records-only"))
    alone = here.repository(NAME).files()
    assert set(everything) - set(alone) == {
        path for path in everything if CONFIG in path or "completions" in path or path == "configs.csv"
    }
    assert set(json.loads(alone["manifest.json"])["outputs"]) == set(alone) - {
        "README.md",
        "manifest.json",
        ".gitattributes",
    }
    done(push(before, NAME, "--yes"))
    assert here.repository(NAME).files() == everything


def test_the_folder_keeps_its_designs(here, before):
    done(push(before, NAME, "--yes", "--records-only"))
    assert CONFIG in Manifest.load(before).configs()
