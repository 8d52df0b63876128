"""The faults that the loopback Hub makes on request, and how the client library takes them.

pytest tests/loopback/test_faults.py
"""

from __future__ import annotations

import http.client
import json
import os
import time

import pytest
from huggingface_hub import CommitOperationAdd

from tests.loopback import Hub
from tests.loopback.client import NAME, SDE, ask, connected, tag_body


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


def test_an_unknown_fault_is_refused(hub):
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
    # a call that held up the end would do so for 60 seconds
    assert time.monotonic() - started < 50


def test_client_tries_uploads_again(hub, api, repo, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
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
