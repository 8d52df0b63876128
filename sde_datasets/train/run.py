"""A training run from end to end: data, tokens, model, trainer, and a run folder that says how it came about."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from transformers.utils import logging

from sde_datasets.errors import InputError
from sde_datasets.progress import Progress
from sde_datasets.train.card import write_card
from sde_datasets.train.curve import curve
from sde_datasets.train.folder import RunFolder, put, whole
from sde_datasets.train.metrics import Metrics, rewind, rows
from sde_datasets.train.models import dtype_of
from sde_datasets.train.options import Options
from sde_datasets.train.prepare import Ready, prepare
from sde_datasets.train.trainer import SampleTrainer, clear_stage
from sde_datasets.train.validation import Validation


def train(options: Options, resume: bool = False, progress: Progress | None = None) -> RunFolder:
    """Train as the options say; gives the run folder, whose `model/` is there when all is done.

    resume: go on from the last checkpoint in the run folder, from the beginning where there is none. On a CPU the
    weights are then those of a run that was never interrupted.

    Raises UsageError for what does not fit together; InputError for bad data or models, for a folder that is in use or
    holds another run, for data that changed since the run began, for memory that does not suffice and for a loss that
    is no number.
    """
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    progress = progress or Progress()
    options = options.resolved()
    folder, state = RunFolder(Path(options.out)), PartialState()
    with folder.owned() if state.is_main_process else nullcontext():
        if state.is_main_process:
            options = _claimed(folder, options, resume)
        state.wait_for_everyone()
        if folder.model.is_dir():
            progress.line(f"{folder.path} is trained to its end")
            return folder
        with _memory(options):
            ready = prepare(folder, options, resume, progress if state.is_main_process else Progress(True))
            _run(ready, resume, progress)
    return folder


def _run(ready: Ready, resume: bool, progress: Progress) -> None:
    folder, options, state = ready.folder, ready.options, PartialState()
    trainer = SampleTrainer(ready.model, ready.store, folder, options, ready.tokenizer.pad_token_id, dtype_of(options))
    last = folder.checkpoints()[-1] if resume and folder.checkpoints() else None
    if state.is_main_process:
        rewind(folder.metrics, int(last.name.rpartition("-")[2]) if last else 0)
    state.wait_for_everyone()
    trainer.add_callback(Metrics(trainer, folder, progress))
    validation = Validation(ready, progress) if options.eval_every else None
    if validation:
        trainer.add_callback(validation)
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    if validation and validation.best_step and state.is_main_process:
        put(folder.path / "best", folder.path / "model.part")
    elif not (validation and validation.best_step):
        save(trainer, ready.tokenizer, folder.path / "model.part")
    state.wait_for_everyone()
    if state.is_main_process:
        shutil.rmtree(folder.path / ".tokens")
        folder.write("about", ready.about | {"steps": trainer.state.global_step})
        curve(folder, options.config)
        write_card(folder, ready.sample)
        put(folder.path / "model.part", folder.model)
        progress.line(f"trained {trainer.state.global_step:,} steps: {folder.path}")
    state.wait_for_everyone()


def save(trainer: SampleTrainer, tokenizer: Any, folder: Path) -> None:
    """Write the model or its adapter, and the tokenizer; all processes call it, since weights may be spread."""
    weights = trainer.accelerator.get_state_dict(trainer.model_wrapped) if trainer.is_fsdp_enabled else None
    if PartialState().is_main_process:
        with whole(folder) as part:
            model = trainer.accelerator.unwrap_model(trainer.model)
            model.save_pretrained(part, state_dict=weights)
            # the card is that of the run
            (part / "README.md").unlink(missing_ok=True)
            tokenizer.save_pretrained(part)


def _claimed(folder: RunFolder, options: Options, resume: bool) -> Options:
    """The options to go on with; the run folder is ours. Raises InputError where it holds another run."""
    clear_stage(folder)
    file = folder.path / "run.toml"
    if not file.is_file():
        # what is hidden was left by a run that did not come to its first step
        others = [p.name for p in folder.path.iterdir() if not p.name.startswith(".")]
        if others:
            raise InputError(str(folder.path), "exists and is not a run folder", "Give another --out.")
        return options
    if not (folder.checkpoints() or rows(folder.metrics) or folder.model.is_dir()):
        # it failed before its first step, perhaps by an option: there is nothing to keep
        return options
    before = folder.options()
    if not resume:
        raise InputError(str(folder.path), "holds a run already", "Go on with --resume, or give another --out.")
    if differs := [name for name in vars(options) if getattr(before, name) != getattr(options, name)]:
        told = {name for name in differs if name not in ("revision", "model_revision", "out")}
        if told:
            said = ", ".join(f"{name} = {getattr(before, name)!r}" for name in sorted(told))
            raise InputError(
                str(file), f"says otherwise: {said}", "Resume with the options of the run: --run run.toml."
            )
    return before


@contextmanager
def _memory(options: Options) -> Iterator[None]:
    """Too little memory as an error that says what to lower."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "memory" not in str(error).lower():
            raise
        lower = [f"--batch-size {options.batch_size} in more parts (--accumulation)", "--max-length"]
        lower += [] if options.gradient_checkpointing else ["--gradient-checkpointing"]
        raise InputError("memory", "does not suffice", f"Try {', '.join(lower)}, or a smaller model.") from error
