"""What clients read from the loopback Hub: listings, information, parts of files, downloads.

pytest tests/loopback/test_reads.py
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import CommitOperationAdd
from huggingface_hub.errors import (
    EntryNotFoundError,
)

from tests.loopback.client import NAME, SDE, ask


def test_listings_come_in_pages(hub, api, repo):
    tree = list(api.list_repo_tree(**SDE, recursive=True, expand=True))
    assert [item.path for item in tree] == [".gitattributes", "a.txt", "data", "data/x", *sorted(repo.files())[2:]]
    assert [call.path for call in hub.calls] == [f"/api/datasets/{NAME}/tree/main"] * 2
    assert tree[-1].lfs.size == 50
    assert tree[0].last_commit.title == "initial commit"
    assert {item.last_commit.title for item in tree[1:]} == {"Start"}
    assert [item.path for item in api.list_repo_tree(**SDE, path_in_repo="data/x")] == [
        "data/x/b.txt",
        "data/x/c.parquet",
    ]
    for number in range(3):
        hub.commit(NAME, {"a.txt": b"%d" % number}, title=f"Change {number}")
    titles = [commit.title for commit in api.list_repo_commits(**SDE)]
    assert titles == ["Change 2", "Change 1", "Change 0", "Start", "initial commit"]
    paths = api.get_paths_info(NAME, ["a.txt", "data", "none"], repo_type="dataset")
    assert [item.path for item in paths] == ["a.txt", "data"]


def test_information_names_the_files_and_the_commit(api, repo):
    info = api.dataset_info(NAME, files_metadata=True)
    assert (info.id, info.sha, info.private) == (NAME, repo.head(), False)
    sizes = {sibling.rfilename: sibling.size for sibling in info.siblings}
    assert sizes["a.txt"] == 10
    assert info.siblings[-1].lfs.sha256 == repo.resolve("main").tree["data/x/c.parquet"].sha256
    assert api.whoami()["name"] == "org"


def test_a_range_gives_that_part_of_a_file(hub, repo):
    path = f"/datasets/{NAME}/resolve/main/a.txt"
    wanted = {"bytes=2-4": b"234", "bytes=7-": b"789", "bytes=-2": b"89", "bytes=8-99": b"89"}
    for span, content in wanted.items():
        status, headers, body = ask(hub, "GET", path, Range=span)
        assert (status, body) == (206, content)
        assert headers["Content-Range"].endswith("/10")
    assert ask(hub, "GET", path, Range="bytes=10-")[0] == 416
    status, headers, body = ask(hub, "HEAD", path)
    assert (status, body, headers["Content-Length"], headers["X-Repo-Commit"]) == (200, b"", "10", repo.head())


def test_the_client_downloads_files_of_a_revision(hub, api, repo, tmp_path):
    api.create_tag(**SDE, tag="v1")
    hub.commit(NAME, {"a.txt": b"new", "data/x/b.txt": None})
    file = api.hf_hub_download(NAME, "a.txt", repo_type="dataset", cache_dir=tmp_path / "cache")
    assert Path(file).read_bytes() == b"new"
    folder = Path(api.snapshot_download(**SDE, revision="v1", cache_dir=tmp_path / "cache"))
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == set(repo.files("v1"))
    assert (folder / "a.txt").read_bytes() == b"0123456789"
    with pytest.raises(EntryNotFoundError):
        api.hf_hub_download(NAME, "none", repo_type="dataset", cache_dir=tmp_path / "cache")


def test_models_have_no_prefix(hub, api, tmp_path):
    api.create_repo("org/adapter")
    content = os.urandom(1200)
    api.create_commit("org/adapter", [CommitOperationAdd("a.safetensors", content)], commit_message="Add")
    file = api.hf_hub_download("org/adapter", "a.safetensors", cache_dir=tmp_path / "cache")
    assert Path(file).read_bytes() == content
    assert "/org/adapter.git/info/lfs/objects/batch" in [call.path for call in hub.calls]


README = "---\nconfigs:\n- config_name: a\n  data_files:\n  - split: train\n    path: data/a/train.parquet\n" + (
    "- config_name: b\n  data_files:\n  - split: train\n    path: data/b/train.parquet\n---\n"
)


LOAD = """
import datasets
now = datasets.load_dataset("org/x", "a")
then = datasets.load_dataset("org/x", "a", revision="v1")
stream = datasets.load_dataset("org/x", "a", split="train", streaming=True)
print(now["train"]["text"][:], then["train"]["text"][:], [row["text"] for row in stream])
"""


def parquet(*texts: str) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"text": list(texts)}), buffer)
    return buffer.getvalue()


def test_datasets_loads_from_it(hub, tmp_path):
    hub.create("org/x", private=True)
    hub.commit("org/x", {"README.md": README.encode(), "data/a/train.parquet": parquet("old")})
    hub.repository("org/x").tags["v1"] = hub.repository("org/x").head()
    hub.commit("org/x", {"data/a/train.parquet": parquet("one", "two"), "data/b/train.parquet": parquet("b")})
    environment = {
        "HF_ENDPOINT": hub.url,
        "HF_TOKEN": hub.token,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_UPDATE_DOWNLOAD_COUNTS": "0",
        "HF_HOME": str(tmp_path / "home"),
    }
    command = [sys.executable, "-c", LOAD]
    done = subprocess.run(command, env={**os.environ, **environment}, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['one', 'two'] ['old'] ['one', 'two']"
    assert not [call for call in hub.calls if call.status not in (200, 206, 404)]
