"""Prepare a run from its options: samples, tokens, model, and the files that describe the run."""

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
from sde_datasets.errors import InputError, NoSplit, UsageError
from sde_datasets.formats import answer_format
from sde_datasets.runs.chat import ChatFrame, chat_frame
from sde_datasets.runs.encoding import SampleEncoder, TooLong
from sde_datasets.runs.loading import (
    check_vocabulary,
    compute_dtype,
    context_length,
    end_token_ids,
    load_base_model,
    load_tokenizer,
    make_encoder,
    resize_embeddings,
    resolve_revision,
    set_end_tokens,
)
from sde_datasets.runs.options import BUNDLED, TINY, TrainingOptions, options_toml
from sde_datasets.runs.run_folder import INITIAL, TOKENS, RunFolder
from sde_datasets.runs.run_info import Parameters, RunInfo, SampleCounts
from sde_datasets.runs.samples import ConfigTemplate, SampleRow, Split
from sde_datasets.runs.tiny_model import tiny_model, tiny_tokenizer
from sde_datasets.training.adapters import add_adapter, keep_initial_adapter
from sde_datasets.training.token_cache import TokenCache, TokenDataset
from sde_datasets.training.trainer import check_options
from sde_datasets.utils.files import write_text
from sde_datasets.utils.progress import Progress

_LIBRARIES = ("torch", "transformers", "peft", "accelerate", "tokenizers")
# a list of samples, or a whole split that is read again for each iteration
Samples = list[SampleRow] | Split
# other texts may have longer answers than those of training
_ANSWER_MARGIN = 1.25
_SHORTEST_LIMIT = 16


@dataclass(frozen=True)
class TrainingSetup:
    """What a trainer needs. sample: an example for the card. validation_samples: those that are scored in training."""

    options: TrainingOptions
    folder: RunFolder
    template: ConfigTemplate
    tokenizer: Any
    model: Any
    encoder: SampleEncoder
    dataset: TokenDataset
    sample: SampleRow
    validation_samples: list[SampleRow]
    info: RunInfo


def prepare(folder: RunFolder, options: TrainingOptions, resume: bool, progress: Progress) -> TrainingSetup:
    """Load data and model, encode the samples, and write run.toml, template.json and about.json.

    Raises InputError and UsageError.
    """
    state = PartialState()
    check_options(options)
    with state.main_process_first():
        split = _training_split(options, folder)
    split.source.check()
    options = _pin_revisions(options, folder, split, resume)
    samples = _draw_samples(options, split, progress)
    validation = validation_samples(options, folder.bundled) if options.eval_every else []
    _check_reasoning(split.template, samples, options.config)
    tokenizer, model, notes = _load(options, split.template, samples)
    for note in notes:
        progress.line(note)
    context = context_length(model.config, tokenizer, options.max_length)
    frame = _chat_frame(folder, options, tokenizer, resume, progress)
    encoder = make_encoder(tokenizer, split.template, options, context, frame)
    ends = end_token_ids(model, encoder.end)
    set_end_tokens(model, ends)
    cache = TokenCache(folder.path / TOKENS / str(state.process_index))
    counts = _encode(samples, encoder, cache, SampleCounts(len(samples), len(split)), progress)
    dataset = cache.freeze()
    info = RunInfo(
        data=split.source.identity,
        samples=counts,
        answer_tokens=max(_SHORTEST_LIMIT, int(dataset.longest_completion * _ANSWER_MARGIN)),
        longest_completion=dataset.longest_completion,
        context=context,
        ends=ends,
        chat=frame,
        adapter_notes=notes,
        parameters=_count_parameters(model),
        versions=library_versions(),
        train_tokens=int(dataset.lengths.sum()),
    )
    if state.is_main_process:
        # run.toml first: it makes the folder a run that --resume continues
        write_text(folder.path / "run.toml", options_toml(options))
        folder.write_template(split.template)
        folder.write_info(info)
    keep_initial_adapter(model, options, folder.path / INITIAL)
    example = next(iter(samples))
    return TrainingSetup(options, folder, split.template, tokenizer, model, encoder, dataset, example, validation, info)


def validation_samples(options: TrainingOptions, work: Path) -> list[SampleRow]:
    """Return the samples that are scored in training. Raises UsageError without a validation split."""
    try:
        split = Split.open(options.data, options.config, "validation", options.revision, work)
    except UsageError as error:
        raise UsageError(f"--eval-every needs a validation split: {error}") from error
    return split.draw(options.eval_samples, options.seed)


def _training_split(options: TrainingOptions, folder: RunFolder) -> Split:
    try:
        return Split.open(options.data, options.config, "train", options.revision, folder.bundled)
    except NoSplit as error:
        problem = f"has no training split, so there is nothing to train on; it has {', '.join(error.splits)}"
        hint = "Mark training records in the data (split), or build the data with --split 80/10/10."
        raise InputError(options.config, problem, hint) from error


def _pin_revisions(options: TrainingOptions, folder: RunFolder, split: Split, resume: bool) -> TrainingOptions:
    """Return the options with the current commits of data and model. Raises InputError if resumed data changed."""
    data = split.source.identity
    if resume and folder.has_info() and folder.read_info().data != data:
        raise InputError(f"{data.name} {data.config}", "has changed since the run started", "Start a new run.")
    if options.data != BUNDLED:
        options = replace(options, revision=data.revision)
    if options.model != TINY:
        options = replace(options, model_revision=resolve_revision(options.model, options.model_revision))
    return options


def _draw_samples(options: TrainingOptions, split: Split, progress: Progress) -> Samples:
    """Return the training samples: the whole split, or --train-size of them."""
    if not options.train_size:
        return split
    samples = split.draw(options.train_size, options.seed)
    if len(samples) < options.train_size:
        counts = f"{len(samples):,} training samples, fewer than the requested {options.train_size:,}"
        progress.line(f"{options.config} has {counts}")
    return samples


def _chat_frame(
    folder: RunFolder, options: TrainingOptions, tokenizer: Any, resume: bool, progress: Progress
) -> ChatFrame | None:
    """Return the chat markup of the run; a resumed run keeps its own, because a template may depend on the date."""
    if not options.chat:
        return None
    if resume and folder.has_info():
        return folder.read_info().chat
    frame, note = chat_frame(tokenizer, options.system, options.model)
    if note:
        progress.line(note)
    return frame


def _load(options: TrainingOptions, template: ConfigTemplate, samples: Samples) -> tuple[Any, Any, list[str]]:
    """Return the tokenizer, the model with its adapter, and notes on what the adapter could not have."""
    set_seed(options.seed)
    if options.model == TINY:
        if options.chat:
            raise UsageError("tiny has no chat template: omit --chat")
        tokenizer = tiny_tokenizer(text for s in samples for text in (template.prompt(s.text), s.completion))
        return tokenizer, tiny_model(tokenizer, options.seed), []
    tokenizer = load_tokenizer(options.model, options.model_revision, options.end_token)
    # trained weights are float32; for frozen weights half precision is sufficient
    dtype = torch.float32 if options.full else compute_dtype(options)
    device = str(PartialState().device) if options.load_in else None
    # PiSSA takes its first weights out of those of the model, and new tokens lengthen the embeddings
    changed = options.full or options.lora_variant == "pissa" or bool(options.new_tokens)
    model = load_base_model(options, dtype, frozen=not changed, device=device)
    check_vocabulary(options.model, tokenizer, model)
    new = _add_tokens(options, tokenizer, model)
    notes: list[str] = []
    return tokenizer, model if options.full else add_adapter(model, options, notes.append, new), notes


def _add_tokens(options: TrainingOptions, tokenizer: Any, model: Any) -> list[int]:
    """Add the tokens of --new-tokens; return their ids. Raises UsageError for one that the tokenizer has."""
    words = [word for word in options.new_tokens.split(",") if word]
    known = tokenizer.get_vocab()
    if old := [word for word in words if word in known]:
        raise UsageError(f"--new-tokens: the tokenizer has {old[0]!r} already")
    tokenizer.add_tokens(words)
    resize_embeddings(model, tokenizer)
    return [int(tokenizer.convert_tokens_to_ids(word)) for word in words]


def _encode(
    samples: Samples, encoder: SampleEncoder, cache: TokenCache, counts: SampleCounts, progress: Progress
) -> SampleCounts:
    """Add the encoded samples to the cache; return the completed counts. Raises InputError if no sample fits."""
    shortened, joined = 0, 0
    rejected: list[dict[str, str]] = []
    with progress.work("tokens", len(samples), "samples"):
        for sample in samples:
            try:
                encoded = encoder.encode_sample(sample.text, sample.completion)
            except TooLong as error:
                rejected.append({"id": sample.id, "reason": error.reason})
            else:
                cache.add(sample.id, encoded, len(sample.text))
                shortened, joined = shortened + (encoded.truncated_chars > 0), joined + encoded.joined
            progress.advance(1)
    if not len(cache):
        cache.close()
        raise InputError(rejected[0]["id"], rejected[0]["reason"], "Use a model with a longer context.")
    if shortened:
        progress.line(f"{shortened:,} texts were truncated to fit into {encoder.context:,} tokens")
    if joined:
        apart = "their prompts and completions are tokenized separately, as in prediction"
        progress.line(f"the tokenizer joins the end of the prompt with the completion in {joined:,} samples: {apart}")
    if rejected:
        progress.line(f"{len(rejected):,} samples were rejected: {rejected[0]['id']}: {rejected[0]['reason']}")
    return replace(counts, shortened=shortened, joined=joined, rejected=rejected)


def _check_reasoning(template: ConfigTemplate, samples: Samples, config: str) -> None:
    """Raise InputError if the design has reasoning and no sample has a description."""
    if template.design.reasoning == "none":
        return
    parser = answer_format(template.design.answer, template.schema)
    if not any(parser.read(sample.completion).answer.descriptions for sample in samples):
        plain = config.replace("-rcot", "").replace("-cot", "")
        hint = f"Build the data with evidence, or train on {plain}."
        raise InputError(config, "is a reasoning config, and none of its samples has a description", hint)


def _count_parameters(model: Any) -> Parameters:
    if hasattr(model, "get_nb_trainable_parameters"):
        # peft counts quantized weights, which are packed
        trained, total = model.get_nb_trainable_parameters()
        return Parameters(total, trained)
    sizes = [(tensor.numel(), tensor.requires_grad) for tensor in model.parameters()]
    return Parameters(sum(size for size, _ in sizes), sum(size for size, trained in sizes if trained))


def library_versions() -> dict[str, str]:
    """Return the versions of Python, this package and the libraries that training depends on."""
    libraries = {name: version(name) for name in _LIBRARIES}
    return {"sde-datasets": sde_datasets.__version__, "python": platform.python_version(), **libraries}
