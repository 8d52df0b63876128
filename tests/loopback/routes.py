"""Which function answers which call, and who may make it."""

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote, urlencode

from tests.loopback import about, edits, listing, pulls, uploads
from tests.loopback.store import State
from tests.loopback.wire import Answer, Moved, Problem, Request


class Route(NamedTuple):
    """A row of the table; access is `read`, `write` (a token is needed) or `storage` (a signed address is enough)."""

    method: str
    pattern: re.Pattern[str]
    function: Callable[[State, Request], Answer]
    access: str


ID = r"(?P<org>[^/]+)/(?P<name>[^/]+?)"
API = rf"/api/(?P<kind>dataset|model)s/{ID}"
GIT = rf"(?:/(?P<kind>dataset)s)?/{ID}"
STORAGE = rf"/storage/(?P<kind>dataset|model)s/{ID}/(?P<oid>[0-9a-f]{{64}})"
REV = r"(?P<rev>[^/]+)"
PULL = rf"{API}/discussions/(?P<num>\d+)"

ROUTES = [
    Route(method, re.compile(pattern), function, access)
    for method, pattern, function, access in [
        ("GET", "/api/whoami-v2", about.whoami, "write"),
        ("POST", "/api/validate-yaml", about.validate, "read"),
        ("POST", "/api/repos/create", about.create, "write"),
        ("GET", API, about.info, "read"),
        ("GET", f"{API}/revision/{REV}", about.info, "read"),
        ("GET", f"{API}/refs", about.refs, "read"),
        ("POST", f"{API}/tag/{REV}", about.create_tag, "write"),
        ("DELETE", f"{API}/tag/{REV}", about.delete_tag, "write"),
        ("POST", f"{API}/branch/{REV}", about.create_branch, "write"),
        ("DELETE", f"{API}/branch/{REV}", about.delete_branch, "write"),
        ("POST", f"{API}/preupload/{REV}", edits.preupload, "write"),
        ("POST", f"{API}/commit/{REV}", edits.commit, "write"),
        ("GET", f"{API}/commits/{REV}", listing.commits, "read"),
        ("GET", f"{API}/tree/{REV}(?P<path>/.*)?", listing.tree, "read"),
        ("POST", f"{API}/paths-info/{REV}", listing.paths_info, "read"),
        ("GET", f"{API}/discussions", pulls.listing, "read"),
        ("POST", f"{API}/discussions", pulls.create, "write"),
        ("GET", PULL, pulls.details, "read"),
        ("POST", f"{PULL}/status", pulls.status, "write"),
        ("POST", f"{PULL}/merge", pulls.merge, "write"),
        ("POST", rf"{GIT}\.git/info/lfs/objects/batch", uploads.batch, "write"),
        ("POST", rf"{GIT}\.git/info/lfs/objects/verify", uploads.verify, "write"),
        ("PUT", STORAGE, uploads.put_object, "storage"),
        ("POST", STORAGE, uploads.complete, "storage"),
        ("PUT", rf"{STORAGE}/(?P<part>\d+)", uploads.put_part, "storage"),
        ("GET", f"{GIT}/resolve/{REV}/(?P<path>.+)", listing.file, "read"),
        ("HEAD", f"{GIT}/resolve/{REV}/(?P<path>.+)", listing.file, "read"),
    ]
]


def dispatch(state: State, request: Request) -> Answer:
    """Answer a call by the first row that fits it; refusals become answers."""
    try:
        for route in ROUTES:
            if route.method == request.method and (match := route.pattern.fullmatch(request.path)):
                request.groups = {name: unquote(value) for name, value in match.groupdict().items() if value}
                _admit(state, request, route.access)
                with state.lock:
                    return route.function(state, request)
        raise Problem(404, "Not found")
    except (Problem, Moved) as refusal:
        return refusal.answer()


def _admit(state: State, request: Request, access: str) -> None:
    """Check the token and find the repository; one that may not be seen looks as if it did not exist."""
    header = request.headers.get("Authorization")
    if access == "storage" and header:
        raise Problem(400, "Only one way of authentication is allowed")
    if header not in (None, f"Bearer {state.token}"):
        raise Problem(401, "Invalid credentials in Authorization header")
    if access == "write" and header is None:
        raise Problem(401, "Invalid username or password.")
    if "org" not in request.groups:
        return
    name = f"{request.groups['org']}/{request.groups['name']}"
    repo = state.repositories.get((request.groups.get("kind", "model"), name))
    if repo is None and name in state.renamed:
        query = f"?{urlencode(request.query)}" if request.query else ""
        raise Moved(request.path.replace(f"/{name}", f"/{state.renamed[name]}", 1) + query)
    hidden = repo is not None and repo.private and header is None and access != "storage"
    if repo is None or hidden:
        raise Problem(404 if header else 401, "Repository not found", "RepoNotFound")
    request.repo = repo
