"""What travels between the HTTP handler and the functions that answer calls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from tests.loopback.store import Repository


@dataclass
class Answer:
    """A response: JSON answers are made by `Answer.of`, files give their bytes as they are."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        """An answer with a JSON body."""
        return cls(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})


class Problem(Exception):
    """A refusal: its status, the message for people and, for 404s, the code by which clients tell them apart."""

    def __init__(self, status: int, message: str, code: str | None = None, **fields: Any):
        super().__init__(message)
        self.status, self.message, self.code, self.fields = status, message, code, fields

    def answer(self) -> Answer:
        """The refusal as the Hub words it: the message in the body and in a header."""
        headers = {"X-Error-Message": self.message}
        if self.code:
            headers["X-Error-Code"] = self.code
        if self.status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="Authentication required", charset="UTF-8"'
        return Answer.of({"error": self.message, **self.fields}, self.status, headers)


class Moved(Exception):
    """The repository of a call has another name now."""

    def __init__(self, location: str):
        super().__init__(location)
        self.location = location

    def answer(self) -> Answer:
        """The address to call instead, with the same method and body."""
        return Answer.of({"error": "Moved"}, 307, {"Location": self.location})


@dataclass
class Request:
    """A call as it arrived; routing adds the parts of the path, unquoted, and the repository they name."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes
    groups: dict[str, str] = field(default_factory=dict)
    repo: Repository = field(init=False)

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; an empty body counts as an empty one."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            value = None
        if value is None and self.body.strip() == b"null":
            return {}
        if not isinstance(value, dict):
            raise Problem(400, "The body is not a JSON object")
        return value

    def flag(self, name: str) -> bool:
        """Whether a parameter of the query is switched on."""
        return self.query.get(name, "").lower() in ("1", "true")


def paged(items: list[Any], request: Request, url: str, size: int) -> tuple[list[Any], dict[str, str]]:
    """One page of a listing and the `Link` header to the next one; the cursor is the position of its first item."""
    cursor = request.query.get("cursor", "0")
    if not cursor.isdecimal():
        raise Problem(400, "Invalid cursor")
    start = int(cursor)
    end = start + size
    if end >= len(items):
        return items[start:], {}
    query = urlencode({**request.query, "cursor": str(end)})
    return items[start:end], {"Link": f'<{url}{request.path}?{query}>; rel="next"'}
