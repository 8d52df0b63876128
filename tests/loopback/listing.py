"""Reading a repository: commits, folders, paths and the files themselves."""

import hashlib
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs

from tests.loopback.blobs import pointer
from tests.loopback.store import Commit, Entry, Repository, State, Tree
from tests.loopback.wire import Answer, Problem, Request, paged

EXPANDED_PAGE = 50


def describe(path: str, entry: Entry) -> dict[str, Any]:
    """A file as listings show it."""
    file: dict[str, Any] = {"type": "file", "path": path, "size": entry.size, "oid": entry.oid}
    if entry.lfs:
        size = len(pointer(entry.sha256, entry.size))
        file["lfs"] = {"oid": entry.sha256, "size": entry.size, "pointerSize": size}
    return file


def _describe_folder(path: str, tree: Tree) -> dict[str, Any]:
    inside = [f"{entry.oid} {name}" for name, entry in sorted(tree.items()) if name.startswith(f"{path}/")]
    return {"type": "directory", "path": path, "size": 0, "oid": hashlib.sha1("\n".join(inside).encode()).hexdigest()}


def _folders(paths: Iterable[str]) -> set[str]:
    """Every folder that holds one of the files, however deep."""
    found = set()
    for path in paths:
        parts = path.split("/")
        found.update("/".join(parts[:depth]) for depth in range(1, len(parts)))
    return found


def _last_commit(history: list[Commit], path: str, folder: bool) -> dict[str, str]:
    """The newest commit since which a file, or what a folder holds, is as it is."""

    def content(commit: Commit) -> Any:
        if not folder:
            return commit.tree.get(path)
        return {name: entry for name, entry in commit.tree.items() if name.startswith(f"{path}/")}

    last = history[0]
    for commit in history[1:]:
        if content(commit) != content(last):
            break
        last = commit
    return {"id": last.id, "title": last.title, "date": last.date}


def _expand(repo: Repository, commit: Commit, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    history = repo.commits(commit.id)
    return [{**item, "lastCommit": _last_commit(history, item["path"], item["type"] != "file")} for item in items]


def tree(state: State, request: Request) -> Answer:
    """The files and folders in a folder, or everything below it, in pages."""
    repo, folder = request.repo, request.groups.get("path", "").strip("/")
    commit = repo.resolve(request.groups["rev"])
    prefix = f"{folder}/" if folder else ""
    if folder and not any(path.startswith(prefix) for path in commit.tree):
        raise Problem(404, f"{folder} does not exist on this revision", "EntryNotFound")
    names = sorted({*commit.tree, *_folders(commit.tree)})
    names = [name for name in names if name.startswith(prefix)]
    if not request.flag("recursive"):
        names = [name for name in names if "/" not in name.removeprefix(prefix)]
    expand = request.flag("expand")
    page = min(state.page, EXPANDED_PAGE) if expand else state.page
    shown, headers = paged(names, request, state.url, page)
    items = _describe_all(commit.tree, shown)
    return Answer.of(_expand(repo, commit, items) if expand else items, headers=headers)


def _describe_all(files: Tree, names: Iterable[str]) -> list[dict[str, Any]]:
    return [describe(name, files[name]) if name in files else _describe_folder(name, files) for name in names]


def paths_info(state: State, request: Request) -> Answer:
    """The files and folders at some paths; paths that do not exist are left out."""
    commit = request.repo.resolve(request.groups["rev"])
    if request.headers.get("Content-Type", "").startswith("application/json"):
        paths, expand = request.json().get("paths", []), request.json().get("expand") is True
    else:
        form = parse_qs(request.body.decode())
        paths, expand = form.get("paths", []), form.get("expand", ["false"])[0].lower() in ("1", "true")
    known = {*commit.tree, *_folders(commit.tree)}
    items = _describe_all(commit.tree, [path.strip("/") for path in paths if path.strip("/") in known])
    return Answer.of(_expand(request.repo, commit, items) if expand else items)


def commits(state: State, request: Request) -> Answer:
    """The commits that led to a revision, newest first, in pages."""
    found, headers = paged(request.repo.commits(request.groups["rev"]), request, state.url, state.page)
    items = [
        {"id": commit.id, "title": commit.title, "message": commit.message, "date": commit.date}
        | {"authors": [{"user": "org"}]}
        for commit in found
    ]
    return Answer.of(items, headers=headers)


def file(state: State, request: Request) -> Answer:
    """The bytes of a file, or the part of them that was asked for."""
    repo, path = request.repo, request.groups["path"]
    commit = repo.resolve(request.groups["rev"])
    entry = commit.tree.get(path)
    if entry is None:
        problem = Problem(404, "Entry not found", "EntryNotFound").answer()
        problem.headers["X-Repo-Commit"] = commit.id
        return problem
    headers = {"ETag": f'"{entry.etag}"', "X-Repo-Commit": commit.id, "Accept-Ranges": "bytes"}
    headers["Content-Type"] = "application/octet-stream"
    if entry.lfs:
        headers |= {"X-Linked-Etag": f'"{entry.sha256}"', "X-Linked-Size": str(entry.size)}
    span = _span(request.headers.get("Range"), entry.size)
    start, end = span or (0, entry.size)
    if span:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{entry.size}"
    headers["Content-Length"] = str(end - start)
    body = b"" if request.method == "HEAD" else repo.blobs.read(entry.sha256, start, end)
    return Answer(206 if span else 200, body, headers)


def _span(header: str | None, size: int) -> tuple[int, int] | None:
    """The first byte of a range and the one after its last; None where no single range is asked for."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", (header or "").strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last) + 1, size) if first and last else size
    if start >= end:
        raise Problem(416, f"The file has {size} bytes")
    return start, end
