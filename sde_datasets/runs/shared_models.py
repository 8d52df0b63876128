"""Keep the base model and encoded samples in memory while several runs follow each other in one process.

Inside `keep_models()`, `load_model` reads the files of a model once. Each run then gets modules of its own: adapters,
attention functions and settings of one run never reach the next. Frozen weights are shared, trained ones are copied, so
a run computes the same bits as in a new process.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from sde_datasets.runs.encoding import EncodedSample

# tables of encoded samples that are kept: those of the last configs
_MOST_TABLES = 8


@dataclass
class _Kept:
    key: Hashable = None
    model: Any = None
    encoded: dict[Hashable, dict[tuple[str, str], EncodedSample]] = field(default_factory=dict)


_kept: _Kept | None = None


@contextmanager
def keep_models() -> Iterator[None]:
    """Keep the last base model and the encoded samples of the last configs until the block ends."""
    global _kept
    before, _kept = _kept, _kept or _Kept()
    try:
        yield
    finally:
        _kept = before


def kept_model(key: Hashable, load: Callable[[], Any], frozen: bool) -> Any:
    """Return a model: from `load`, or inside `keep_models` a copy of the one that was loaded before under this key.

    frozen: its weights will not be changed, so the copy may share them.
    """
    if _kept is None:
        return load()
    if _kept.key != key:
        # the previous model is released before the next one needs memory
        _kept.key, _kept.model = None, None
        _kept.key, _kept.model = key, load()
    model = _kept.model
    shared = {id(parameter): parameter for parameter in model.parameters()} if frozen else {}
    copy = deepcopy(model, shared)
    for parameter in copy.parameters():
        # an adapter of an earlier run froze the shared weights
        parameter.requires_grad_(parameter.is_floating_point())
    return copy


def encoded_samples(key: Hashable) -> dict[tuple[str, str], EncodedSample] | None:
    """Return the table of encoded samples by text and completion for an encoder; None outside of `keep_models`."""
    if _kept is None:
        return None
    if key not in _kept.encoded and len(_kept.encoded) >= _MOST_TABLES:
        _kept.encoded.pop(next(iter(_kept.encoded)))
    return _kept.encoded.setdefault(key, {})
