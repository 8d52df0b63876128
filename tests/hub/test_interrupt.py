"""Ctrl-C during a push: one line, exit code 130, and the repository as it was.

pytest tests/hub/test_interrupt.py
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.hub.conftest import NAME, pushed, shown

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("at", ["/preupload/main", "/objects/batch", "/commit/main"])
def test_ctrl_c(hub, before, after, tmp_path, at):
    pushed(hub, before)
    old = shown(hub)
    settings = {"HF_ENDPOINT": hub.url, "HF_TOKEN": hub.token, "HF_HOME": str(tmp_path), "HF_HUB_DISABLE_XET": "1"}
    command = [sys.executable, "-m", "sde_datasets", "push", str(after), NAME, "--yes"]
    started: list[subprocess.Popen] = []

    def interrupt(number: int, method: str, path: str) -> None:
        if path.endswith(at):
            started[0].send_signal(signal.SIGINT)
            # the server's answer comes when the client has gone
            started[0].wait(20)

    hub.on_call = interrupt
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    started.append(subprocess.Popen(command, env=os.environ | settings | {"HF_HUB_DISABLE_TELEMETRY": "1"}, **pipes))
    said = started[0].communicate(timeout=60)[1]
    hub.on_call = None
    assert started[0].returncode == 130 and "Traceback" not in said and "stopped" in said, said
    if at != "/commit/main":
        assert shown(hub) == old
    pushed(hub, after)
    assert shown(hub) != old
