"""Metrics of a run: rows of metrics.jsonl, and lines of progress."""

from __future__ import annotations

import resource
import sys
import time

import torch

from sde_datasets.runs import metrics_file
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.training.trainer import SampleTrainer, StepCounts
from sde_datasets.utils.progress import Progress


class MetricsWriter:
    """Write loss, learning rate, tokens per second, the share of padding, and memory; show the progress of a run."""

    def __init__(self, trainer: SampleTrainer, folder: RunFolder, progress: Progress, every: int) -> None:
        """every: write a row each `every` steps, at the first and the last step, and at each checkpoint."""
        self._trainer, self._folder, self._progress, self._every = trainer, folder, progress, every
        self._last_write = time.monotonic()
        # sums over the run: tokens of samples, computed positions, padding
        self._sums = (0.0, 0.0, 0.0)
        progress.total(trainer.max_steps)
        progress.advance(trainer.step)

    def after_step(self) -> None:
        """Count a step, and write a row if one is due."""
        trainer = self._trainer
        self._progress.advance(1)
        # a row at each checkpoint makes the rows of a resumed run equal to those of an uninterrupted one
        due = (trainer.step % self._every, trainer.step % trainer.save_every, trainer.step - 1)
        if 0 in due or trainer.step >= trainer.max_steps:
            self._write()

    @property
    def tokens(self) -> float:
        """The tokens of the samples so far, over all devices."""
        return self._sums[0]

    def finish(self) -> None:
        """Report the shares of padding and of tokens that were not computed again."""
        tokens, positions, padding = self._sums
        if positions:
            self._progress.line(f"padding: {100 * padding / positions:.1f} % of the positions of all batches")
            if saved := tokens - (positions - padding):
                share = f"{100 * saved / tokens:.0f} % of the tokens"
                self._progress.line(f"shared prefix: {share} are the same as in another sample, and were computed once")

    def _write(self) -> None:
        trainer, counts, now = self._trainer, self._trainer.counts, time.monotonic()
        accelerator = trainer.accelerator
        sums = torch.tensor([counts.loss, counts.tokens, counts.positions, counts.padding], dtype=torch.float64)
        # some devices do not support float64
        loss, *sizes = accelerator.reduce(sums.float().to(accelerator.device), "sum").tolist()
        tokens, positions, padding = sizes
        speed = tokens / max(now - self._last_write, 1e-9)
        self._last_write = now
        self._sums = tuple(total + size for total, size in zip(self._sums, sizes, strict=True))
        row = {"step": trainer.step, "epoch": round(trainer.epoch, 6), "loss": loss / counts.steps}
        row |= {"learning_rate": trainer.rate, "grad_norm": trainer.norm}
        row |= {"tokens_per_second": round(speed, 1), "padding": round(padding / positions, 6)}
        row |= {"memory": peak_memory()}
        trainer.counts = StepCounts()
        if accelerator.is_main_process:
            metrics_file.append_row(self._folder.metrics, row)
            accelerator.log(row, step=trainer.step)
            if trainer.step % (10 * self._every) == 0:
                steps = f"step {trainer.step:,} of {trainer.max_steps:,}"
                self._progress.line(f"{steps}: loss {row['loss']:.4f}, {speed:,.0f} tokens/s")


def peak_memory() -> int:
    """Return the peak memory use in bytes: of the GPU if there is one, else of this process."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
