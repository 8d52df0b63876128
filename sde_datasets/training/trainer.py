"""The trainer: optimizer steps on accelerate, with length-grouped batches, the weighted loss, and exact checkpoints.

A step takes `batch_size` samples, on any number of processes and in any number of parts. The number of a step decides
which samples it takes, so a resumed run needs only that number.
"""

from __future__ import annotations

import math
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.tracking import get_available_trackers
from peft.helpers import disable_input_dtype_casting
from transformers import get_scheduler, set_seed

from sde_datasets.errors import InputError, UsageError
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.training.batches import Batch, Collator
from sde_datasets.training.checkpoints import Checkpoints
from sde_datasets.training.dropout import use_cpu_dropout
from sde_datasets.training.find_batch import find_share, optimizer_reserve
from sde_datasets.training.loss import accepts_logit_mask, weighted_loss
from sde_datasets.training.neftune import add_embedding_noise
from sde_datasets.training.optimizers import make_optimizer, optimizer_class
from sde_datasets.training.parts import StepDivision, samples_per_part
from sde_datasets.training.prefix_attention import supports_shared_prefix, use_prefix_attention, use_sdpa
from sde_datasets.training.sampler import LengthGroupedSampler
from sde_datasets.training.token_cache import TokenDataset, TokenRow

_LOWER_RATE = "Start a new run with a lower --learning-rate, or --dtype float32."
_MIXED_PRECISION = {torch.bfloat16: "bf16", torch.float16: "fp16"}


@dataclass
class StepCounts:
    """Sums over the steps of this process since the last report.

    tokens: of the samples, each with its prefix. positions: those that the model computed. padding: how many of them
    are no token. loss: the sum of the losses of `steps` steps; each process has its share.
    """

    tokens: int = 0
    positions: int = 0
    padding: int = 0
    steps: int = 0
    loss: float = 0.0

    def add(self, batch: Batch) -> None:
        """Count a batch."""
        self.tokens += batch.tokens
        self.positions += batch.ids.numel()
        self.padding += batch.padding


class SampleTrainer:
    """Train a model on encoded samples, step by step.

    step: the number of steps taken. rate, norm: learning rate and gradient norm of the last step.
    """

    def __init__(
        self,
        model: Any,
        dataset: TokenDataset,
        folder: RunFolder,
        options: TrainingOptions,
        pad: int,
        dtype: torch.dtype,
    ) -> None:
        """pad: the id of a token for padding. Raises UsageError if the batch cannot be divided."""
        parameters = options.hyperparameters
        self._options, self._dataset = options, dataset
        trackers = _trackers(options)
        self.accelerator = Accelerator(
            mixed_precision=_MIXED_PRECISION.get(dtype, "no"), log_with=trackers or None, project_dir=str(folder.path)
        )
        if options.gradient_checkpointing:
            model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
        self._division = StepDivision(options, self.accelerator.num_processes, self.accelerator.process_index)
        self._collate = Collator(pad, options.prompt_weights, options.completion_weight, options.weight_norm)
        lengths = dataset.text_lengths if options.order == "text" else dataset.lengths
        self._sampler = LengthGroupedSampler(lengths, parameters.batch_size, options.seed)
        self.steps_per_epoch = self._sampler.steps
        self.max_steps = options.steps or math.ceil(parameters.epochs * self.steps_per_epoch)
        self.save_every = options.save_every or self.steps_per_epoch
        set_seed(options.seed)
        if self.accelerator.device.type == "cpu":
            use_cpu_dropout(model)
        # the noise of NEFTune depends on the length of a sample's own row
        attends = not (options.separate_rows or options.neftune) and use_prefix_attention(model)
        self.model, self._optimizer = self.accelerator.prepare(model, make_optimizer(model, options))
        self._masked = accepts_logit_mask(self.model, self.accelerator.device)
        self.shares_prefix = attends and supports_shared_prefix(self.model, self._longest(), self._masked, dtype)
        if attends and not self.shares_prefix:
            use_sdpa(model)
        if options.neftune:
            # after the trial calls above, which compare rows
            add_embedding_noise(model, options.neftune)
        warmup = parameters.warmup
        self._schedule = get_scheduler(
            parameters.schedule,
            self._optimizer,
            num_warmup_steps=math.ceil(warmup * self.max_steps) if warmup < 1 else int(warmup),
            num_training_steps=self.max_steps,
        )
        self.accelerator.register_for_checkpointing(self._schedule)
        self.checkpoints = Checkpoints(self.accelerator, folder, options.keep)
        self.step, self.rate, self.norm, self.counts = 0, 0.0, 0.0, StepCounts()
        # the number of the current epoch and its rows
        self._epoch: tuple[int, np.ndarray] | None = None
        if trackers:
            self.accelerator.init_trackers("sde-datasets", config={"config": options.config, "model": options.model})

    @property
    def epoch(self) -> float:
        """The number of passes over the samples so far."""
        return self.step / self.steps_per_epoch

    def resume(self, checkpoint: Path, step: int) -> None:
        """Continue from the checkpoint of `step`. Raises InputError if it cannot be read."""
        self.checkpoints.restore(checkpoint)
        self.step = step

    def find_share(self) -> int:
        """Let a device take so many samples at a time as fit into its memory; return the number of parts of a step.

        The longest samples are tried, on all devices.
        """
        longest = [
            self._dataset[int(row)] for row in np.argsort(-self._dataset.lengths, kind="stable")[: self._division.share]
        ]
        self.model.train()

        def attempt(share: int) -> None:
            rows, reserve = longest[:share], optimizer_reserve(self.model)
            with self.accelerator.no_sync(self.model):
                self._backward(self._batch(rows), self._collate.total_weight(rows))
            self._optimizer.zero_grad()
            del reserve

        share = torch.tensor([find_share(self._division.share, attempt)], device=self.accelerator.device)
        self._optimizer.zero_grad()
        self._division.share = int(self.accelerator.gather(share).min())
        return self._options.hyperparameters.batch_size // (self._division.share * self.accelerator.num_processes)

    def take_step(self) -> None:
        """Take one step. Raises InputError if loss or gradients are not finite."""
        self.model.train()
        rows = [self._dataset[int(row)] for row in self._next_rows()]
        total, parts = self._collate.total_weight(rows), self._division.parts(rows, self.shares_prefix)
        loss = torch.zeros((), device=self.accelerator.device)
        for number, part in enumerate(parts, 1):
            batch = self._batch(part)
            self.counts.add(batch)
            with self.accelerator.no_sync(self.model) if number < len(parts) else nullcontext():
                loss += self._backward(batch, total)
        self._update(loss, rows)

    def _batch(self, rows: list[TokenRow]) -> Batch:
        """Return rows as a batch on the device of this process."""
        collate = self._collate.shared if self.shares_prefix else self._collate.separate
        return collate(rows).to(self.accelerator.device)

    def _next_rows(self) -> np.ndarray:
        """Return the rows of the next step."""
        epoch, step = divmod(self.step, self.steps_per_epoch)
        if self._epoch is None or self._epoch[0] != epoch:
            self._epoch = epoch, self._sampler.rows(epoch)
        return self._epoch[1][step]

    def _longest(self) -> list[TokenRow]:
        """Return the longest sample and the next one."""
        longest = int(self._dataset.lengths.argmax())
        return [self._dataset[row] for row in {longest: 0, (longest + 1) % len(self._dataset): 0}]

    def _backward(self, batch: Batch, total: float) -> torch.Tensor:
        """Add the gradients of a part; return its share of the loss of the step."""
        # in mixed precision peft would cast the inputs of adapters to float32, and autocast would cast them back
        with disable_input_dtype_casting(self.model, active=self.accelerator.mixed_precision != "no"):
            loss = weighted_loss(self.model, batch, total, self._masked)
            # gradients are averaged over processes, but the loss of a step is a sum
            self.accelerator.backward(loss * self.accelerator.num_processes)
        return loss.detach()

    def _update(self, loss: torch.Tensor, rows: list[TokenRow]) -> None:
        norm = self.accelerator.clip_grad_norm_(self.model.parameters(), self._options.max_grad_norm or math.inf)
        value, self.norm = loss.item(), float(norm)
        if not math.isfinite(value):
            raise self._not_finite(f"the loss is {value}", rows)
        # in float16 the gradient scaler skips a step whose gradients are not finite
        if not math.isfinite(self.norm) and self.accelerator.mixed_precision != "fp16":
            raise self._not_finite(f"the norm of the gradients is {self.norm}", rows)
        self.rate = self._schedule.get_last_lr()[0]
        self._optimizer.step()
        if not self.accelerator.optimizer_step_was_skipped:
            self._schedule.step()
        self._optimizer.zero_grad()
        self.step += 1
        self.counts.steps += 1
        self.counts.loss += value

    def _not_finite(self, problem: str, rows: list[TokenRow]) -> InputError:
        ids = ", ".join(self._dataset.names[row.row] for row in rows)
        return InputError(f"step {self.step + 1}", f"{problem} on samples {ids}", _LOWER_RATE)

    def close(self) -> None:
        """Let the trackers write their last metrics."""
        for tracker in self.accelerator.trackers:
            tracker.finish()


def check_options(options: TrainingOptions) -> None:
    """Raise UsageError for options that this machine or its processes do not support."""
    samples_per_part(options)
    if options.dtype == "float16" and not torch.cuda.is_available():
        raise UsageError("--dtype float16 needs a GPU: use float32, or bfloat16")
    if options.load_in and not torch.cuda.is_available():
        # bitsandbytes 0.50 packs weights for AVX-512 when a model is evaluated, and then computes no gradients
        raise UsageError("--load-in 4bit needs a GPU to train: on a CPU bitsandbytes loses gradients; omit it")
    _trackers(options)
    optimizer_class(options.optimizer)


def _trackers(options: TrainingOptions) -> list[str]:
    """Return the trackers of --report-to. Raises UsageError for one that is not installed."""
    names = [name for name in options.report_to.split(",") if name != "none"]
    installed = [str(tracker.value) for tracker in get_available_trackers()]
    if missing := [name for name in names if name not in installed]:
        known = ", ".join(installed) or "none"
        raise UsageError(f"--report-to {missing[0]}: it is not installed; installed: {known}")
    return names
