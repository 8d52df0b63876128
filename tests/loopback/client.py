"""What the tests of the loopback Hub share: names, plain HTTP connections and requests."""

from __future__ import annotations

import http.client
import json
from contextlib import contextmanager

from tests.loopback import Hub

NAME = "org/sde"
SDE = {"repo_id": NAME, "repo_type": "dataset"}


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
