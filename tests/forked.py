"""Processes that start at once: a server forks them with the heavy libraries already imported."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

_PRELOADED = ["pytest", "sde_datasets.cli.main", "sde_datasets.hub.push", "sde_datasets.training.loop", "peft"]


def process(target: Any, args: Sequence[object]) -> BaseProcess:
    """Return a process, not yet started, that calls a function of a module."""
    context = multiprocessing.get_context("forkserver")
    # one server for all tests of a test process: the first of them imports the libraries
    context.set_forkserver_preload(_PRELOADED)
    return context.Process(target=target, args=args)


def command(words: Sequence[object], output: Path) -> BaseProcess:
    """Return a process, not yet started, that runs `sde-datasets` with these words; what it prints goes to a file."""
    return process(_run, ([str(word) for word in words], output))


def _run(words: list[str], output: Path) -> None:
    with output.open("a") as file:
        for number in (1, 2):
            os.dup2(file.fileno(), number)
    from sde_datasets.cli.main import main

    main(words)
