"""Scores on the validation split while a run goes on: what early stopping stops by, and which weights are kept."""

from __future__ import annotations

from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list
from transformers import TrainerCallback

from sde_datasets.errors import UsageError
from sde_datasets.progress import Progress
from sde_datasets.train import metrics
from sde_datasets.train.folder import whole
from sde_datasets.train.samples import Split
from sde_datasets.train.writer import Writer


class Validation(TrainerCallback):
    """Every so many steps answers samples of the validation split, scores the answers and keeps the best weights.

    The score is the first headline figure: kappa of label tasks, F1 of mention tasks. The main process writes.
    """

    def __init__(self, ready: Any, progress: Progress) -> None:
        """Raises UsageError where the config has no validation split."""
        self._ready, self._progress, options = ready, progress, ready.options
        try:
            split = Split.of(options.data, options.config, "validation", options.revision, ready.folder.bundled)
        except UsageError as error:
            raise UsageError(f"--eval-every needs a validation split: {error}") from error
        self._samples = split.chosen(options.eval_samples, options.seed)

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
        since = [sum(row["step"] > self.best_step for row in self._scores)] if state.is_world_process_zero else [0]
        broadcast_object_list(since)
        if options.early_stopping and since[0] >= options.early_stopping:
            control.should_training_stop = True

    def _evaluate(self, model: Any, step: int) -> None:
        ready = self._ready
        score = score_of(model, ready, self._samples)
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
        self._progress.line(f"step {step:,}: {name} {value['value'] or 0.0:.3f} on {len(self._samples):,} samples")
        if self.best_step == step:
            with whole(ready.folder.path / "best") as part:
                model.save_pretrained(part)
                (part / "README.md").unlink(missing_ok=True)
                ready.tokenizer.save_pretrained(part)


def score_of(model: Any, ready: Any, samples: list) -> dict:
    """The scores of the model's greedy answers to samples."""
    from sde_datasets.score.run import score

    writer = Writer(model, ready.tokenizer, ready.encoder, {ready.end}, ready.about["answer_tokens"])
    state = torch.get_rng_state()
    said = {id: each.text for id, each in writer.write((sample.id, sample.text) for sample in samples)}
    torch.set_rng_state(state)
    model.train()
    gold = [{"id": sample.id, "completion": sample.completion, "source_text": sample.text} for sample in samples]
    predicted = [said[sample.id] for sample in samples]
    return score(gold, predicted, design=ready.template.found, schema=ready.template.schema, resamples=0)
