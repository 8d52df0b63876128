"""What is known about the user and a repository, and its creation, branches and tags."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from tests.loopback.listing import describe
from tests.loopback.store import State
from tests.loopback.wire import Answer, Problem, Request

OWNER = "org"


def whoami(state: State, request: Request) -> Answer:
    """The user the token belongs to."""
    return Answer.of({"name": OWNER, "type": "user", "orgs": []})


def validate(state: State, request: Request) -> Answer:
    """Check the YAML of a card; of the Hub's schema only the few rules that are known."""
    errors = [{"message": error} for error in _errors(request.json().get("content", ""))]
    return Answer.of({"warnings": [], "errors": errors}, 400 if errors else 200)


def _errors(card: str) -> Iterator[str]:
    if not (found := re.match(r"\s*---\n(.*?)\n---", card, re.DOTALL)):
        return
    try:
        head = yaml.safe_load(found[1])
    except yaml.YAMLError as error:
        yield f"Invalid YAML: {error.problem}"
        return
    if not isinstance(head, dict):
        yield '"value" must be of type object'
        return
    if not isinstance(head.get("license", ""), str | list):
        yield '"license" must be one of [string, array]'
    if not isinstance(head.get("configs", []), list):
        yield '"configs" must be an array'


def create(state: State, request: Request) -> Answer:
    """Make a repository; one that exists is refused, with its address all the same."""
    order = request.json()
    kind = order.get("type") or "model"
    if kind not in ("dataset", "model") or not order.get("name"):
        raise Problem(400, "A repository needs a name and a type: dataset or model")
    name = f"{order.get('organization') or OWNER}/{order['name']}"
    path = f"datasets/{name}" if kind == "dataset" else name
    if (kind, name) in state.repositories:
        raise Problem(409, f"You already created this {kind} repo: {name}", url=f"{state.url}/{path}", id=name)
    private = order.get("visibility") == "private" or order.get("private") is True
    state.create(name, kind, private)
    return Answer.of({"url": f"{state.url}/{path}", "name": name, "id": name})


def info(state: State, request: Request) -> Answer:
    """A repository at a revision, main by default, with the names of its files."""
    repo = request.repo
    commit = repo.resolve(request.groups.get("rev", "main"))
    blobs = request.flag("blobs")
    return Answer.of(
        {
            "id": repo.id,
            "author": repo.id.split("/")[0],
            "sha": commit.id,
            "lastModified": commit.date,
            "createdAt": repo.commits(commit.id)[-1].date,
            "private": repo.private,
            "gated": False,
            "disabled": False,
            "downloads": 0,
            "likes": 0,
            "tags": [],
            "siblings": [_sibling(path, describe(path, entry), blobs) for path, entry in sorted(commit.tree.items())],
        }
    )


def _sibling(path: str, file: dict[str, Any], blobs: bool) -> dict[str, Any]:
    if not blobs:
        return {"rfilename": path}
    lfs = file.get("lfs")
    more = {"lfs": {"sha256": lfs["oid"], **lfs}} if lfs else {}
    return {"rfilename": path, "size": file["size"], "blobId": file["oid"], **more}


def refs(state: State, request: Request) -> Answer:
    """Branches and tags and, if asked, pull requests, with the commits they point to."""
    repo = request.repo

    def named(heads: dict[str, str], folder: str) -> list[dict[str, str]]:
        return [{"name": name, "ref": folder + name, "targetCommit": head} for name, head in heads.items()]

    answer = {
        "branches": named(repo.branches, "refs/heads/"),
        "converts": [],
        "tags": named(repo.tags, "refs/tags/"),
    }
    if request.flag("include_prs"):
        answer["pullRequests"] = named({str(pull.number): pull.head for pull in repo.pulls.values()}, "refs/pr/")
    return Answer.of(answer)


def create_tag(state: State, request: Request) -> Answer:
    """Name a commit; a tag that exists is refused, wherever it points."""
    repo, tag = request.repo, request.json().get("tag")
    if not tag:
        raise Problem(400, "A tag needs a name")
    head = repo.head(request.groups["rev"])
    if tag in repo.tags:
        raise Problem(409, f"Tag reference exists already: {tag}")
    repo.tags[tag] = head
    return Answer.of({"success": True})


def delete_tag(state: State, request: Request) -> Answer:
    """Forget the name of a commit."""
    return _forget(request.repo.tags, request.groups["rev"])


def create_branch(state: State, request: Request) -> Answer:
    """Start a branch at a revision, main by default."""
    repo, name = request.repo, request.groups["rev"]
    head = repo.head(request.json().get("startingPoint") or "main")
    if name in repo.branches:
        raise Problem(409, f"Branch already exists: {name}")
    repo.branches[name] = head
    return Answer.of({"success": True})


def delete_branch(state: State, request: Request) -> Answer:
    """Forget a branch; main stays."""
    if request.groups["rev"] == "main":
        raise Problem(403, "The branch main cannot be deleted")
    return _forget(request.repo.branches, request.groups["rev"])


def _forget(names: dict[str, str], name: str) -> Answer:
    if name not in names:
        raise Problem(404, f"Invalid rev id: {name}", "RevisionNotFound")
    del names[name]
    return Answer.of({"success": True})
