"""A choice on data of the Hub: the records of the view are downloaded, and nothing else.

pytest tests/hub/test_choose.py
"""

from __future__ import annotations

from functools import partial

from huggingface_hub import HfApi

from sde_datasets.choosing.data import final_data
from sde_datasets.choosing.source import open_source
from tests.hub.conftest import NAME, QUIET, pushed


def test_the_records_of_a_repository_are_the_source_of_a_choice(hub, folder, monkeypatch, tmp_path):
    pushed(hub, folder)
    monkeypatch.setattr("huggingface_hub.HfApi", partial(HfApi, endpoint=hub.url, token=hub.token))
    source = open_source(NAME, "", tmp_path, QUIET)
    shards = [shard.path for _, shard in source.manifest.views["mabsa"].shards()]
    files = {path.relative_to(source.folder).as_posix() for path in source.folder.rglob("*") if path.is_file()}
    assert source.view == "mabsa" and files == {"manifest.json", *shards}
    # the repository has this design, so the final run reads it from there, at the same commit
    assert final_data(source, "lines-text", tmp_path / "dataset") == (NAME, source.folder.name)
