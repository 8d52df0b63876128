"""Score samples of the validation split during training: for early stopping, and to keep the best weights."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list, gather_object

from sde_datasets.errors import InputError
from sde_datasets.prediction.batch_generator import BatchGenerator
from sde_datasets.prediction.writers import make_writer, slow_generation_note
from sde_datasets.runs import metrics_file
from sde_datasets.runs.run_folder import BEST, step_of
from sde_datasets.scoring.api import score
from sde_datasets.scoring.scores import Scores
from sde_datasets.training.setup import TrainingSetup
from sde_datasets.utils.progress import Progress


class Validation:
    """Every N steps, answer samples of the validation split, score the answers and keep the best weights.

    The score is the first headline figure: kappa of label tasks, F1 of mention tasks. The main process writes.
    """

    def __init__(
        self, setup: TrainingSetup, progress: Progress, save: Callable[[Path], None], is_sharded: bool = False
    ) -> None:
        """Raises InputError if a resumed run has lost the best weights so far.

        save: writes the model to a folder; all processes call it. is_sharded: the weights are divided by FSDP.
        """
        self._setup, self._progress, self._save, self._is_sharded = setup, progress, save, is_sharded
        if note := slow_generation_note(setup.model):
            progress.line(note)
        best = setup.folder.path / f"{BEST}{self.best_step}"
        if self.best_step and not best.is_dir():
            raise InputError(str(best), "is missing: the weights with the best score", "Start a new run.")

    @property
    def _scores(self) -> list[dict[str, Any]]:
        return [row for row in metrics_file.read_rows(self._setup.folder.metrics) if "validation" in row]

    @property
    def best_step(self) -> int:
        """The first step with the best score so far; 0 before the first score."""
        scores = self._scores
        return max(scores, key=lambda row: row["validation"])["step"] if scores else 0

    def after_step(self, model: Any, step: int, last: bool) -> bool:
        """Score the model if a score is due after this step; return True if the run is to stop.

        last: this is the last step of the run.
        """
        every = self._setup.options.eval_every
        if every is None or (step % every and not last):
            return False
        # every process answers its share: one alone would let the others wait until a collective times out
        answers = answer_samples(model, self._setup, self._is_sharded)
        is_best = [PartialState().is_main_process and self._evaluate(step, answers)]
        broadcast_object_list(is_best)
        if is_best[0]:
            self._keep_best(step)
        PartialState().wait_for_everyone()
        return self.should_stop()

    def should_stop(self) -> bool:
        """Return True after --early-stopping scores in a row without improvement; equal in all processes."""
        allowed = self._setup.options.early_stopping
        since = [sum(row["step"] > self.best_step for row in self._scores)] if PartialState().is_main_process else [0]
        broadcast_object_list(since)
        return allowed is not None and since[0] >= allowed

    def _evaluate(self, step: int, answers: dict[str, str]) -> bool:
        """Record the score of a step; return whether it is the best so far."""
        setup = self._setup
        scores = score_answers(answers, setup)
        name, figure = next(iter(scores.headline.items()))
        value = figure.value or 0.0
        row = {"step": step, "validation": value, "figure": name}
        row |= {"format_errors": scores.format_errors.error_rate.value}
        metrics_file.append_row(setup.folder.metrics, row)
        count = len(setup.validation_samples)
        self._progress.line(f"step {step:,}: {name} {value:.3f} on {count:,} samples")
        return self.best_step == step

    def _keep_best(self, step: int) -> None:
        """Store these weights; also keep those that were best at the last checkpoint, which --resume returns to."""
        folder = self._setup.folder
        self._save(folder.path / f"{BEST}{step}")
        if not PartialState().is_main_process:
            return
        last = max(map(step_of, folder.checkpoints()), default=0)
        earlier = [path for path in folder.best() if step_of(path) < step]
        needed = max((path for path in earlier if step_of(path) <= last), key=step_of, default=None)
        for path in earlier:
            if path != needed:
                shutil.rmtree(path)


def answer_samples(model: Any, setup: TrainingSetup, is_sharded: bool = False) -> dict[str, str]:
    """Return the model's greedy answers to the validation samples by id; each process answers a part of them.

    is_sharded: each process needs weights of the others in each pass, so that all answer all samples, pass by pass.
    """
    info, state = setup.info, PartialState()
    generator = BatchGenerator(
        make_writer(model, setup.tokenizer.pad_token_id),
        setup.tokenizer,
        setup.encoder,
        set(info.ends),
        info.answer_tokens,
        info.longest_completion,
    )
    samples = setup.validation_samples
    own = samples if is_sharded else samples[state.process_index :: state.num_processes]
    random = torch.get_rng_state()
    answers = [(id, answer.text) for id, answer in generator.generate((sample.id, sample.text) for sample in own)]
    torch.set_rng_state(random)
    model.train()
    return dict(gather_object(answers))


def score_answers(answers: dict[str, str], setup: TrainingSetup) -> Scores:
    """Return the scores of answers to the validation samples."""
    template, samples = setup.template, setup.validation_samples
    gold = [{"id": sample.id, "completion": sample.completion, "source_text": sample.text} for sample in samples]
    predicted = [answers[sample.id] for sample in samples]
    return score(gold, predicted, design=template.design, schema=template.schema, resamples=0)
