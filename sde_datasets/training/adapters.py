"""LoRA adapters: select the layers of a model, and leave out what peft does not support."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch
from accelerate import PartialState
from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
from transformers import AutoModelForCausalLM, set_seed

from sde_datasets.errors import UsageError
from sde_datasets.runs.options import TrainingOptions

ALL = "all-linear"
# peft takes the name of this folder as that of an adapter, so it has no dot
_FIRST = "first"
# the principal components by a fast decomposition of 16 iterations, seconds instead of minutes for a large model
_PISSA = "pissa_niter_16"


def add_adapter(
    model: Any, options: TrainingOptions, report: Callable[[str], None], new_tokens: Sequence[int] = ()
) -> Any:
    """Return the model with a LoRA adapter on the layers of the options.

    report: called with a line for each layer or setting that is left out. new_tokens: the ids of tokens whose
    embeddings are trained, in the output layer too. Raises UsageError for layers that do not exist, cannot have an
    adapter, or share their weights.
    """
    _check_targets(model, options)
    config, notes = _supported_config(model, _lora_config(model, options), options)
    for note in notes:
        report(note)
    if options.load_in:
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
    set_seed(options.seed)
    if new_tokens:
        config = replace(config, trainable_token_indices=_token_indices(model, new_tokens))
    if options.lora_variant == "pissa":
        # the annotation of peft lists the number of iterations as a placeholder
        config = replace(config, init_lora_weights=cast(Any, _PISSA))
    return get_peft_model(model, config)


def keep_initial_adapter(model: Any, options: TrainingOptions, folder: Path) -> None:
    """Write the first weights of a PiSSA adapter to a folder, which `save_model_files` needs.

    PiSSA takes its first weights out of those of the model, so an adapter that is to fit to the model itself consists
    of its own weights and the first ones. See the documentation of `PeftModel.save_pretrained`.
    """
    if options.lora_variant == "pissa":
        model.peft_config["default"].init_lora_weights = True
        if PartialState().is_main_process:
            model.save_pretrained(folder / _FIRST)


def save_model_files(model: Any, options: TrainingOptions, part: Path, initial: Path, weights: Any = None) -> None:
    """Write a model or its adapter to a folder, without the card of peft: a run has its own.

    initial: the folder of the first weights (`keep_initial_adapter`). weights: gathered weights of a sharded model.
    """
    convert = (
        {"path_initial_model_for_weight_conversion": str(initial / _FIRST)} if options.lora_variant == "pissa" else {}
    )
    # the embeddings of new tokens are a part of the adapter; the others are those of the model
    embeddings = {"save_embedding_layers": False} if options.method == "lora" and options.new_tokens else {}
    model.save_pretrained(part, state_dict=weights, **convert, **embeddings)
    (part / "README.md").unlink(missing_ok=True)


def _token_indices(model: Any, new_tokens: Sequence[int]) -> dict[str, list[int]]:
    """Return the rows that are trained of the embeddings and, unless it shares their weights, of the output layer."""
    head, embedding = model.get_output_embeddings(), model.get_input_embeddings()
    layers = [embedding] if head is None or head.weight is embedding.weight else [embedding, head]
    names = {id(module): name.rpartition(".")[2] for name, module in model.named_modules()}
    return {names[id(layer)]: list(new_tokens) for layer in layers}


def _lora_config(model: Any, options: TrainingOptions) -> LoraConfig:
    return LoraConfig(
        r=options.hyperparameters.lora_rank,
        lora_alpha=options.lora_alpha,
        lora_dropout=options.lora_dropout,
        target_modules=ALL if options.lora_targets == ALL else _target_names(options),
        exclude_modules=_modules_outside_decoder(model),
        use_rslora=options.lora_variant == "rslora",
        use_dora=options.lora_variant == "dora",
        task_type="CAUSAL_LM",
    )


def _target_names(options: TrainingOptions) -> list[str]:
    return [name.strip() for name in options.lora_targets.split(",")]


def _modules_outside_decoder(model: Any) -> list[str]:
    """Return the modules outside the language model: those for images and sounds of a multimodal model."""
    inside = {id(module) for module in model.get_decoder().modules()}
    head = model.get_output_embeddings()
    return [
        name
        for name, module in model.named_modules()
        if id(module) not in inside and module is not head and not any(module.children())
    ]


def _check_targets(model: Any, options: TrainingOptions) -> None:
    """Raise UsageError for a layer that does not exist, and for one that shares its weights with another."""
    if options.lora_targets == ALL:
        return
    layers = dict(model.named_modules())
    embedding, head = model.get_input_embeddings(), model.get_output_embeddings()
    tied = head is not None and getattr(head, "weight", None) is getattr(embedding, "weight", 0)
    for name in _target_names(options):
        matches = [module for path, module in layers.items() if f".{path}".endswith(f".{name}")]
        if not matches:
            raise UsageError(f"--lora-targets {name}: {options.model} has no such layer")
        if tied and any(module is embedding or module is head for module in matches):
            # merged into one of the two, an adapter would change the other as well
            raise UsageError(
                f"--lora-targets {name}: embedding and output layer of {options.model} share their weights, and an "
                "adapter would belong to only one of them: omit the layer, or train with --full"
            )


def _supported_config(model: Any, config: LoraConfig, options: TrainingOptions) -> tuple[LoraConfig, list[str]]:
    """Return the configuration that peft accepts for the model, and a line for each thing that it does not accept.

    A failed attempt leaves layers behind, so each attempt uses a copy of the model without weights.
    """
    notes: list[str] = []
    while True:
        try:
            # peft modifies the configuration that it gets
            get_peft_model(_without_weights(model), deepcopy(config))
            return config, notes
        except (ValueError, TypeError, NotImplementedError) as error:
            reduced, note = _reduced_config(model, config, options, str(error))
            if reduced is None:
                message = " ".join(str(error).split())
                raise UsageError(
                    f"--lora-targets {options.lora_targets}: peft cannot adapt {options.model}: {message}"
                ) from error
            config = reduced
            notes.append(note)


def _reduced_config(
    model: Any, config: LoraConfig, options: TrainingOptions, message: str
) -> tuple[LoraConfig | None, str]:
    """Return the configuration without what peft's message refuses, and a note; None if the message is unknown."""
    if "lora_dropout" in message and config.lora_dropout:
        note = "peft adapts some layers of this model only without dropout: "
        return replace(config, lora_dropout=0.0), f"{note}--lora-dropout is 0, not {config.lora_dropout:g}"
    last = {path.rpartition(".")[2] for path, module in model.named_modules() if not any(module.children())}
    known = set(config.exclude_modules or ())
    named = sorted(name for name in last - known if f"'{name}'" in message)
    if not named or options.lora_targets != ALL:
        return None, ""
    note = f"peft cannot adapt the layers {', '.join(named)} of this model: they are not trained"
    return replace(config, exclude_modules=sorted(known | set(named))), note


def _without_weights(model: Any) -> Any:
    """Return a model of the same architecture without weights."""
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(model.config, trust_remote_code=False)
