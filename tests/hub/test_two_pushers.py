"""Two pushes to one repository at once: one succeeds, the other fails with a message, and their files are not mixed.

pytest tests/hub/test_two_pushers.py
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sde_datasets.errors import InputError
from sde_datasets.hub.push import Push
from sde_datasets.hub.push_options import PushOptions
from tests.hub.conftest import NAME, QUIET, connected, pushed, shown


def ready(hub, folder, one_commit: int = 2_000) -> Push:
    return Push.prepare(folder, PushOptions(NAME), connected(hub), one_commit)


@pytest.mark.parametrize("one_commit", [2_000, 2])
def test_the_second_of_two_who_looked_at_the_same_state_is_told(hub, before, after, one_commit):
    pushed(hub, before)
    mine = ready(hub, after, one_commit)
    hub.commit(NAME, {"theirs.txt": b"hello"}, title="somebody else's")
    old = shown(hub)
    with pytest.raises(InputError, match="someone else has changed main"):
        mine.run(QUIET)
    assert shown(hub) == old and hub.repository(NAME).commits("main")[0].title == "somebody else's"
    ready(hub, after, one_commit).run(QUIET)
    assert shown(hub) != old and hub.repository(NAME).files("main")["theirs.txt"] == b"hello"


def test_two_commits_that_arrive_together(hub, before, after, tmp_path):
    pushed(hub, before)
    base = hub.repository(NAME).head("main")
    others = {"v1": after, "v2": before}
    # the folders differ from the repository and from each other by their tags at least
    pushes = [Push.prepare(folder, PushOptions(NAME, tag=tag), connected(hub)) for tag, folder in others.items()]
    together = threading.Barrier(2, timeout=20)

    def at_the_commit(number: int, method: str, path: str) -> None:
        if path.endswith("/commit/main"):
            together.wait()

    hub.on_call = at_the_commit
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(push.run, QUIET) for push in pushes]
        errors = [run.exception() for run in runs]
    hub.on_call = None
    assert sorted(type(error) for error in errors if error) == [InputError]
    assert "someone else" in str(next(filter(None, errors)))
    repository = hub.repository(NAME)
    assert repository.commits("main")[0].parent == base
    tag = "v1" if errors[0] is None else "v2"
    assert repository.tags == {tag: repository.head("main")}
    pushed(hub, others[tag])
    assert shown(hub)
