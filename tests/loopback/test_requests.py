"""Requests to the loopback Hub: tokens, bodies, counts, and the command that serves it.

pytest tests/loopback/test_requests.py
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import (
    HfHubHTTPError,
    RepositoryNotFoundError,
)

from tests.loopback.client import NAME, SDE, ask, connected, tag_body


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


def test_each_call_is_reported_before_it_is_answered(hub, repo):
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


def test_the_command_serves_until_it_is_stopped(tmp_path):
    command = [sys.executable, "-m", "tests.loopback", "--root", str(tmp_path), "--token", "hf_given"]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(f"{url}/.calls") as answer:
            assert json.load(answer)["calls"] == 0
        assert HfApi(endpoint=url, token="hf_given").whoami()["name"] == "org"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
