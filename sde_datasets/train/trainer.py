"""The trainer: transformers' own, with batches by length, the weighted loss, and checkpoints that are whole."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from typing import Any

import torch
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from sde_datasets.errors import InputError, UsageError
from sde_datasets.train.batches import ByLength, Collator
from sde_datasets.train.folder import CHECKPOINT, STAGE, RunFolder, put
from sde_datasets.train.loss import total_weight, weighted_loss
from sde_datasets.train.options import Options
from sde_datasets.train.store import Store

_LOWER = "Begin a new run with a lower --learning-rate, or --dtype float32."


class SampleTrainer(Trainer):
    """Trains a model on a store of samples.

    counts: the tokens of this process so far, and the places they took. enough: says that the scores so far are reason
    to stop. Raises UsageError where the batch cannot be divided, InputError where loss or gradients are no numbers.
    """

    def __init__(self, model: Any, store: Store, folder: RunFolder, options: Options, pad: int, dtype: torch.dtype):
        self.counts = {"tokens": 0, "places": 0}
        self.enough: Callable[[], bool] = lambda: False
        self._folder, self._options, self._store, self._staging = folder, options, store, False
        args = _arguments(options, folder, len(store), dtype)
        super().__init__(model=model, args=args, train_dataset=store, data_collator=Collator(pad, options.weights))
        self._order = ByLength(store.lengths, options.batch_size, options.seed)
        # the loss is a mean over all of the step, so it must not be divided by the parts of a step again
        self.loss_is_scaled_for_ga = True
        # metrics have a place of their own
        self.remove_callback(PrinterCallback)
        self.add_callback(_Epochs(self._order, options.batch_size))

    def _get_train_sampler(self, train_dataset: Any = None) -> ByLength:
        return self._order

    def _get_num_items_in_batch(self, batch_samples: list[dict], device: torch.device) -> torch.Tensor:
        """The sum of loss weights of a whole step, on all devices."""
        total = sum((total_weight(batch["weights"]) for batch in batch_samples), torch.tensor(0.0)).to(device)
        return self.accelerator.gather(total).sum()

    def _run_epoch(self, **how: Any) -> None:
        """An epoch, unless the checkpoint that is gone on from was the last one of the run."""
        if self.state.global_step >= self.state.max_steps or self.enough():
            self.control.should_training_stop = True
        else:
            super()._run_epoch(**how)

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        """The share of this batch in the step's loss, times the number of processes, which average gradients."""
        self.counts["tokens"] += int(inputs["lengths"].sum())
        self.counts["places"] += inputs["input_ids"].numel()
        loss = weighted_loss(model, inputs["input_ids"], inputs["weights"], num_items_in_batch)
        if not math.isfinite(loss.item()):
            raise self._stopped(f"the loss is {loss.item()}", inputs["rows"])
        self._rows = inputs["rows"]
        return loss * self.accelerator.num_processes

    def _get_grad_norm(self, model: Any, grad_norm: Any = None) -> float:
        """The norm of the gradients, before they are applied. In float16 the scaler leaves out steps without one."""
        norm = super()._get_grad_norm(model, grad_norm=grad_norm)
        if not math.isfinite(norm) and not self.args.fp16:
            raise self._stopped(f"the norm of the gradients is {norm}", self._rows)
        return norm

    def _stopped(self, why: str, rows: torch.Tensor) -> InputError:
        ids = ", ".join(self._store.names[row] for row in rows.tolist())
        return InputError(f"step {self.state.global_step + 1}", f"{why} on samples {ids}", _LOWER)

    def _get_output_dir(self, trial: Any) -> str:
        return str(self._folder.path / STAGE) if self._staging else super()._get_output_dir(trial)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Write a checkpoint beside, and rename it when all of it is there; remove the oldest."""
        self._staging = True
        super()._save_checkpoint(model, trial)
        self._staging = False
        self.accelerator.wait_for_everyone()
        if self.args.should_save:
            name = f"{CHECKPOINT}{self.state.global_step}"
            put(self._folder.path / STAGE / name, self._folder.path / name)
            shutil.rmtree(self._folder.path / STAGE)
            for old in self._folder.checkpoints()[: -self._options.keep]:
                shutil.rmtree(old)
        self.accelerator.wait_for_everyone()


class _Epochs(TrainerCallback):
    """Tells the order of samples which epoch it is, also after a resumption in the middle of one."""

    def __init__(self, order: ByLength, batch: int) -> None:
        self._order, self._steps = order, len(order) // batch

    def on_epoch_begin(self, args, state, control, **_) -> None:
        self._order.set_epoch(state.global_step // self._steps)


def share_of(options: Options) -> int:
    """The samples that a device works off at a time. Raises UsageError for what this machine cannot do."""
    from accelerate import PartialState

    processes = PartialState().num_processes
    share, rest = divmod(options.batch_size, processes * options.accumulation)
    if rest or not share:
        parts = f"{processes} processes x {options.accumulation} parts"
        raise UsageError(f"a batch of {options.batch_size} cannot be divided among {parts}: change --batch-size")
    if options.dtype == "float16" and not torch.cuda.is_available():
        raise UsageError("--dtype float16 is for a GPU: take float32, or bfloat16")
    _reporters(options)
    return share


def _arguments(options: Options, folder: RunFolder, samples: int, dtype: torch.dtype) -> TrainingArguments:
    """The options in transformers' words."""
    steps = -(-samples // options.batch_size)
    long = {"max_steps": options.steps} if options.steps else {"num_train_epochs": options.epochs}
    args = TrainingArguments(
        output_dir=str(folder.path),
        per_device_train_batch_size=share_of(options),
        gradient_accumulation_steps=options.accumulation,
        activation_checkpointing=options.gradient_checkpointing,
        activation_checkpointing_kwargs={"use_reentrant": False},
        learning_rate=options.learning_rate,
        lr_scheduler_type=options.schedule,
        warmup_steps=options.warmup if options.warmup < 1 else int(options.warmup),
        weight_decay=options.weight_decay,
        max_grad_norm=options.max_grad_norm,
        seed=options.seed,
        use_cpu=not (torch.cuda.is_available() or torch.backends.mps.is_available()),
        bf16=dtype == torch.bfloat16,
        fp16=dtype == torch.float16,
        logging_strategy="steps",
        logging_steps=options.log_every,
        logging_first_step=True,
        logging_nan_inf_filter=False,
        save_strategy="steps",
        save_steps=options.save_every or steps,
        report_to=_reporters(options),
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        ddp_find_unused_parameters=False,
        disable_tqdm=True,
        **long,
    )
    if args.n_gpu > 1:
        # one process works on one device: `accelerate launch` starts a process for each
        args._n_gpu = 1
    return args


def _reporters(options: Options) -> list[str]:
    """Where transformers reports to. Raises UsageError for what is not installed."""
    from transformers.integrations import get_available_reporting_integrations

    names = [name for name in options.report_to.split(",") if name != "none"]
    known = get_available_reporting_integrations()
    if missing := [name for name in names if name not in known]:
        raise UsageError(f"--report-to {missing[0]}: it is not installed; there is {', '.join(known) or 'none'}")
    return names
