"""Commits of the loopback Hub: files, copies, pull requests, and what is refused.

pytest tests/loopback/test_commits.py
"""

from __future__ import annotations

import json
import os

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete
from huggingface_hub.errors import (
    EntryNotFoundError,
    HfHubHTTPError,
    RevisionNotFoundError,
)

from tests.loopback import Hub
from tests.loopback.client import NAME, SDE, ask


def test_a_repository_is_created_once(hub, api):
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


README = "---\nconfigs:\n- config_name: a\n  data_files:\n  - split: train\n    path: data/a/train.parquet\n" + (
    "- config_name: b\n  data_files:\n  - split: train\n    path: data/b/train.parquet\n---\n"
)


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


def test_a_file_is_copied_by_a_commit(api, repo):
    operations = [CommitOperationCopy("data/x/c.parquet", "c.parquet"), CommitOperationCopy("a.txt", "b.txt")]
    api.create_commit(**SDE, operations=operations, commit_message="Copy")
    assert (repo.files()["c.parquet"], repo.files()["b.txt"]) == (b"c" * 50, b"0123456789")


def test_a_copy_on_the_server_sends_no_content(hub, repo):
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


def test_a_draft_or_conflicting_request_is_not_merged(hub, api, repo):
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


def test_tags_and_branches_are_made_and_deleted(api, repo):
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


def test_commit_ids_are_the_same_in_every_run(tmp_path):
    heads = []
    for folder in "ab":
        with Hub(tmp_path / folder) as hub:
            hub.create(NAME)
            heads.append(hub.commit(NAME, {"a": b"a"}))
    assert heads[0] == heads[1]
