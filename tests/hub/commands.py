"""How the tests run commands that push, and what they look at."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from huggingface_hub import HfApi

from sde_datasets.cli.main import main
from tests.loopback import Hub


def speak_to(url: str, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What HF_ENDPOINT and HF_TOKEN do for a command; the first is read when the library is imported."""
    monkeypatch.setattr("sde_datasets.hub.connection.HfApi", partial(HfApi, endpoint=url))
    monkeypatch.setenv("HF_TOKEN", token)


def sde(*args: object) -> Result:
    """Run a command; standard input is no terminal."""
    return CliRunner().invoke(main, [str(arg) for arg in args])


def push(folder: Path, *args: object) -> Result:
    return sde("push", folder, *args, "--quiet")


def done(result: Result) -> str:
    """What a command that must succeed says on standard output."""
    assert result.exit_code == 0, result.output
    return result.stdout


def fails(result: Result, code: int, *says: str) -> None:
    """The command ends with this code and one line that says all this."""
    assert result.exit_code == code, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert all(word in result.stderr for word in says), result.stderr
    assert len(result.stderr.splitlines()) == 1 and "Traceback" not in result.output


def writes(hub: Hub) -> list[str]:
    """The calls that are not mere questions."""
    return [f"{call.method} {call.path}" for call in hub.calls if call.method not in ("GET", "HEAD")]


def repositories(hub: Hub) -> bool:
    """Is the repository there?"""
    try:
        return bool(hub.repository("org/sde"))
    except KeyError:
        return False
