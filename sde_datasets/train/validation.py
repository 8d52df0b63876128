"""Scores on the validation split while a run goes on: what early stopping stops by, and which weights are kept."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list, parse_flag_from_env
from transformers import TrainerCallback

from sde_datasets.errors import InputError, UsageError
from sde_datasets.progress import Progress
from sde_datasets.train import metrics
from sde_datasets.train.folder import BEST, step_of, whole
from sde_datasets.train.options import Options
from sde_datasets.train.samples import Sample, Split
from sde_datasets.train.writer import Writer


def watched(options: Options, work: Path) -> list[Sample]:
    """The samples that are answered at each point. Raises UsageError where there are none, or none can be answered."""
    if parse_flag_from_env("ACCELERATE_USE_FSDP"):
        raise UsageError("--eval-every needs the whole model in one process: leave it out with FSDP")
    try:
        split = Split.of(options.data, options.config, "validation", options.revision, work)
    except UsageError as error:
        raise UsageError(f"--eval-every needs a validation split: {error}") from error
    return split.chosen(options.eval_samples, options.seed)


class Validation(TrainerCallback):
    """Every so many steps answers samples of the validation split, scores the answers and keeps the best weights.

    The score is the first headline figure: kappa of label tasks, F1 of mention tasks. The main process writes.
    """

    def __init__(self, ready: Any, progress: Progress) -> None:
        """Raises InputError where a run is gone on with and the best weights so far are no longer there."""
        self._ready, self._progress = ready, progress
        best = ready.folder.path / f"{BEST}{self.best_step}"
        if self.best_step and not best.is_dir():
            raise InputError(str(best), "is gone, the weights with the best score", "Begin a new run.")

    @property
    def _scores(self) -> list[dict]:
        return [row for row in metrics.rows(self._ready.folder.metrics) if "validation" in row]

    @property
    def best_step(self) -> int:
        """The step with the best score so far, the earliest of equals; 0 where there is none."""
        scores = self._scores
        return max(scores, key=lambda row: row["validation"])["step"] if scores else 0

    def on_step_end(self, args, state, control, model=None, **_) -> None:
        options = self._ready.options
        if state.global_step % options.eval_every and state.global_step != state.max_steps:
            return
        if state.is_world_process_zero:
            self._evaluate(model, state.global_step)
        PartialState().wait_for_everyone()
        control.should_training_stop |= self.enough()

    def enough(self) -> bool:
        """True where so many scores in a row were no better that the run is to stop; the same in all processes."""
        allowed = self._ready.options.early_stopping
        since = [sum(row["step"] > self.best_step for row in self._scores)] if PartialState().is_main_process else [0]
        broadcast_object_list(since)
        return allowed is not None and since[0] >= allowed

    def _evaluate(self, model: Any, step: int) -> None:
        ready = self._ready
        score = score_of(model, ready, ready.watched)
        name, value = next(iter(score["headline"].items()))
        metrics.add(
            ready.folder.metrics,
            {
                "step": step,
                "validation": value["value"] or 0.0,
                "figure": name,
                "format_errors": score["format_errors"]["error_rate"],
            },
        )
        self._progress.line(f"step {step:,}: {name} {value['value'] or 0.0:.3f} on {len(ready.watched):,} samples")
        if self.best_step == step:
            self._keep(model, step)

    def _keep(self, model: Any, step: int) -> None:
        """Keep these weights, and those that were best at the last checkpoint, which --resume goes back to."""
        folder = self._ready.folder
        with whole(folder.path / f"{BEST}{step}") as part:
            model.save_pretrained(part)
            (part / "README.md").unlink(missing_ok=True)
            self._ready.tokenizer.save_pretrained(part)
        last = max(map(step_of, folder.checkpoints()), default=0)
        earlier = [path for path in folder.best() if step_of(path) < step]
        back = max((path for path in earlier if step_of(path) <= last), key=step_of, default=None)
        for path in earlier:
            if path != back:
                shutil.rmtree(path)


def score_of(model: Any, ready: Any, samples: list) -> dict:
    """The scores of the model's greedy answers to samples."""
    from sde_datasets.score.run import score

    limit, room = ready.about["answer_tokens"], ready.about["longest_completion"]
    writer = Writer(model, ready.tokenizer, ready.encoder, {ready.end}, limit, room)
    state = torch.get_rng_state()
    said = {id: each.text for id, each in writer.write((sample.id, sample.text) for sample in samples)}
    torch.set_rng_state(state)
    model.train()
    gold = [{"id": sample.id, "completion": sample.completion, "source_text": sample.text} for sample in samples]
    predicted = [said[sample.id] for sample in samples]
    return score(gold, predicted, design=ready.template.found, schema=ready.template.schema, resamples=0)
