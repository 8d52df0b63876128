"""The builder `hf` reads a dataset of the Hub: one config, at one commit, and says which."""

from __future__ import annotations

import json
from functools import partial

import pytest
from huggingface_hub import HfApi

from sde_datasets.errors import InputError
from sde_datasets.ingest.look import look
from sde_datasets.ingest.source_plan import source_plan
from tests.hub.conftest import NAME


def lines(name: str) -> bytes:
    return json.dumps({"tokens": [name, "ran"], "ner_tags": ["B-PER", "O"]}).encode() + b"\n"


def seen(source: str):
    (found,) = look(source_plan([source], "ner"), 10)
    return found


@pytest.fixture
def dataset(hub, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.HfApi", partial(HfApi, endpoint=hub.url, token=hub.token))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    hub.create(NAME)
    files = {"README.md": b"---\n---\n", "en/train.jsonl": lines("Ana"), "de/train.jsonl": lines("Bo")}
    hub.commit(NAME, files)
    return hub


def test_a_config_of_a_dataset_is_read_at_the_commit_that_the_report_names(dataset):
    found = seen(f"hf={NAME}:de")
    assert [(r.text, r.split, r.file) for r in found.records] == [("Bo ran", "train", "hf/de/train.jsonl")]
    commit = dataset.repository(NAME).head()
    assert found.remarks == [f"read from the Hub: {NAME} at commit {commit}, config de"]
    dataset.commit(NAME, {"de/train.jsonl": lines("Carl")})
    assert seen(f"hf={NAME}@{commit}:de").records[0].text == "Bo ran"
    assert seen(f"hf={NAME}:de").records[0].text == "Carl ran"


@pytest.mark.parametrize(
    ("source", "what"),
    [(f"hf={NAME}:fr", "holds no data file of the config 'fr'"), ("hf=org/none", "nor a dataset of the Hub")],
)
def test_an_unknown_config_or_dataset_is_an_error_of_the_input(dataset, source, what):
    with pytest.raises(InputError, match=what):
        seen(source)
