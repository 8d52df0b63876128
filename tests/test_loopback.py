"""The loopback Hub: the real client libraries publish to it and load from it, and its faults are what they say.

pytest tests/test_loopback.py
"""

from __future__ import annotations

import http.client
import io
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi
from huggingface_hub.errors import (
    EntryNotFoundError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import disable_progress_bars
from loopback import Hub

NAME = "org/sde"
SDE = {"repo_id": NAME, "repo_type": "dataset"}
README = "---\nconfigs:\n- config_name: a\n  data_files:\n  - split: train\n    path: data/a/train.parquet\n" + (
    "- config_name: b\n  data_files:\n  - split: train\n    path: data/b/train.parquet\n---\n"
)


@pytest.fixture(autouse=True)
def settings(monkeypatch, tmp_path):
    """What the library reads from the environment at its import: no Xet storage, nothing kept, nobody else asked."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("huggingface_hub.utils._detect_agent._registry", {"standardEnvVars": [], "harnesses": {}})
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


def parquet(*texts: str) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"text": list(texts)}), buffer)
    return buffer.getvalue()


@contextmanager
def connected(hub: Hub):
    connection = http.client.HTTPConnection(hub.url.removeprefix("http://"), timeout=10)
    try:
        yield connection
    finally:
        connection.close()


def ask(hub: Hub, method: str, path: str, body: bytes = b"", token: bool = True, **headers: str):
    """One call without a client library: status, headers and body."""
    given = {"Authorization": f"Bearer {hub.token}"} if token else {}
    with connected(hub) as connection:
        connection.request(method, path, body, {**given, **headers})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def tag_body(name: str) -> bytes:
    return json.dumps({"tag": name}).encode()


def test_create_twice(hub, api):
    url = api.create_repo(NAME, repo_type="dataset", private=True)
    assert (str(url), url.repo_id, url.repo_type) == (f"{hub.url}/datasets/{NAME}", NAME, "dataset")
    with pytest.raises(HfHubHTTPError, match="409"):
        api.create_repo(NAME, repo_type="dataset")
    assert api.create_repo(NAME, repo_type="dataset", exist_ok=True) == url
    assert hub.repository(NAME).private
    assert list(hub.repository(NAME).files()) == [".gitattributes"]
    assert api.create_repo(NAME).repo_type == "model"
    assert hub.repository(NAME, kind="model").id == NAME
    with pytest.raises(KeyError):
        hub.repository("org/other")


def test_commit_of_regular_and_lfs_files(hub, api, repo):
    small, large = b"s" * 900, os.urandom(1001)
    head = repo.head("main")
    additions = [
        CommitOperationAdd("README.md", README.encode()),
        CommitOperationAdd("data/small.parquet", small),
        CommitOperationAdd("data/large.parquet", large),
    ]
    deletions = [CommitOperationDelete("a.txt"), CommitOperationDelete("data/x/")]
    done = api.create_commit(
        **SDE, operations=additions + deletions, commit_message="One", commit_description="build 7", parent_commit=head
    )
    assert repo.head() == done.oid
    assert done.commit_url == f"{hub.url}/datasets/{NAME}/commit/{done.oid}"
    assert {name: content for name, content in repo.files().items() if name != ".gitattributes"} == {
        "README.md": README.encode(),
        "data/small.parquet": small,
        "data/large.parquet": large,
    }
    puts = [call for call in hub.calls if call.method == "PUT"]
    assert sorted(call.received for call in puts) == [201, 400, 400, 900]
    assert all(call.status == 200 and "signature" not in call.path for call in hub.calls)
    newest = repo.commits()[0]
    assert (newest.title, newest.message, newest.parent) == ("One", "build 7", head)


def test_unchanged_and_known_content_is_not_sent_again(hub, api, repo):
    content = os.urandom(300)
    operation = [CommitOperationAdd("data/new.parquet", content)]
    api.create_commit(**SDE, operations=operation, commit_message="One")
    hub.clear()
    again = [CommitOperationAdd("data/new.parquet", content), CommitOperationAdd("a.txt", b"0123456789")]
    head = repo.head()
    assert api.create_commit(**SDE, operations=again, commit_message="Two").oid == head
    api.create_commit(**SDE, operations=[CommitOperationAdd("moved.parquet", content)], commit_message="Three")
    assert [call for call in hub.calls if call.method == "PUT"] == []
    assert repo.files()["moved.parquet"] == content


def test_copy(api, repo):
    operations = [CommitOperationCopy("data/x/c.parquet", "c.parquet"), CommitOperationCopy("a.txt", "b.txt")]
    api.create_commit(**SDE, operations=operations, commit_message="Copy")
    assert (repo.files()["c.parquet"], repo.files()["b.txt"]) == (b"c" * 50, b"0123456789")


def test_copy_on_the_server(hub, repo):
    lines = [
        {"key": "header", "value": {"summary": "Copy"}},
        {"key": "copyFile", "value": {"path": "b.txt", "srcPath": "a.txt"}},
    ]
    body = "\n".join(map(json.dumps, lines)).encode()
    assert ask(hub, "POST", f"/api/datasets/{NAME}/commit/main", body)[0] == 200
    assert repo.files()["b.txt"] == b"0123456789"


def test_stale_parent_is_refused(hub, api, repo):
    head = repo.head()
    newer = hub.commit(NAME, {"other.txt": b"o"})
    with pytest.raises(HfHubHTTPError) as caught:
        api.create_commit(**SDE, operations=[CommitOperationAdd("x", b"x")], commit_message="Late", parent_commit=head)
    assert caught.value.response.status_code == 412
    assert repo.head() == newer


def test_nothing_of_a_refused_commit_is_applied(api, repo):
    head = repo.head()
    operations = [CommitOperationAdd("x", b"x"), CommitOperationDelete("missing.txt")]
    with pytest.raises(EntryNotFoundError, match="doesn't exist"):
        api.create_commit(**SDE, operations=operations, commit_message="Half")
    assert repo.head() == head


def test_lfs_file_that_was_not_uploaded_is_refused(hub, repo):
    lines = [
        {"key": "header", "value": {"summary": "No object"}},
        {"key": "lfsFile", "value": {"path": "z.parquet", "algo": "sha256", "oid": "0" * 64, "size": 1}},
    ]
    status, _, body = ask(hub, "POST", f"/api/datasets/{NAME}/commit/main", "\n".join(map(json.dumps, lines)).encode())
    assert status == 400
    assert "not uploaded" in json.loads(body)["error"]


def test_pull_request_by_commit_and_merge(hub, api, repo):
    head = repo.head()
    done = api.create_commit(
        **SDE, operations=[CommitOperationAdd("new.txt", b"n")], commit_message="Proposal", create_pr=True
    )
    assert (done.pr_num, done.pr_revision, repo.head()) == (1, "refs/pr/1", head)
    assert (repo.pulls[1].title, repo.pulls[1].status, repo.pulls[1].ref) == ("Proposal", "open", "refs/pr/1")
    more = [CommitOperationAdd("more.txt", b"m"), CommitOperationDelete("a.txt")]
    api.create_commit(**SDE, operations=more, commit_message="More", revision="refs/pr/1")
    hub.commit(NAME, {"other.txt": b"o"})
    assert api.get_discussion_details(NAME, 1, repo_type="dataset").conflicting_files == []
    api.merge_pull_request(NAME, 1, repo_type="dataset")
    assert {"new.txt", "more.txt", "other.txt"} <= set(repo.files())
    assert "a.txt" not in repo.files()
    assert repo.commits()[0].title == "Proposal (#1)"
    details = api.get_discussion_details(NAME, 1, repo_type="dataset")
    assert (details.status, details.merge_commit_oid) == ("merged", repo.head())
    assert [event.type for event in details.events] == ["comment", "commit", "commit", "status-change"]


def test_draft_and_conflict(hub, api, repo):
    api.create_pull_request(NAME, "Draft", repo_type="dataset")
    assert repo.pulls[1].status == "draft"
    api.create_commit(**SDE, operations=[CommitOperationAdd("a.txt", b"1")], commit_message="One", revision="refs/pr/1")
    with pytest.raises(HfHubHTTPError, match="draft"):
        api.merge_pull_request(NAME, 1, repo_type="dataset")
    api.change_discussion_status(NAME, 1, "open", repo_type="dataset")
    assert repo.pulls[1].status == "open"
    hub.commit(NAME, {"a.txt": b"2"})
    assert api.get_discussion_details(NAME, 1, repo_type="dataset").conflicting_files == ["a.txt"]
    with pytest.raises(HfHubHTTPError, match="409"):
        api.merge_pull_request(NAME, 1, repo_type="dataset")
    assert [pull.num for pull in api.get_repo_discussions(**SDE, discussion_status="open")] == [1]


def test_tags_and_branches(api, repo):
    first = repo.head()
    api.create_tag(**SDE, tag="v1", tag_message="First")
    with pytest.raises(HfHubHTTPError, match="409"):
        api.create_tag(**SDE, tag="v1")
    api.create_tag(**SDE, tag="v1", exist_ok=True)
    api.create_branch(**SDE, branch="next/one", revision="v1")
    api.create_commit(**SDE, operations=[CommitOperationAdd("n", b"n")], commit_message="Next", revision="next/one")
    assert repo.tags == {"v1": first}
    assert repo.branches == {"main": first, "next/one": repo.head("next/one")}
    refs = api.list_repo_refs(**SDE, include_pull_requests=True)
    assert [(tag.name, tag.ref, tag.target_commit) for tag in refs.tags] == [("v1", "refs/tags/v1", first)]
    assert [branch.name for branch in refs.branches] == ["main", "next/one"]
    assert refs.pull_requests == []
    api.delete_tag(**SDE, tag="v1")
    api.delete_branch(**SDE, branch="next/one")
    assert (repo.tags, list(repo.branches)) == ({}, ["main"])
    with pytest.raises(RevisionNotFoundError):
        api.dataset_info(NAME, revision="v1")


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


def test_info(api, repo):
    info = api.dataset_info(NAME, files_metadata=True)
    assert (info.id, info.sha, info.private) == (NAME, repo.head(), False)
    sizes = {sibling.rfilename: sibling.size for sibling in info.siblings}
    assert sizes["a.txt"] == 10
    assert info.siblings[-1].lfs.sha256 == repo.resolve("main").tree["data/x/c.parquet"].sha256
    assert api.whoami()["name"] == "org"


def test_ranges(hub, repo):
    path = f"/datasets/{NAME}/resolve/main/a.txt"
    wanted = {"bytes=2-4": b"234", "bytes=7-": b"789", "bytes=-2": b"89", "bytes=8-99": b"89"}
    for span, content in wanted.items():
        status, headers, body = ask(hub, "GET", path, Range=span)
        assert (status, body) == (206, content)
        assert headers["Content-Range"].endswith("/10")
    assert ask(hub, "GET", path, Range="bytes=10-")[0] == 416
    status, headers, body = ask(hub, "HEAD", path)
    assert (status, body, headers["Content-Length"], headers["X-Repo-Commit"]) == (200, b"", "10", repo.head())


def test_downloads(hub, api, repo, tmp_path):
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


def test_token_is_needed(hub, api, repo):
    nobody = HfApi(endpoint=hub.url, token=False)
    assert nobody.dataset_info(NAME).sha == repo.head()
    with pytest.raises(HfHubHTTPError, match="401"):
        nobody.create_tag(**SDE, tag="v1")
    with pytest.raises(HfHubHTTPError, match="Invalid credentials"):
        HfApi(endpoint=hub.url, token="hf_other").create_tag(**SDE, tag="v1")
    hub.create("org/secret", private=True)
    with pytest.raises(RepositoryNotFoundError):
        nobody.dataset_info("org/secret")
    assert api.dataset_info("org/secret").private
    with pytest.raises(RepositoryNotFoundError):
        api.dataset_info("org/none")
    assert hub.token not in repr(hub.calls)


def test_storage_takes_no_token_and_no_other_content(hub, repo):
    oid = "ab" * 32
    order = {"operation": "upload", "transfers": ["basic"], "objects": [{"oid": oid, "size": 3}]}
    batch = f"/datasets/{NAME}.git/info/lfs/objects/batch"
    assert ask(hub, "POST", batch, json.dumps(order).encode(), token=False)[0] == 401
    answer = json.loads(ask(hub, "POST", batch, json.dumps(order).encode())[2])
    href = answer["objects"][0]["actions"]["upload"]["href"].removeprefix(hub.url)
    assert ask(hub, "PUT", href, b"abc")[0] == 400
    assert ask(hub, "PUT", href.split("?")[0], b"abc", token=False)[0] == 403
    status, _, body = ask(hub, "PUT", href, b"abc", token=False)
    assert (status, b"not that of" in body, repo.objects & {oid}) == (400, True, set())


@pytest.mark.parametrize(("fault", "status"), [("429", 429), ("500", 500), ("503", 503), ("checksum", 400)])
def test_refusals_happen_once(hub, repo, fault, status):
    hub.fail(2, fault)
    path = f"/api/datasets/{NAME}/tag/main"
    assert ask(hub, "POST", path, tag_body("one"))[0] == 200
    found, headers, body = ask(hub, "POST", path, tag_body("two"))
    assert (found, list(repo.tags), list(json.loads(body))) == (status, ["one"], ["error"])
    assert headers["Retry-After"] == ("1" if fault == "429" else None)
    assert ask(hub, "POST", path, tag_body("two"))[0] == 200
    assert [call.status for call in hub.calls] == [200, status, 200]


@pytest.mark.parametrize("fault", ["drop", "stall", "applied"])
def test_connections_end_without_an_answer(hub, repo, fault):
    hub.stall_seconds = 0.3
    hub.fail(1, fault)
    path = f"/api/datasets/{NAME}/tag/main"
    started = time.monotonic()
    with pytest.raises(http.client.RemoteDisconnected):
        ask(hub, "POST", path, tag_body("one"))
    assert (time.monotonic() - started >= 0.3) == (fault == "stall")
    assert [call.status for call in hub.calls] == [0]
    assert list(repo.tags) == (["one"] if fault == "applied" else [])
    assert ask(hub, "POST", path, tag_body("one"))[0] == (409 if fault == "applied" else 200)


def test_a_body_cut_off_is_no_call(hub, repo):
    with connected(hub) as connection:
        connection.putrequest("POST", f"/api/datasets/{NAME}/tag/main")
        connection.putheader("Authorization", f"Bearer {hub.token}")
        connection.putheader("Content-Length", "100")
        connection.endheaders(tag_body("one"))
    assert ask(hub, "GET", "/api/whoami-v2")[0] == 200
    assert ([call.path for call in hub.calls], repo.tags) == (["/api/whoami-v2"], {})


def test_a_body_in_chunks(hub, repo):
    with connected(hub) as connection:
        headers = {"Authorization": f"Bearer {hub.token}"}
        connection.request("POST", f"/api/datasets/{NAME}/tag/main", iter([b'{"tag":', b' "one"}']), headers)
        assert connection.getresponse().status == 200
    assert list(repo.tags) == ["one"]


def test_unknown_fault(hub):
    with pytest.raises(ValueError, match="known are"):
        hub.fail(1, "flood")


def test_a_stalled_call_does_not_hold_up_the_end(tmp_path):
    with Hub(tmp_path) as hub, connected(hub) as connection:
        hub.stall_seconds = 60
        hub.fail(1, "stall")
        connection.request("GET", "/api/whoami-v2")
        while not hub.calls:
            time.sleep(0.01)
        started = time.monotonic()
    assert time.monotonic() - started < 5


def test_client_tries_uploads_again(hub, api, repo, monkeypatch):
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    content = os.urandom(1001)
    for at, fault in enumerate(["500", "drop", "503", "applied", "429"], start=3):
        hub.fail(at, fault)
    api.create_commit(**SDE, operations=[CommitOperationAdd("l.parquet", content)], commit_message="Try")
    assert repo.files()["l.parquet"] == content
    assert [call.status for call in hub.calls[2:7]] == [500, 0, 503, 0, 429]


def test_commit_that_is_applied_without_an_answer(hub, api, repo):
    hub.fail(2, "applied")
    with pytest.raises(Exception, match="disconnected"):
        api.create_commit(**SDE, operations=[CommitOperationAdd("n.txt", b"n")], commit_message="Once")
    assert [call.path.split("/")[-2] for call in hub.calls] == ["preupload", "commit"]
    assert repo.commits()[0].title == "Once"


def test_each_call_is_told_before_it_is_answered(hub, repo):
    seen = []
    hub.on_call = lambda number, method, path: seen.append((number, method, path, list(repo.tags)))
    ask(hub, "POST", f"/api/datasets/{NAME}/tag/main", tag_body("one"))
    assert seen == [(1, "POST", f"/api/datasets/{NAME}/tag/main", [])]


def test_totals_are_not_calls_themselves(hub, repo):
    assert ask(hub, "GET", f"/datasets/{NAME}/resolve/main/a.txt")[0] == 200
    assert json.loads(ask(hub, "GET", "/.calls")[2]) == {"calls": 1, "received": 0, "sent": 10}
    assert ask(hub, "GET", "/api/agent-harnesses")[0] == 200
    assert len(hub.calls) == 1
    ask(hub, "POST", "/.clear")
    assert json.loads(ask(hub, "GET", "/.calls")[2])["calls"] == 0


def test_commit_ids_are_the_same_in_every_run(tmp_path):
    heads = []
    for folder in "ab":
        with Hub(tmp_path / folder) as hub:
            hub.create(NAME)
            heads.append(hub.commit(NAME, {"a": b"a"}))
    assert heads[0] == heads[1]


def test_command(tmp_path):
    command = [sys.executable, "-m", "loopback", "--root", str(tmp_path), "--token", "hf_given"]
    with subprocess.Popen(command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(f"{url}/.calls") as answer:
            assert json.load(answer)["calls"] == 0
        assert HfApi(endpoint=url, token="hf_given").whoami()["name"] == "org"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


LOAD = """
import datasets
now = datasets.load_dataset("org/x", "a")
then = datasets.load_dataset("org/x", "a", revision="v1")
stream = datasets.load_dataset("org/x", "a", split="train", streaming=True)
print(now["train"]["text"][:], then["train"]["text"][:], [row["text"] for row in stream])
"""


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
