"""The local server: whom it answers, and what it says to requests that it cannot answer.

pytest tests/explorer/test_server.py
"""

from __future__ import annotations

import http.client
import json
import socket

import pytest

from sde_datasets.errors import UsageError
from sde_datasets.explorer.server import ExplorerServer


def get(server: ExplorerServer, path: str, host: str = "", method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    try:
        connection.request(method, path, headers={"Host": host} if host else {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def test_it_listens_on_this_machine_only(server):
    assert server.server_address[0] == "127.0.0.1"
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", server.server_port), timeout=2)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:9999", "localhost:8700"])
def test_names_of_this_machine_are_answered(server, host):
    assert get(server, "/", host)[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8700", "[", "localhost.evil"])
@pytest.mark.parametrize("path", ["/", "/records?view=ner"])
def test_other_names_are_refused(server, host, path):
    status, _, body = get(server, path, host)
    assert status == 403 and b"IL-2" not in body


def test_a_browser_lets_no_other_page_read_or_frame_an_answer(server):
    for path in ("/", "/records?view=ner"):
        headers = get(server, path)[1]
        assert "Access-Control-Allow-Origin" not in headers
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "frame-ancestors 'none'"


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/etc/passwd", 404, "no such page"),
        ("//[", 404, "no such page"),
        ("/view?view=none", 400, "unknown view"),
        ("/view", 400, "missing a required argument"),
        ("/view?view=ner&self=1", 400, "unexpected keyword argument"),
        ("/records?view=ner&skip=-1", 400, "not a number"),
        ("/record?view=ner&split=train&id=%00", 400, "no record"),
    ],
)
def test_a_request_that_cannot_be_answered_gets_a_reason(server, path, status, said):
    found, headers, body = get(server, path)
    assert (found, headers["Content-Type"]) == (status, "application/json")
    assert said in json.loads(body)["error"]


def test_nothing_can_be_sent(server):
    assert get(server, "/", method="POST")[0] == 501


def test_an_answer_is_json_of_the_explorer(server, explorer):
    body = get(server, "/record?view=ner&split=train&id=r1%20%3Cb%3E")[2]
    assert json.loads(body) == json.loads(json.dumps(explorer.record("ner", "train", "r1 <b>")))


def test_a_port_in_use_is_refused(server, explorer):
    with pytest.raises(UsageError, match="give another --port"):
        ExplorerServer(explorer, server.server_port)
