"""All that a trainer needs, made from the options of a run: data, tokens, model, and what the folder says of them."""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from transformers import set_seed

import sde_datasets
from sde_datasets.errors import InputError, UsageError
from sde_datasets.manifest import write_text
from sde_datasets.progress import Progress
from sde_datasets.train.folder import TOKENS, RunFolder
from sde_datasets.train.models import (
    check_vocabulary,
    context_of,
    dtype_of,
    encoder_for,
    load_model,
    load_tokenizer,
    pinned,
    with_adapter,
)
from sde_datasets.train.options import BUNDLED, TINY, Options, options_text
from sde_datasets.train.samples import Sample, Split, Template
from sde_datasets.train.store import Store
from sde_datasets.train.tiny import tiny_model, tiny_tokenizer
from sde_datasets.train.tokens import Encoder, TooLong
from sde_datasets.train.trainer import share_of
from sde_datasets.train.validation import watched

_LIBRARIES = ("torch", "transformers", "peft", "accelerate", "tokenizers")
# some samples, or a whole split that is read as often as it is asked for
Samples = list[Sample] | Split
# the answers of other texts may be longer than those of training
_SPARE = 1.25


@dataclass
class Ready:
    """All that a trainer needs, made from the options. sample: an example. watched: the validation samples to score."""

    options: Options
    folder: RunFolder
    template: Template
    tokenizer: Any
    model: Any
    encoder: Encoder
    end: int
    store: Store
    sample: Sample
    watched: list[Sample]
    about: dict[str, Any]


def prepare(folder: RunFolder, options: Options, resume: bool, progress: Progress) -> Ready:
    """Data, tokens and model. Raises InputError and UsageError."""
    state = PartialState()
    share_of(options)
    with state.main_process_first():
        split = Split.of(options.data, options.config, "train", options.revision, folder.bundled)
    split.source.check()
    data = split.source.about
    if resume and (folder.path / "about.json").is_file() and folder.read("about")["data"] != data:
        raise InputError(f"{data['name']} {data['config']}", "has changed since the run began", "Begin a new run.")
    # branches move on: the run is that of the commits it began with
    if options.data != BUNDLED:
        options = replace(options, revision=data["revision"])
    if options.model != TINY:
        options = replace(options, model_revision=pinned(options.model, options.model_revision))
    samples = split.chosen(options.train_size, options.seed) if options.train_size else split
    if options.train_size and len(samples) < options.train_size:
        progress.line(f"{options.config} has {len(samples):,} training samples, {options.train_size:,} were asked for")
    validation = watched(options, folder.bundled) if options.eval_every else []
    _check_reasoning(split.template, samples, options.config)
    tokenizer, model = _model(options, split.template, samples)
    context = context_of(model.config, tokenizer, options.max_length)
    encoder, end = encoder_for(tokenizer, split.template, options, context, options.model)
    store, counts = _encoded(samples, encoder, folder.path / TOKENS / str(state.process_index), progress)
    about = {
        "data": data,
        "samples": {"train": len(samples), "of": len(split), **counts},
        # an answer may be longer than those of training; what a prompt leaves free is at least their length
        "answer_tokens": max(16, int(store.longest_completion * _SPARE)),
        "longest_completion": store.longest_completion,
        "context": context,
        "end": end,
        "parameters": {
            "all": sum(p.numel() for p in model.parameters()),
            "trained": sum(p.numel() for p in model.parameters() if p.requires_grad),
        },
        "versions": versions(),
    }
    if state.is_main_process:
        # first what makes the folder a run, which --resume can go on from
        write_text(folder.path / "run.toml", options_text(options))
        folder.write("template", split.template.as_dict())
        folder.write("about", about)
    sample = next(iter(samples))
    return Ready(options, folder, split.template, tokenizer, model, encoder, end, store, sample, validation, about)


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
    check_vocabulary(options.model, tokenizer, model)
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
