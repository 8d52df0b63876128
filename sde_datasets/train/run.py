"""A training run from end to end: data, tokens, model, trainer, and a run folder that says how it came about."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from transformers import set_seed
from transformers.utils import logging

import sde_datasets
from sde_datasets.errors import InputError, UsageError
from sde_datasets.manifest import write_text
from sde_datasets.progress import Progress
from sde_datasets.train.card import write_card
from sde_datasets.train.curve import curve
from sde_datasets.train.folder import RunFolder, put, whole
from sde_datasets.train.metrics import Metrics, rewind
from sde_datasets.train.models import (
    chat_template,
    context_of,
    dtype_of,
    load_model,
    load_tokenizer,
    with_adapter,
)
from sde_datasets.train.options import BUNDLED, TINY, Options, options_text
from sde_datasets.train.samples import Sample, Split, Template
from sde_datasets.train.store import Store
from sde_datasets.train.tiny import tiny_model, tiny_tokenizer
from sde_datasets.train.tokens import Encoder, TooLong
from sde_datasets.train.trainer import SampleTrainer, clear_stage

_LIBRARIES = ("torch", "transformers", "peft", "accelerate", "tokenizers")
# some samples, or a whole split that is read as often as it is asked for
Samples = list[Sample] | Split
# the answers of other texts may be longer than those of training
_SPARE = 1.25


@dataclass
class Ready:
    """All that a trainer needs, made from the options."""

    options: Options
    folder: RunFolder
    template: Template
    tokenizer: Any
    model: Any
    encoder: Encoder
    end: int
    store: Store
    sample: Sample
    about: dict[str, Any]


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
    with folder.owned() if state.is_main_process else _nothing():
        if state.is_main_process:
            options = _claimed(folder, options, resume)
        state.wait_for_everyone()
        if folder.model.is_dir():
            progress.line(f"{folder.path} is trained to its end")
            return folder
        with _memory(options):
            _run(
                _ready(folder, options, resume, progress if state.is_main_process else Progress(True)), resume, progress
            )
    return folder


def _run(ready: Ready, resume: bool, progress: Progress) -> None:
    from sde_datasets.train.validation import Validation

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
        others = [p.name for p in folder.path.iterdir() if p.name != ".lock"]
        if others:
            raise InputError(str(folder.path), "exists and is not a run folder", "Give another --out.")
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


def _ready(folder: RunFolder, options: Options, resume: bool, progress: Progress) -> Ready:
    """Data, tokens and model. Raises InputError and UsageError."""
    state = PartialState()
    with state.main_process_first():
        split = Split.of(options.data, options.config, "train", options.revision, folder.path / "data")
    data = split.source.about
    if resume and (folder.path / "about.json").is_file() and folder.read("about")["data"] != data:
        raise InputError(f"{data['name']} {data['config']}", "has changed since the run began", "Begin a new run.")
    if options.data != BUNDLED:
        options = replace(options, revision=data["revision"])
    samples = split.chosen(options.train_size, options.seed) if options.train_size else split
    if options.train_size and len(samples) < options.train_size:
        progress.line(f"{options.config} has {len(samples):,} training samples, {options.train_size:,} were asked for")
    _check_reasoning(split.template, samples, options.config)
    tokenizer, model = _model(options, split.template, samples)
    template, end = split.template, tokenizer.eos_token_id
    if options.chat:
        template, end = chat_template(tokenizer, template, options.model)
    context = context_of(model.config, tokenizer, options.max_length)
    encoder = Encoder(tokenizer, template, end, context, options.chat, options.bos or options.method == "tiny")
    store, counts = _encoded(samples, encoder, folder.path / f".tokens/{state.process_index}", progress)
    limit = max(16, int(store.longest_completion * _SPARE))
    about = {
        "data": data,
        "samples": {"train": len(samples), "of": len(split), **counts},
        "answer_tokens": limit,
        "context": context,
        "end": end,
        "parameters": {
            "all": sum(p.numel() for p in model.parameters()),
            "trained": sum(p.numel() for p in model.parameters() if p.requires_grad),
        },
        "versions": versions(),
    }
    if state.is_main_process:
        folder.write("template", split.template.as_dict())
        folder.write("about", about)
        write_text(folder.path / "run.toml", options_text(options))
    return Ready(options, folder, split.template, tokenizer, model, encoder, end, store, next(iter(samples)), about)


def _model(options: Options, template: Template, samples: Samples) -> tuple[Any, Any]:
    """The tokenizer and the model with what of it is trained, for the method of the options."""
    set_seed(options.seed)
    if options.model == TINY:
        if options.chat:
            raise UsageError("tiny has no chat template: leave --chat out")
        tokenizer = tiny_tokenizer(text for s in samples for text in (template.prompt(s.text), s.completion))
        return tokenizer, tiny_model(tokenizer, options.seed)
    tokenizer = load_tokenizer(options.model, options.model_revision, options.end_token)
    dtype = dtype_of(options)
    # what is trained is kept in float32; of what is frozen, half is enough
    model = load_model(options.model, options.model_revision, torch.float32 if options.full else dtype)
    model.config.use_cache = False
    return tokenizer, model if options.full else with_adapter(model, options)


def _encoded(samples: Samples, encoder: Encoder, work: Path, progress: Progress) -> tuple[Store, dict[str, Any]]:
    """The tokens of the samples, and what was shortened or rejected. Raises InputError where none is left."""
    store, cut, rejected = Store(work), 0, []
    with progress.work("tokens", len(samples), "samples"):
        for sample in samples:
            try:
                encoded = encoder.sample(sample.text, sample.completion)
            except TooLong as error:
                rejected.append({"id": sample.id, "reason": error.reason})
            else:
                store.add(sample.id, encoded)
                cut += encoded.cut > 0
            progress.advance(1)
    if not len(store):
        raise InputError(rejected[0]["id"], rejected[0]["reason"], "Take a model with a longer context.")
    if cut:
        progress.line(f"{cut:,} texts were shortened to fit into {encoder.context:,} tokens")
    if rejected:
        progress.line(f"{len(rejected):,} samples were rejected: {rejected[0]['id']}: {rejected[0]['reason']}")
    return store.done(), {"shortened": cut, "rejected": rejected}


def _check_reasoning(template: Template, samples: Samples, config: str) -> None:
    """Raises InputError where reasoning is asked for and no sample has any."""
    from sde_datasets.formats import format_of

    if template.found.reasoning == "none":
        return
    form = format_of(template.found.answer, template.schema)
    if not any(form.read(sample.completion).answer.descriptions for sample in samples):
        plain = config.replace("-rcot", "").replace("-cot", "")
        cure = f"Build the data with evidence, or train on {plain}."
        raise InputError(config, "asks for reasoning, and no sample of it has a description", cure)


def versions() -> dict[str, str]:
    """The versions of what training depends on."""
    found = {name: version(name) for name in _LIBRARIES}
    return {"sde-datasets": sde_datasets.__version__, "python": platform.python_version(), **found}


@contextmanager
def _nothing() -> Iterator[None]:
    yield


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
