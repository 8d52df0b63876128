"""A training run from end to end: data, tokens, model, trainer, and a run folder that says how it came about."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from accelerate import PartialState
from transformers.utils import logging

from sde_datasets.errors import InputError
from sde_datasets.progress import Progress
from sde_datasets.train.card import write_card
from sde_datasets.train.curve import curve
from sde_datasets.train.failures import check_checkpoint, lower, reading, told
from sde_datasets.train.folder import BEST, TOKENS, RunFolder, put, step_of, whole
from sde_datasets.train.metrics import Metrics, rewind, rows
from sde_datasets.train.models import dtype_of
from sde_datasets.train.options import Options
from sde_datasets.train.prepare import Ready, prepare
from sde_datasets.train.trainer import SampleTrainer
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
    options, state = options.resolved(), PartialState()
    folder = RunFolder(Path(options.out))
    progress = (progress or Progress()) if state.is_main_process else Progress(quiet=True)
    with folder.owned() if state.is_main_process else nullcontext():
        if state.is_main_process:
            options = _claimed(folder, options, resume)
        state.wait_for_everyone()
        if resume and not state.is_main_process and (folder.path / "run.toml").is_file():
            options = folder.options()
        if folder.model.is_dir():
            progress.line(f"{folder.path} is trained to its end")
            return folder
        with told(options.out, lower(options), "--resume"):
            _run(prepare(folder, options, resume, progress), resume, progress)
    return folder


def _run(ready: Ready, resume: bool, progress: Progress) -> None:
    folder, options, state = ready.folder, ready.options, PartialState()
    trainer = SampleTrainer(ready.model, ready.store, folder, options, ready.tokenizer.pad_token_id, dtype_of(options))
    last = folder.checkpoints()[-1] if resume and folder.checkpoints() else None
    if state.is_main_process:
        _back_to(folder, last)
    state.wait_for_everyone()
    trainer.add_callback(Metrics(trainer, folder, progress))
    validation = Validation(ready, progress) if options.eval_every else None
    if validation:
        trainer.add_callback(validation)
        trainer.enough = validation.enough
    with progress.work("training", None, "steps"), reading(last, trainer.counts):
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    _finish(ready, trainer, validation.best_step if validation else 0)
    if state.is_main_process:
        progress.line(f"trained {trainer.state.global_step:,} steps: {folder.path}")
    state.wait_for_everyone()


def _back_to(folder: RunFolder, checkpoint: Path | None) -> None:
    """Leave out of the folder what came after a checkpoint, and will come again. Raises InputError."""
    step = step_of(checkpoint) if checkpoint else 0
    if checkpoint:
        check_checkpoint(checkpoint)
    rewind(folder.metrics, step)
    for path in folder.best():
        if step_of(path) > step:
            shutil.rmtree(path)


def _finish(ready: Ready, trainer: SampleTrainer, best: int) -> None:
    """Write all that a whole run holds; `model/`, by which one sees that it is whole, comes last.

    best: the step whose weights are taken; 0 for the last.
    """
    folder, state = ready.folder, PartialState()
    part = folder.path / "model.part"
    if not best:
        save(trainer, ready.tokenizer, part)
    elif state.is_main_process:
        # kept until the model is in its place, so that a process that is killed here loses nothing
        shutil.copytree(folder.path / f"{BEST}{best}", part, dirs_exist_ok=True)
    state.wait_for_everyone()
    if state.is_main_process:
        shutil.rmtree(folder.path / TOKENS)
        folder.write("about", ready.about | {"steps": trainer.state.global_step})
        curve(folder, ready.options.config)
        write_card(folder, ready.sample)
        put(part, folder.model)
        for path in folder.best():
            shutil.rmtree(path)


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
    file = folder.path / "run.toml"
    if not file.is_file() and folder.holds_others():
        raise InputError(str(folder.path), "exists and is not a run folder", "Give another --out.")
    folder.clear()
    if not file.is_file():
        return options
    if not (folder.checkpoints() or rows(folder.metrics) or folder.model.is_dir()):
        # it failed before its first step, perhaps by an option: there is nothing to keep
        return options
    before = folder.options()
    if not resume:
        raise InputError(str(folder.path), "holds a run already", "Go on with --resume, or give another --out.")
    if differs := [name for name in vars(options) if getattr(before, name) != getattr(options, name)]:
        # a branch that was named stands as the commit that it was at
        others = {name for name in differs if name not in ("revision", "model_revision", "out")}
        if others:
            said = ", ".join(f"{name} = {getattr(before, name)!r}" for name in sorted(others))
            raise InputError(
                str(file), f"says otherwise: {said}", f"Go on with the options of the run: --resume --run {file}"
            )
    return before
