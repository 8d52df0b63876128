"""Pull requests: opening, listing, status and merge."""

from typing import Any

from tests.loopback.store import Commit, Pull, Repository, State, Tree
from tests.loopback.wire import Answer, Problem, Request

USER = {"name": "org", "type": "user"}


def open_pull(repo: Repository, title: str, text: str, base: str, start: str, status: str) -> Pull:
    """Add a pull request that has no commits of its own yet."""
    number = len(repo.pulls) + 1
    pull = repo.pulls[number] = Pull(number, title, base, start, start, status, repo.tick())
    latest = {"raw": text, "html": text, "updatedAt": pull.date, "author": USER}
    _note(repo, pull, "comment", {"edited": False, "hidden": False, "latest": latest, "history": []})
    return pull


def _note(repo: Repository, pull: Pull, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    identity = f"{pull.number:012x}{len(pull.events):012x}"
    event = {"id": identity, "type": kind, "createdAt": repo.tick(), "author": USER, "data": data}
    pull.events.append(event)
    return event


def note_commit(repo: Repository, pull: Pull, made: Commit) -> None:
    """Show a commit on the page of its pull request."""
    _note(repo, pull, "commit", {"subject": made.title, "oid": made.id})


def create(state: State, request: Request) -> Answer:
    """Open a pull request without commits: it starts as a draft at the head of main."""
    order = request.json()
    if not order.get("pullRequest"):
        raise Problem(400, "Only pull requests are supported")
    title = order.get("title", "")
    if len(title) < 3:
        raise Problem(400, "A title needs three characters at least")
    repo = request.repo
    pull = open_pull(repo, title, order.get("description", ""), "main", repo.head("main"), "draft")
    return Answer.of(
        {"num": pull.number, "pullRequest": True, "url": f"{state.url}/{repo.path}/discussions/{pull.number}"}
    )


def listing(state: State, request: Request) -> Answer:
    """The pull requests, newest first, by type and status if asked, in numbered pages."""
    pulls = [_summary(request.repo, pull) for pull in reversed(request.repo.pulls.values())]
    if request.query.get("type") == "discussion":
        pulls = []
    if wanted := request.query.get("status"):
        statuses = {"open": ("open", "draft"), "closed": ("closed", "merged")}.get(wanted, ())
        pulls = [pull for pull in pulls if wanted == "all" or pull["status"] in statuses]
    start = int(request.query.get("p", "0")) * state.page
    shown = pulls[start : start + state.page]
    return Answer.of({"discussions": shown, "count": len(pulls), "start": start})


def details(state: State, request: Request) -> Answer:
    """One pull request with its events."""
    repo, pull = request.repo, _find(request)
    more = {
        "events": pull.events,
        "changes": {"base": f"refs/heads/{pull.base}", "mergeCommitId": pull.merged_as},
        "filesWithConflicts": [] if pull.merged_as else _conflicts(*_sides(repo, pull)),
        "diff": "",
    }
    return Answer.of({**_summary(repo, pull), **more})


def status(state: State, request: Request) -> Answer:
    """Open a draft, or close or reopen a pull request."""
    pull, wanted = _find(request), request.json().get("status")
    if wanted not in ("open", "closed"):
        raise Problem(400, f"Unknown status: {wanted}")
    if pull.status == "merged":
        raise Problem(400, "The pull request is merged")
    pull.status = wanted
    return Answer.of({"newStatus": _note(request.repo, pull, "status-change", {"status": wanted})})


def merge(state: State, request: Request) -> Answer:
    """Bring what a pull request changed onto its branch, as one commit that lists the commits it is made of."""
    repo, pull = request.repo, _find(request)
    if pull.status != "open":
        raise Problem(400, f"Only an open pull request can be merged, this one is {pull.status}")
    base, ours, theirs = _sides(repo, pull)
    if conflicts := _conflicts(base, ours, theirs):
        raise Problem(409, f"Conflicts in {', '.join(conflicts)}")
    tree = {path: entry for path, entry in ours.items() if path in theirs or path not in base}
    tree |= {path: entry for path, entry in theirs.items() if base.get(path) != entry}
    since = repo.commits(pull.head)
    own = since[: next(place for place, commit in enumerate(since) if commit.id == pull.start)]
    message = "\n".join(f"- {commit.title} ({commit.id})\n\n{commit.message}".rstrip() for commit in reversed(own))
    made = repo.record(pull.base, tree, f"{pull.title} (#{pull.number})", message)
    pull.status, pull.merged_as = "merged", made.id
    _note(repo, pull, "status-change", {"status": "merged"})
    return Answer.of({"success": True})


def _find(request: Request) -> Pull:
    pull = request.repo.pulls.get(int(request.groups["num"]))
    if pull is None:
        raise Problem(404, "Discussion not found")
    return pull


def _summary(repo: Repository, pull: Pull) -> dict[str, Any]:
    return {
        "num": pull.number,
        "title": pull.title,
        "status": pull.status,
        "author": USER,
        "createdAt": pull.date,
        "repo": {"name": repo.id, "type": repo.kind},
        "isPullRequest": True,
    }


def _sides(repo: Repository, pull: Pull) -> tuple[Tree, Tree, Tree]:
    """Where the pull request started, what its branch has now, and what it has now."""
    return repo.resolve(pull.start).tree, repo.resolve(pull.base).tree, repo.resolve(pull.head).tree


def _conflicts(base: Tree, ours: Tree, theirs: Tree) -> list[str]:
    """Paths that both sides changed, each in its own way."""
    paths = {path for path in base | theirs if base.get(path) != theirs.get(path)}
    return sorted(path for path in paths if ours.get(path) not in (base.get(path), theirs.get(path)))
