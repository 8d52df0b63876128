"""A refusal of the Hub is shown with the Hub's message, with a hint where one helps, and is not tried again.

pytest tests/hub/test_refused.py
"""

from __future__ import annotations

import pytest

from tests.hub.commands import done, fails, push, repositories
from tests.hub.conftest import NAME, shown
from tests.loopback.wire import Answer, Problem

SENTENCE = '"license" must be one of [apache-2.0, mit, cc-by-4.0]'
INVALID = Answer.of({"errors": [{"message": SENTENCE}], "warnings": []}, 400)
# what a front server answers, which knows no JSON
TOO_LARGE = Answer(413, b"<html><h1>413 Request Entity Too Large</h1></html>", {"Content-Type": "text/html"})
LEFT = "created the repository and sent no data"


def calls(hub, part: str) -> int:
    return sum(part in call.path for call in hub.calls if call.method == "POST")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (INVALID, ["refuses the card", SENTENCE]),
        (TOO_LARGE, ["refuses the card", "too large", "413", "fewer --designs"]),
        (Problem(413, "request entity too large").answer(), ["too large (request entity too large)"]),
    ],
    ids=["invalid", "too large, HTML", "too large, JSON"],
)
def test_a_card_that_the_hub_refuses_stops_the_push_before_anything_is_made(here, before, answer, says):
    here.refuse("/validate-yaml", answer)
    result = push(before, NAME, "--yes")
    fails(result, 1, f"{NAME} README.md", *says)
    assert "same command" not in result.stderr and calls(here, "/validate-yaml") == 1
    assert not repositories(here)


@pytest.mark.parametrize("status", [400, 413])
def test_a_commit_that_the_hub_refuses_is_told_in_its_words_and_not_tried_again(here, before, status):
    here.refuse("/commit/", Problem(status, "Your commit is not acceptable.").answer())
    result = push(before, NAME, "--yes")
    fails(result, 1, f"answered {status} (Your commit is not acceptable)", LEFT)
    assert calls(here, "/commit/") == 1 and "same command" not in result.stderr


STORAGE = "Private repository storage limit reached"
UPGRADE = f"{STORAGE}, please upgrade your plan to increase your private storage limit"
NAMESPACE = "You don't have the rights to create a dataset under this namespace"
READ = "You have read access but not the required permissions for this operation"
PATTERNS = "Your storage patterns tripped our internal systems! Please contact us at website@huggingface.co"
GATED = "Access to dataset org/sde is restricted and you are not in the authorized list"
CURES = ("Free storage", "under your own name", "write access to the repository", "Ask for access", "Check that")


@pytest.mark.parametrize(
    ("problem", "hint"),
    [
        (Problem(403, STORAGE), "Free storage"),
        (Problem(403, UPGRADE), ""),
        (Problem(403, PATTERNS), ""),
        (Problem(403, NAMESPACE), "under your own name"),
        (Problem(403, READ), "write access to the repository"),
        (Problem(403, GATED, "GatedRepo"), "Ask for access"),
        (Problem(403, "Access to this resource is disabled."), ""),
        (Problem(403, ""), "Check that"),
    ],
    ids=lambda value: value.message[:40] if isinstance(value, Problem) else "",
)
def test_403_is_told_in_the_words_of_the_hub_with_the_advice_that_fits(here, before, problem, hint):
    here.refuse("/repos/create", problem.answer())
    result = push(before, NAME, "--yes")
    fails(result, 1, NAME, problem.message.rstrip("."))
    assert [each for each in CURES if each in result.stderr] == ([hint] if hint else [])
    assert calls(here, "/repos/create") == 1 and LEFT not in result.stderr


@pytest.mark.parametrize("part", ["/preupload/", "/info/lfs/objects/batch", "/storage/", "/branch/"])
def test_a_first_push_that_fails_says_that_an_empty_repository_is_left(here, before, part):
    here.refuse(part, Problem(403, STORAGE).answer())
    fails(push(before, NAME, "--yes", "--revision", "next"), 1, STORAGE, LEFT, "delete it in its settings")
    assert repositories(here)
    here.clear()
    assert "add" in done(push(before, NAME, "--yes"))
    assert shown(here)


def test_a_later_push_that_fails_says_nothing_of_an_empty_repository(here, before, after):
    done(push(before, NAME, "--yes"))
    here.refuse("/commit/", Problem(403, STORAGE).answer())
    result = push(after, NAME, "--yes")
    fails(result, 1, STORAGE)
    assert LEFT not in result.stderr
