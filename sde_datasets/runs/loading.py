"""Load models and tokenizers, or raise an InputError that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig

from sde_datasets.errors import InputError, UsageError, summary
from sde_datasets.runs.chat import ChatFrame
from sde_datasets.runs.encoding import SampleEncoder
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.runs.samples import ConfigTemplate
from sde_datasets.runs.shared_models import encoded_samples, kept_model

# tokenizers without a known limit have a model_max_length above this
_NO_LIMIT = 10**8
_DEFAULT_CONTEXT = 4096
ADAPTER = "adapter_config.json"
_MERGE = "Merge it into its base model first (sde-datasets merge RUN), and give the merged folder."


def resolve_revision(name: str, revision: str | None) -> str | None:
    """Return the commit of a model repository; for a folder, or if the commit is unknown, the given revision."""
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    if Path(name).is_dir():
        return revision
    try:
        return HfApi().model_info(name, revision=revision).sha
    except (HfHubHTTPError, OSError, ValueError):
        pass
    try:
        # without a network: a downloaded snapshot is in a folder that is named by its commit
        return Path(snapshot_download(name, revision=revision, local_files_only=True, allow_patterns=["*.json"])).name
    except (HfHubHTTPError, OSError, ValueError):
        return revision


def load_tokenizer(name: str, revision: str | None, end_token: str | None) -> Any:
    """Load the tokenizer of a model; it has an end token and a padding token. Raises InputError.

    end_token: the token that ends an answer, for a tokenizer without one.
    """
    from transformers import AutoTokenizer

    with _loading(name, "tokenizer"):
        tokenizer = AutoTokenizer.from_pretrained(name, revision=revision, trust_remote_code=False)
    if not tokenizer.is_fast:
        raise InputError(
            name, "has no fast tokenizer, which gives the offsets of tokens", "Convert it to tokenizer.json."
        )
    if end_token is not None:
        if tokenizer.convert_tokens_to_ids(end_token) in (None, tokenizer.unk_token_id):
            raise InputError(name, f"has no token {end_token!r}", "Name one of its vocabulary with --end-token.")
        tokenizer.eos_token = end_token
    if tokenizer.eos_token_id is None:
        special = ", ".join(map(repr, tokenizer.all_special_tokens)) or "no special token"
        hint = f"Name one with --end-token; it has {special}."
        raise InputError(name, "has a tokenizer without an end token, so no answer would ever end", hint)
    if tokenizer.pad_token_id is None:
        # padding has no weight in the loss and is masked in prediction, so any token will do
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(
    name: str, revision: str | None, dtype: torch.dtype, attention: str | None = None, quantized_on: str | None = None
) -> Any:
    """Load the weights of a causal language model in the given type. Raises InputError.

    attention: the implementation of attention; None leaves the choice to transformers. quantized_on: load the weights
    in 4 bits on this device; `dtype` is then the type of the arithmetic.
    """
    from transformers import AutoModelForCausalLM

    if (Path(name) / ADAPTER).is_file():
        raise InputError(name, "contains an adapter and no model", _MERGE)
    settings = {"dtype": dtype, "trust_remote_code": False} | ({"attn_implementation": attention} if attention else {})
    if quantized_on:
        settings |= {"quantization_config": _four_bits(dtype), "device_map": {"": quantized_on}}
    with _loading(name, "model", attention):
        # the types of transformers do not have the pair of output_loading_info
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            name, revision=revision, output_loading_info=True, **settings
        )
        model, info = loaded
    if _has_adapter(model):
        raise InputError(name, "contains an adapter and no model", _MERGE)
    if missing := sorted(info["missing_keys"]):
        hint = "They would be random: use a model with complete files."
        raise InputError(name, f"lacks {len(missing):,} of its weights, such as {missing[0]}", hint)
    return model


def parameter_count(name: str, revision: str | None) -> int:
    """Return the number of parameters of a model, without loading its weights. Raises InputError."""
    from transformers import AutoConfig, AutoModelForCausalLM

    with _loading(name, "model"), torch.device("meta"):
        config = AutoConfig.from_pretrained(name, revision=revision, trust_remote_code=False)
        model = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    return sum(tensor.numel() for tensor in model.parameters())


def _four_bits(dtype: torch.dtype) -> Any:
    """Return the settings of QLoRA: NF4 with double quantization. Raises UsageError without bitsandbytes."""
    if find_spec("bitsandbytes") is None:
        install = "pip install 'sde-datasets[bitsandbytes]'"
        raise UsageError(f"--load-in 4bit needs bitsandbytes, which is not installed: {install}")
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )


def default_device() -> str:
    """Return the device of a model by default: a GPU if there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def load_base_model(options: TrainingOptions, dtype: torch.dtype, frozen: bool, device: str | None) -> Any:
    """Load the base model of a run; within `shared_models.keep_models`, its files are read once. Raises InputError.

    frozen: the weights will not be changed, so runs may share them. device: for weights in 4 bits, which are not kept.
    """
    if device is not None:
        return load_model(options.model, options.model_revision, dtype, options.attention, device)
    key = (options.model, options.model_revision, dtype, options.attention)
    return kept_model(key, lambda: load_model(*key), frozen)


def resize_embeddings(model: Any, tokenizer: Any) -> None:
    """Give a model embeddings for the tokens that a run added to its tokenizer (--new-tokens)."""
    if len(tokenizer) > model.get_input_embeddings().num_embeddings:
        model.resize_token_embeddings(len(tokenizer))


def _has_adapter(model: Any) -> bool:
    """Return True if transformers found an adapter and loaded its base model with it."""
    try:
        return bool(model.active_adapters())
    except ValueError:
        return False


def move_to_device(model: Any, device: str | None) -> Any:
    """Move a model to a device, by default to a GPU if there is one. Raises UsageError for an unavailable device."""
    try:
        return model.to(device or default_device())
    except torch.OutOfMemoryError:
        raise
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise UsageError(f"--device {device}: {summary(error)}") from error


def check_vocabulary(name: str, tokenizer: Any, model: Any) -> None:
    """Raise InputError if the tokenizer has more tokens than the model has embeddings."""
    known = model.get_input_embeddings().num_embeddings
    if len(tokenizer) > known:
        hint = "Use the tokenizer that the model was trained with."
        raise InputError(name, f"has a tokenizer of {len(tokenizer):,} tokens for a model of {known:,}", hint)


def compute_dtype(options: TrainingOptions) -> torch.dtype:
    """Return the type of the arithmetic: the --dtype option, or bfloat16 on a GPU that supports it, else float32."""
    if options.dtype != "auto":
        return getattr(torch, options.dtype)
    supported = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    return torch.bfloat16 if supported else torch.float32


def context_length(model_config: Any, tokenizer: Any, max_length: int | None) -> int:
    """Return the most tokens of a sample: the smallest limit of model, tokenizer and the --max-length option."""
    limits = [getattr(model_config, "max_position_embeddings", None), tokenizer.model_max_length, max_length]
    return min((limit for limit in limits if limit is not None and limit < _NO_LIMIT), default=_DEFAULT_CONTEXT)


def make_encoder(
    tokenizer: Any, template: ConfigTemplate, options: TrainingOptions, context: int, frame: ChatFrame | None
) -> SampleEncoder:
    """Create the encoder of a run.

    template: as the data have it. context: the most tokens of a sample. frame: the chat markup around prompts, if any.
    """
    bos = options.bos or options.method == "tiny"
    template = frame.wrap(template) if frame else template
    end = frame.end if frame else tokenizer.eos_token_id
    encoder = SampleEncoder(tokenizer, template, end, context, frame is not None, bos)
    if options.method != "tiny":
        # a tiny model has a tokenizer of its own, made from the samples of its run
        key = (
            options.model,
            options.model_revision,
            template.prefix,
            template.suffix,
            end,
            context,
            frame is None,
            bos,
        )
        encoder.known = encoded_samples(key)
    return encoder


def end_token_ids(model: Any, end: int) -> list[int]:
    """Return the ids that end an answer: the one that the run trains on, and those in the model's own settings."""
    named = model.generation_config.eos_token_id
    return sorted({end, *(named if isinstance(named, list) else [] if named is None else [named])})


def set_end_tokens(model: Any, ends: list[int]) -> None:
    """Put the end tokens into the settings that are saved with the model, so that other tools stop at them too."""
    settings = model.generation_config
    settings.eos_token_id = ends
    try:
        settings.validate(strict=True)
    except ValueError:
        # contradictory settings cannot be saved
        model.generation_config = GenerationConfig(eos_token_id=ends, pad_token_id=settings.pad_token_id)


@contextmanager
def _loading(name: str, what: str, attention: str | None = None) -> Iterator[None]:
    """Translate every error into InputError: foreign files may be broken in any way, so any error may occur."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, InputError):
        raise
    except Exception as error:
        problem = f"no {what} can be loaded from it ({summary(error)})"
        raise InputError(name, problem, _loading_hint(name, what, attention, error)) from error


def _loading_hint(name: str, what: str, attention: str | None, error: Exception) -> str:
    """Return what the user can do about an error of loading."""
    if isinstance(error, ImportError):
        return "Install the package that the message names."
    if attention and attention.split("|")[-1] in str(error):
        return f"The model or this machine lacks --attention {attention}: omit it, or use eager."
    if "does not recognize this architecture" in str(error):
        return "A newer release of transformers may know it: pip install --upgrade transformers."
    if "trust_remote_code" in str(error):
        return "A model that needs its own code is not loaded: use one that transformers supports."
    return f"Its {what} files are missing or broken." if Path(name).is_dir() else "Give a folder or a hub id, org/name."
