"""Models and tokenizers: loaded, made or refused with the cure."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any

import torch
from jinja2 import TemplateError

from sde_datasets.errors import InputError, UsageError
from sde_datasets.train.options import Options
from sde_datasets.train.samples import Template
from sde_datasets.train.tokens import Encoder

# a model_max_length beyond this is the tokenizer's way of saying that it knows none
_NO_LIMIT = 10**8
# what is asked of a model besides the logits of its tokens: some of them alone, and to go on from what it has read
_ASKED = ("logits_to_keep", "past_key_values")


def pinned(name: str, revision: str | None) -> str | None:
    """The commit that a model repository is at; for a folder, or where nobody can say, what was given."""
    from transformers.utils.hub import resolve_revision

    found = resolve_revision(name, revision)
    return getattr(found, "resolved", found)


def load_tokenizer(name: str, revision: str | None, end_token: str | None) -> Any:
    """The tokenizer of a model, with an end token. Raises InputError that names the cure."""
    from transformers import AutoTokenizer

    with _loading(name, "tokenizer"):
        tokenizer = AutoTokenizer.from_pretrained(name, revision=revision, trust_remote_code=False)
    if not tokenizer.is_fast:
        raise InputError(name, "has no fast tokenizer, which says where tokens stand", "Convert it to tokenizer.json.")
    if end_token is not None:
        if tokenizer.convert_tokens_to_ids(end_token) in (None, tokenizer.unk_token_id):
            raise InputError(name, f"has no token {end_token!r}", "Name one of its vocabulary with --end-token.")
        tokenizer.eos_token = end_token
    if tokenizer.eos_token_id is None:
        some = ", ".join(map(repr, tokenizer.all_special_tokens)) or "no special token"
        cure = f"Name one with --end-token; it has {some}."
        raise InputError(name, "has a tokenizer without an end token, so no answer would ever end", cure)
    if tokenizer.pad_token_id is None:
        # padding has no weight in the loss and is masked in prediction, so that it may be any token
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(name: str, revision: str | None, dtype: torch.dtype) -> Any:
    """The weights of a causal language model in that type. Raises InputError."""
    from transformers import AutoModelForCausalLM

    how = {"dtype": dtype, "attn_implementation": _attention(), "trust_remote_code": False}
    with _loading(name, "model"):
        model, found = AutoModelForCausalLM.from_pretrained(name, revision=revision, output_loading_info=True, **how)
    if missing := sorted(found["missing_keys"]):
        cure = "They would be random: take a model whose files are whole."
        raise InputError(name, f"lacks {len(missing):,} of its weights, such as {missing[0]}", cure)
    if missing := [name for name in _ASKED if name not in signature(model.forward).parameters]:
        cure = "Take a current architecture, such as Llama, Qwen or GPT-2."
        raise InputError(name, f"is a {type(model).__name__}, which does not know {missing[0]}", cure)
    return model


def on_device(model: Any, device: str | None) -> Any:
    """The model on a device, by default a GPU where there is one. Raises UsageError for one that is not there."""
    try:
        return model.to(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    except torch.OutOfMemoryError:
        raise
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise UsageError(f"--device {device}: {str(error).splitlines()[0]}") from error


def check_vocabulary(name: str, tokenizer: Any, model: Any) -> None:
    """Raises InputError where the tokenizer has tokens that the model does not know."""
    known = model.get_input_embeddings().num_embeddings
    if len(tokenizer) > known:
        cure = "Take the tokenizer that the model was trained with."
        raise InputError(name, f"has a tokenizer of {len(tokenizer):,} tokens for a model of {known:,}", cure)


def with_adapter(model: Any, options: Options) -> Any:
    """The model with a LoRA adapter on the layers that the options name. Raises UsageError where there are none."""
    from peft import LoraConfig, get_peft_model
    from transformers import set_seed

    names = options.lora_targets
    config = LoraConfig(
        r=options.lora_rank,
        lora_alpha=options.lora_alpha,
        lora_dropout=options.lora_dropout,
        target_modules=names if names == "all-linear" else [name.strip() for name in names.split(",")],
        task_type="CAUSAL_LM",
    )
    layers = [layer for layer, _ in model.named_modules()]
    wanted = [] if names == "all-linear" else config.target_modules
    if unmet := [name for name in wanted if not any(f".{layer}".endswith(f".{name}") for layer in layers)]:
        raise UsageError(f"--lora-targets {unmet[0]}: {options.model} has no such layer")
    set_seed(options.seed)
    try:
        return get_peft_model(model, config)
    except ValueError as error:
        raise UsageError(f"--lora-targets {names}: {str(error).splitlines()[0]}") from error


def dtype_of(options: Options) -> torch.dtype:
    """The type of the arithmetic: what was asked, or bfloat16 where a GPU has it."""
    if options.dtype != "auto":
        return getattr(torch, options.dtype)
    good = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    return torch.bfloat16 if good else torch.float32


def context_of(model_config: Any, tokenizer: Any, asked: int | None) -> int:
    """How many tokens a sample may have: the least of what model, tokenizer and user say."""
    said = [getattr(model_config, "max_position_embeddings", None), tokenizer.model_max_length, asked]
    return min((each for each in said if each is not None and each < _NO_LIMIT), default=4096)


def encoder_for(tokenizer: Any, template: Template, options: Options, context: int, place: str) -> tuple[Encoder, int]:
    """What makes tokens of samples and prompts in the way of a run, and the token that ends its answers.

    template: as the data have it. place: names the model in errors. Raises InputError.
    """
    end = tokenizer.eos_token_id
    if options.chat:
        template, end = chat_template(tokenizer, template, place)
    bos = options.bos or options.method == "tiny"
    return Encoder(tokenizer, template, end, context, options.chat, bos), end


def chat_template(tokenizer: Any, template: Template, place: str) -> tuple[Template, int]:
    """The template with the model's chat marks around it, and the token that ends its turn. Raises InputError.

    `place` names the model where it has no chat template.
    """
    if not tokenizer.chat_template:
        raise InputError(place, "has no chat template", "Leave --chat out, or take the chat version of the model.")
    inside, answer = "\x02prompt\x02", "\x02answer\x02"
    before, found, after = _render(tokenizer, [("user", inside)], True, place).partition(inside)
    if not found:
        raise InputError(place, "has a chat template that leaves the prompt out", "Leave --chat out.")
    prefix, suffix = template.prefix, template.suffix
    if f" {inside} " not in _render(tokenizer, [("user", f" {inside} ")], True, place):
        # the chat template takes blanks off the edges of what a user says
        prefix, suffix = prefix.lstrip(), suffix.rstrip()
    whole = _render(tokenizer, [("user", inside), ("assistant", answer)], False, place)
    tail = tokenizer(whole.partition(answer)[2], add_special_tokens=False)["input_ids"]
    special = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    end = next((token for token in tail if token in special), tokenizer.eos_token_id)
    return replace(template, prefix=before + prefix, suffix=suffix + after), end


def _render(tokenizer: Any, turns: list[tuple[str, str]], ask: bool, place: str) -> str:
    messages = [{"role": role, "content": content} for role, content in turns]
    try:
        # models that think aloud first are asked not to: the design says what stands in an answer
        return tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=ask, enable_thinking=False)
    except TemplateError as error:
        raise InputError(place, f"has a chat template that cannot be used ({error})", "Leave --chat out.") from error


def _attention() -> str:
    """The fastest attention that is installed."""
    fast = torch.cuda.is_available() and importlib.util.find_spec("flash_attn") is not None
    return "flash_attention_2" if fast else "sdpa"


@contextmanager
def _loading(name: str, what: str) -> Iterator[None]:
    """Errors of loading as ours; files from outside may be broken in any way, so that any error may come."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError):
        raise
    except Exception as error:
        said = (str(error).strip() or repr(error)).splitlines()[0]
        broken = f"Its {what} files are missing or broken."
        cure = broken if Path(name).is_dir() else "Give a folder or a hub id, org/name."
        raise InputError(name, f"no {what} can be loaded from it ({said})", cure) from error
