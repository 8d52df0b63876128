"""A training run from start to end: data, tokens, model, trainer, and a run folder that documents it."""

from __future__ import annotations

import shutil
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from accelerate import DistributedType, PartialState
from transformers.utils import logging

from sde_datasets.errors import InputError
from sde_datasets.runs.errors import memory_hint, translate_runtime_errors
from sde_datasets.runs.loading import compute_dtype
from sde_datasets.runs.metrics_file import drop_rows_after, read_rows
from sde_datasets.runs.model_card import write_card
from sde_datasets.runs.options import TrainingOptions, options_toml
from sde_datasets.runs.run_folder import BEST, INITIAL, TOKENS, RunFolder, step_of
from sde_datasets.training.adapters import save_model_files
from sde_datasets.training.launcher import check_launcher
from sde_datasets.training.metrics import MetricsWriter
from sde_datasets.training.plots import plot_loss_curve
from sde_datasets.training.presets import with_preset
from sde_datasets.training.setup import TrainingSetup, prepare
from sde_datasets.training.summary import summary_table
from sde_datasets.training.trainer import SampleTrainer
from sde_datasets.training.validation import Validation
from sde_datasets.utils.files import atomic_dir, replace_dir, write_text
from sde_datasets.utils.progress import Progress


def train(options: TrainingOptions, resume: bool = False, progress: Progress | None = None) -> RunFolder:
    """Train a model; return the run folder, whose `model/` exists when the run is complete.

    resume: continue from the last checkpoint in the run folder, or start if there is none. On a CPU the weights are
    then equal to those of an uninterrupted run.

    Raises UsageError for options that exclude each other; InputError for bad data or models, for a folder that is in
    use or contains another run, for data that changed since the run started, if memory is not sufficient, and for a
    loss that is not a finite number.
    """
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    options = options.resolved()
    check_launcher(options)
    state, folder = PartialState(), RunFolder(Path(options.out))
    progress = (progress or Progress()) if state.is_main_process else Progress(quiet=True)
    options = with_preset(options, progress)
    with folder.locked() if state.is_main_process else nullcontext():
        if state.is_main_process:
            options = _claim_folder(folder, options, resume)
        state.wait_for_everyone()
        if resume and not state.is_main_process and (folder.path / "run.toml").is_file():
            options = folder.options()
        if folder.model.is_dir():
            progress.line(f"{folder.path} is already complete")
            return folder
        with translate_runtime_errors(options.out, memory_hint(options), "--resume"):
            _run(prepare(folder, options, resume, progress), resume, progress)
    return folder


def _run(setup: TrainingSetup, resume: bool, progress: Progress) -> None:
    folder, options, state = setup.folder, setup.options, PartialState()
    pad, dtype = setup.tokenizer.pad_token_id, compute_dtype(options)
    trainer = SampleTrainer(setup.model, setup.dataset, folder, options, pad, dtype)
    checkpoint = folder.checkpoints()[-1] if resume and folder.checkpoints() else None
    if state.is_main_process:
        _rewind(folder, checkpoint)
    state.wait_for_everyone()
    if checkpoint:
        trainer.resume(checkpoint, step_of(checkpoint))
    if options.find_batch_size:
        _find_parts(trainer, setup, progress)
    validation = _validation(trainer, setup, progress) if options.eval_every else None
    begun = time.monotonic()
    with progress.work("training", None, "steps"):
        metrics = MetricsWriter(trainer, folder, progress, options.log_every)
        _take_steps(trainer, metrics, validation)
    seconds = time.monotonic() - begun
    _finish(setup, trainer, validation.best_step if validation else 0)
    trainer.close()
    if state.is_main_process:
        progress.table(summary_table(folder, trainer.step, seconds, metrics.tokens))
    state.wait_for_everyone()


def _validation(trainer: SampleTrainer, setup: TrainingSetup, progress: Progress) -> Validation:
    return Validation(setup, progress, lambda folder: save_model(trainer, setup, folder), _is_sharded(trainer))


def _is_sharded(trainer: SampleTrainer) -> bool:
    return trainer.accelerator.distributed_type == DistributedType.FSDP


def _find_parts(trainer: SampleTrainer, setup: TrainingSetup, progress: Progress) -> None:
    """Divide the steps into as many parts as the memory needs, and record their number for --resume."""
    parts = trainer.find_share()
    if parts != setup.options.accumulation:
        progress.line(f"memory: steps are divided into {parts} parts (--accumulation {parts})")
        if PartialState().is_main_process:
            options = replace(setup.options, accumulation=parts)
            write_text(setup.folder.path / "run.toml", options_toml(options))


def _take_steps(trainer: SampleTrainer, metrics: MetricsWriter, validation: Validation | None) -> None:
    """Take the remaining steps, until the last one or until validation stops the run."""
    # a resumed run may have been stopped before
    stop = validation is not None and validation.should_stop()
    while trainer.step < trainer.max_steps and not stop:
        trainer.take_step()
        last = trainer.step >= trainer.max_steps
        if validation:
            stop = validation.after_step(trainer.accelerator.unwrap_model(trainer.model), trainer.step, last)
        metrics.after_step()
        if last or trainer.step % trainer.save_every == 0:
            trainer.checkpoints.save(trainer.step)
    metrics.finish()


def _rewind(folder: RunFolder, checkpoint: Path | None) -> None:
    """Remove from the folder what was written after a checkpoint; the run writes it again. Raises InputError."""
    step = step_of(checkpoint) if checkpoint else 0
    drop_rows_after(folder.metrics, step)
    for path in folder.best():
        if step_of(path) > step:
            shutil.rmtree(path)


def _finish(setup: TrainingSetup, trainer: SampleTrainer, best: int) -> None:
    """Write the files of a complete run; `model/`, which marks the run as complete, is last.

    best: the step whose weights are used; 0 for the last step.
    """
    folder, state = setup.folder, PartialState()
    part = folder.path / "model.part"
    if not best:
        save_model(trainer, setup, part)
    elif state.is_main_process:
        # copied, not moved: a process that is killed here loses nothing
        shutil.copytree(folder.path / f"{BEST}{best}", part, dirs_exist_ok=True)
    state.wait_for_everyone()
    if state.is_main_process:
        shutil.rmtree(folder.path / TOKENS)
        shutil.rmtree(folder.path / INITIAL, ignore_errors=True)
        folder.write_info(replace(setup.info, steps=trainer.step))
        plot_loss_curve(folder, setup.options.config)
        write_card(folder, setup.sample)
        replace_dir(part, folder.model)
        for path in folder.best():
            shutil.rmtree(path)


def save_model(trainer: SampleTrainer, setup: TrainingSetup, folder: Path) -> None:
    """Write the model or its adapter, and the tokenizer; every process calls it, because weights may be sharded."""
    weights = trainer.accelerator.get_state_dict(trainer.model) if _is_sharded(trainer) else None
    if PartialState().is_main_process:
        with atomic_dir(folder) as part:
            model = trainer.accelerator.unwrap_model(trainer.model)
            save_model_files(model, setup.options, part, setup.folder.path / INITIAL, weights)
            setup.tokenizer.save_pretrained(part)


def _claim_folder(folder: RunFolder, options: TrainingOptions, resume: bool) -> TrainingOptions:
    """Check that this run may use its folder; return the options to use. Raises InputError for another run's folder."""
    file = folder.path / "run.toml"
    if not file.is_file() and folder.has_foreign_files():
        raise InputError(str(folder.path), "exists and is not a run folder", "Give another --out.")
    folder.remove_leftovers()
    if not file.is_file():
        return options
    if not (folder.checkpoints() or read_rows(folder.metrics) or folder.model.is_dir()):
        # the run failed before its first step, perhaps because of an option: there is nothing to keep
        return options
    previous = folder.options()
    if not resume:
        raise InputError(
            str(folder.path), "already contains a run", "Continue it with --resume, or give another --out."
        )
    # run.toml has the commit that a branch was at, so these may differ
    ignored = ("revision", "model_revision", "out", "preset")
    if changed := {
        name: value
        for name, value in sorted(vars(previous).items())
        if value != getattr(options, name) and name not in ignored
    }:
        values = ", ".join(f"{name} = {value!r}" for name, value in changed.items())
        hint = f"Continue with the options of the run: --resume --run {file}"
        raise InputError(str(file), f"has other options: {values}", hint)
    return previous
