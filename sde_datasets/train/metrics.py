"""Metrics of a run: a row of metrics.jsonl each time, and a line for a person."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback

from sde_datasets.errors import InputError
from sde_datasets.manifest import write_text
from sde_datasets.progress import Progress
from sde_datasets.train.folder import RunFolder


class Metrics(TrainerCallback):
    """Writes loss, learning rate, tokens a second, the share of padding, and memory; shows how far the run has come."""

    def __init__(self, trainer: Any, folder: RunFolder, progress: Progress) -> None:
        self._trainer, self._folder, self._progress = trainer, folder, progress
        self._before = (0, 0, time.monotonic())

    def on_train_begin(self, args, state, control, **_) -> None:
        self._before = (*self._counted(), time.monotonic())
        if state.is_world_process_zero:
            self._progress.total(state.max_steps)
            self._progress.advance(state.global_step)

    def on_step_end(self, args, state, control, **_) -> None:
        # a checkpoint begins a row, so that the rows of a run that goes on from it are those of one that never stopped
        control.should_log |= state.global_step >= state.max_steps or state.global_step % args.save_steps == 0
        if state.is_world_process_zero:
            self._progress.advance(1)

    def on_train_end(self, args, state, control, **_) -> None:
        tokens, places = self._counted()
        if state.is_world_process_zero and places:
            self._progress.line(f"padding: {100 * (1 - tokens / places):.1f} % of the places of all batches")

    def on_log(self, args, state, control, logs, **_) -> None:
        if "loss" not in logs:
            return
        tokens, places, now = *self._counted(), time.monotonic()
        done, of = tokens - self._before[0], places - self._before[1]
        speed = done * args.world_size / max(now - self._before[2], 1e-9)
        self._before = (tokens, places, now)
        row = {"step": state.global_step, "epoch": round(state.epoch, 6), "loss": logs["loss"]}
        row |= {"learning_rate": logs["learning_rate"], "grad_norm": logs.get("grad_norm")}
        row |= {"tokens_per_second": round(speed, 1), "padding": round(1 - done / max(of, 1), 6), "memory": memory()}
        if state.is_world_process_zero:
            add(self._folder.metrics, row)
            told = f"step {row['step']:,} of {state.max_steps:,}: loss {row['loss']:.4f}, {speed:,.0f} tokens/s"
            self._progress.line(told) if state.global_step % (10 * args.logging_steps) == 0 else None

    def _counted(self) -> tuple[int, int]:
        counts = self._trainer.counts
        return counts["tokens"], counts["places"]


def memory() -> int:
    """The most memory in use so far, in bytes: of the GPU, or of this process."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def add(path: Path, row: dict[str, Any]) -> None:
    """Add a row of metrics."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def rows(path: Path) -> list[dict[str, Any]]:
    """The rows of metrics, without one that is half-written; none where there is no file. Raises InputError."""
    if not path.is_file():
        return []
    try:
        return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.endswith("}")]
    except ValueError as error:
        raise InputError(str(path), f"cannot be read ({error})", "Begin a new run.") from error


def rewind(path: Path, step: int) -> None:
    """Leave out the rows after a step, which the run is about to make again."""
    kept = [row for row in rows(path) if row["step"] <= step]
    write_text(path, "".join(json.dumps(row) + "\n" for row in kept))
