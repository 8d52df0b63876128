"""A loopback Hub with small pages and parts, a client of it, and a repository with three files."""

from __future__ import annotations

import pytest
from huggingface_hub import HfApi
from huggingface_hub.utils import disable_progress_bars

from tests.loopback import Hub
from tests.loopback.client import NAME

disable_progress_bars()


@pytest.fixture
def hub(tmp_path):
    with Hub(tmp_path / "hub", multipart_above=1000, chunk=400, page=3) as hub:
        yield hub


@pytest.fixture
def api(hub) -> HfApi:
    return HfApi(endpoint=hub.url, token=hub.token)


@pytest.fixture
def repo(hub):
    repo = hub.create(NAME)
    hub.commit(NAME, {"a.txt": b"0123456789", "data/x/b.txt": b"b", "data/x/c.parquet": b"c" * 50}, title="Start")
    hub.clear()
    return repo
