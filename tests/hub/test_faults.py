"""Whatever goes wrong at whatever HTTP call of a push: readers see the state before or the one after, never a mixture,
and pushing again ends in the right state with one commit in all.

Every call is answered with each fault, and at every call the pushing process is killed.

pytest tests/hub/test_faults.py
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import pytest

from sde_datasets.errors import InputError
from sde_datasets.hub.connection import ATTEMPTS, configure_client
from tests import forked
from tests.hub import dying
from tests.hub.conftest import NAME, pushed, shown, usual_client
from tests.loopback import Hub

pytestmark = pytest.mark.slow

FAULTS = ("429", "500", "503", "drop", "stall", "applied", "checksum")
SOME = ("503", "drop", "applied")
# most of a scenario is waiting: for a retry, or for a stalled answer
AT_ONCE = 64


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """A client that gives up a stalled answer after a second, as the command's does after two minutes."""
    configure_client(1)
    yield
    usual_client()


# some of the files are sent whole and some in parts
SMALL_PARTS = {"multipart_above": 11_500, "chunk": 4_000}
KINDS = ("first", "update", "many files", "request", "request of many files")


@dataclass(frozen=True)
class Kind:
    """A kind of push: what the repository holds first, what is shown before and after it, its calls and commits.

    left: the files that an undisturbed push leaves.
    """

    folder: Path
    how: dict
    files: dict[str, bytes]
    before: dict
    after: dict
    calls: int
    commits: int
    left: dict[str, bytes]

    @property
    def place(self) -> str:
        """Where the state after the push is."""
        return "refs/pr/1" if "create_pr" in self.how else "main"

    def push(self, hub: Hub) -> None:
        """Push as it was done without disturbance."""
        pushed(hub, self.folder, **self.how)

    @contextmanager
    def beginning(self, root: Path) -> Iterator[Hub]:
        """A Hub on which the repository is as it was before the push."""
        with Hub(root, **SMALL_PARTS) as hub:
            hub.stall_seconds = 2
            if self.files:
                hub.create(NAME)
                hub.commit(NAME, self.files, title="before")
            hub.clear()
            yield hub


def undisturbed(folder: Path, how: dict, root: Path, files: dict, before: dict) -> Kind:
    """Learn what a push does when nothing goes wrong."""
    kind = Kind(folder, how, files, before, {}, 0, 0, {})
    with kind.beginning(root / "hub") as hub:
        commits = len(hub.repository(NAME).commits("main")) if files else 1
        kind.push(hub)
        repository, calls = hub.repository(NAME), len(hub.calls)
        made = len(repository.commits(kind.place)) - commits
        if kind.place == "main":
            hub.clear()
            kind.push(hub)
            assert not [call for call in hub.calls if call.method != "GET" and call.method != "HEAD"]
        left = repository.files(kind.place)
        return replace(kind, after=shown(hub, kind.place), calls=calls, commits=made, left=left)


@pytest.fixture(scope="module")
def kinds(before, after, tmp_path_factory) -> dict[str, Kind]:
    root = tmp_path_factory.mktemp("kinds")
    first = undisturbed(before, {"tag": "v1"}, root / "first", {}, {})
    with first.beginning(root / "state") as hub:
        first.push(hub)
        files = hub.repository(NAME).files("main")
    made = {"first": first}
    for name, how in (
        ("update", {"tag": "v2"}),
        ("many files", {"tag": "v2", "one_commit": 2}),
        ("request", {"create_pr": True}),
        ("request of many files", {"create_pr": True, "one_commit": 2}),
    ):
        made[name] = undisturbed(after, how, root / name, files, first.after)
    return made


def check_scenario(kind: Kind, root: Path, disturb: Callable[[Hub], bool]) -> None:
    """`disturb` lets one push go wrong and says whether it was told that all is well."""
    with kind.beginning(root) as hub:
        commits = len(hub.repository(NAME).commits("main")) if kind.files else 1
        told = disturb(hub)
        seen = shown(hub)
        assert seen == kind.before or (seen == kind.after and kind.place == "main")
        assert not told or shown(hub, kind.place) == kind.after
        hub.clear()
        kind.push(hub)
        assert shown(hub, kind.place) == kind.after
        repository = hub.repository(NAME)
        assert len(repository.commits(kind.place)) == commits + kind.commits
        if kind.place == "main":
            # the same files as after an undisturbed push, and a push after that one writes nothing
            assert list(repository.tags.values()) == [repository.head("main")]
            assert repository.files("main") == kind.left
        else:
            assert len(repository.pulls) == 1 and shown(hub) == kind.before


def in_threads(count: int, scenario: Callable[[int], None]) -> None:
    """Run a scenario for each call; the failures of all of them at once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = {number: pool.submit(scenario, number) for number in range(1, count + 1)}
    wrong = {number: run.exception() for number, run in runs.items() if run.exception()}
    assert not wrong, wrong


@pytest.mark.parametrize(("name", "fault"), [*product(("first", "update"), FAULTS), *product(KINDS[2:], SOME)])
def test_a_fault_at_any_call(name, fault, kinds, tmp_path):
    def scenario(number: int) -> None:
        check_scenario(kinds[name], tmp_path / str(number), lambda hub: faulty(hub, number))

    def faulty(hub: Hub, number: int) -> bool:
        hub.fail(number, fault)
        try:
            kinds[name].push(hub)
        except InputError as error:
            assert hub.token not in str(error) and NAME in error.location
            # nothing but an answer that is final may stop it
            assert fault == "checksum", error
            return False
        return True

    in_threads(kinds[name].calls, scenario)


def test_a_server_that_never_gets_better_is_told_as_it_is(kinds, tmp_path):
    kind = kinds["update"]
    with kind.beginning(tmp_path) as hub:
        # the last two calls are the commit and the tag; between two commits it is asked whether the first went through,
        # and the card is validated again
        for commit in range(ATTEMPTS):
            hub.fail(kind.calls - 1 + 3 * commit, "429")
        with pytest.raises(InputError, match="429"):
            kind.push(hub)
        assert shown(hub) == kind.before


@pytest.mark.parametrize("name", KINDS[:3])
def test_killed_at_any_call(name, kinds, tmp_path):
    kind = kinds[name]

    def scenario(number: int) -> None:
        check_scenario(kind, tmp_path / str(number), lambda hub: killed(hub, number))

    def killed(hub: Hub, number: int) -> bool:
        given = (kind.folder, NAME, kind.how, hub.url, hub.token)
        process = forked.process(dying.push, given)

        def kill(call: int, method: str, path: str) -> None:
            if call == number:
                os.kill(process.pid, signal.SIGKILL)

        hub.on_call = kill
        process.start()
        process.join()
        hub.on_call = None
        # the server of forks says 255 where the death of its child was noticed by another first
        assert process.exitcode in (-signal.SIGKILL, 255)
        return False

    in_threads(kind.calls, scenario)
