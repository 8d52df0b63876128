"""Writing files: which way each one goes, and the commit call."""

import base64
import json
from collections.abc import Callable
from typing import Any

from tests.loopback.pulls import note_commit, open_pull
from tests.loopback.store import Commit, Repository, State, Tree, wants_lfs
from tests.loopback.wire import Answer, Problem, Request


def preupload(state: State, request: Request) -> Answer:
    """Tell for each file whether it goes by LFS, and which content the repository has at its path now."""
    tree = request.repo.resolve(request.groups["rev"]).tree
    answers = []
    for file in request.json().get("files", []):
        mode = "lfs" if wants_lfs(file["path"], file["size"]) else "regular"
        answer = {"path": file["path"], "uploadMode": mode, "shouldIgnore": False}
        if file["path"] in tree:
            answer["oid"] = tree[file["path"]].etag
        answers.append(answer)
    return Answer.of({"files": answers, "commitOid": request.repo.head(request.groups["rev"])})


def commit(state: State, request: Request) -> Answer:
    """Apply all operations of a commit, or none of them."""
    repo, revision = request.repo, request.groups["rev"]
    header, operations = _parse(request.body)
    title, message = header.get("summary"), header.get("description", "")
    if not title:
        raise Problem(400, "A commit needs a summary")
    parent = header.get("parentCommit")
    if request.flag("create_pr"):
        return _commit_as_pull(state, repo, revision, parent, operations, title, message)
    _check_writable(repo, revision)
    head = repo.resolve(revision)
    if parent and not head.id.startswith(parent):
        raise Problem(412, "A commit has happened since. Please refresh and try again.")
    made = repo.record(revision, _apply(repo, head.tree, operations), title, message)
    if pull := repo.pull_at(revision):
        note_commit(repo, pull, made)
    return Answer.of(_description(state, repo, made))


def _commit_as_pull(
    state: State, repo: Repository, base: str, parent: str | None, operations: list, title: str, message: str
) -> Answer:
    if base not in repo.branches:
        raise Problem(404, f"Invalid rev id: {base}", "RevisionNotFound")
    start = repo.resolve(parent or base)
    tree = _apply(repo, start.tree, operations)
    pull = open_pull(repo, title, message, base, start.id, "open")
    made = repo.record(pull.ref, tree, title, message)
    note_commit(repo, pull, made)
    url = f"{state.url}/{repo.path}/discussions/{pull.number}"
    return Answer.of({**_description(state, repo, made), "pullRequestUrl": url})


def _description(state: State, repo: Repository, made: Commit) -> dict[str, Any]:
    url = f"{state.url}/{repo.path}/commit/{made.id}"
    return {"success": True, "commitUrl": url, "commitOid": made.id, "hookOutput": ""}


def _check_writable(repo: Repository, revision: str) -> None:
    pull = repo.pull_at(revision)
    if pull is None and revision not in repo.branches:
        raise Problem(404, f"Invalid rev id: {revision}", "RevisionNotFound")
    if pull is not None and pull.status not in ("open", "draft"):
        raise Problem(400, f"Pull request {pull.number} is {pull.status}")


def _parse(body: bytes) -> tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]:
    try:
        lines = [json.loads(line) for line in body.splitlines() if line.strip()]
        pairs = [(line["key"], line["value"]) for line in lines]
    except (ValueError, KeyError, TypeError):
        raise Problem(400, "The body is not made of lines with a key and a value") from None
    if not pairs or pairs[0][0] != "header":
        raise Problem(400, "The first line of a commit must be its header")
    return pairs[0][1], pairs[1:]


def _apply(repo: Repository, tree: Tree, operations: list[tuple[str, dict[str, Any]]]) -> Tree:
    """The tree after all operations, in the order given; the one handed in stays as it is."""
    new = dict(tree)
    for key, value in operations:
        if key not in OPERATIONS:
            raise Problem(400, f"Unknown operation: {key}")
        path = value["path"].removesuffix("/") if key == "deletedFolder" else value["path"]
        if not path or any(part in ("", ".", "..", ".git") for part in path.split("/")):
            raise Problem(400, f"Invalid path: {path}")
        OPERATIONS[key](repo, new, path, value)
    for path in new:
        parts = path.split("/")
        if any("/".join(parts[:depth]) in new for depth in range(1, len(parts))):
            raise Problem(400, f"A file and a folder have the same name: {path}")
    return new


def _add_file(repo: Repository, tree: Tree, path: str, value: dict[str, Any]) -> None:
    text = value.get("content", "")
    content = base64.b64decode(text) if value.get("encoding") == "base64" else text.encode()
    tree[path] = repo.entry(content)


def _add_lfs(repo: Repository, tree: Tree, path: str, value: dict[str, Any]) -> None:
    if value.get("oid") not in repo.objects:
        raise Problem(400, f"LFS object {value.get('oid')} of {path} was not uploaded")
    entry = repo.lfs_entry(value["oid"])
    if value.get("size", entry.size) != entry.size:
        raise Problem(400, f"LFS object {value['oid']} has {entry.size} bytes, not {value['size']}")
    tree[path] = entry


def _copy(repo: Repository, tree: Tree, path: str, value: dict[str, Any]) -> None:
    source = repo.resolve(value["srcRevision"]).tree if value.get("srcRevision") else tree
    if value["srcPath"] not in source:
        raise Problem(404, f"Cannot copy {value['srcPath']}: no such file", "EntryNotFound")
    tree[path] = source[value["srcPath"]]


def _delete_file(repo: Repository, tree: Tree, path: str, value: dict[str, Any]) -> None:
    if path not in tree:
        raise Problem(404, f"A file with this name doesn't exist: {path}", "EntryNotFound")
    del tree[path]


def _delete_folder(repo: Repository, tree: Tree, path: str, value: dict[str, Any]) -> None:
    inside = [name for name in tree if name.startswith(f"{path}/")]
    if not inside:
        raise Problem(404, f"A folder with this name doesn't exist: {path}", "EntryNotFound")
    for name in inside:
        del tree[name]


OPERATIONS: dict[str, Callable[[Repository, Tree, str, dict[str, Any]], None]] = {
    "file": _add_file,
    "lfsFile": _add_lfs,
    "copyFile": _copy,
    "deletedFile": _delete_file,
    "deletedFolder": _delete_folder,
}
