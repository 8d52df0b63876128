"""Choose what writes the tokens of answers in this process: `local`, or `generate` for models without its support."""

from __future__ import annotations

from typing import Any

from sde_datasets.errors import UsageError
from sde_datasets.prediction.cache_probe import cache_argument
from sde_datasets.prediction.decoder import SpeculativeDecoder
from sde_datasets.prediction.engine import TokenWriter
from sde_datasets.prediction.generation import PlainGenerator
from sde_datasets.prediction.options import DEFAULT_BATCH_SIZE

# number of proposed tokens; a longer proposal costs more when it is wrong
DRAFT_LENGTH = 5


def make_writer(model: Any, pad: int, engine: str = "auto", batch: int = DEFAULT_BATCH_SIZE) -> TokenWriter:
    """Return the writer for a model, which is set to evaluation. pad: the id of padding. batch: answers at a time.

    Raises UsageError if `local` is required and does not support the model.
    """
    model.eval()
    cache = cache_argument(model) if engine != "generate" else None
    if cache:
        return SpeculativeDecoder(model, pad, batch, DRAFT_LENGTH, cache)
    if engine == "local":
        raise UsageError(f"--engine local does not support {model.config.model_type} models: omit it, or use generate")
    return PlainGenerator(model, pad, batch)


def slow_generation_note(model: Any) -> str:
    """Return a line for the user if a model has to answer through `generate`; "" if the decoder supports it."""
    if cache_argument(model):
        return ""
    reason = "not all of their layers attend to every token, or their cache has another form"
    return f"{model.config.model_type} models answer through generate, which is slower: {reason}"
