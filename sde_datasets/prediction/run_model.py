"""Load the model of a run: for PyTorch, or its description for vLLM."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sde_datasets.errors import InputError
from sde_datasets.prediction.vllm_engine import VllmModel
from sde_datasets.runs.loading import (
    ADAPTER,
    compute_dtype,
    default_device,
    load_base_model,
    load_model,
    load_tokenizer,
    move_to_device,
    resize_embeddings,
)
from sde_datasets.runs.options import TINY
from sde_datasets.runs.run_folder import RunFolder

# what vLLM and llama.cpp do not read from an adapter: the weights are merged first
_NOT_SERVED = ("use_dora", "modules_to_save", "trainable_token_indices")


def load_run_model(folder: RunFolder, base: bool, device: str | None = None, quantized: bool = True) -> Any:
    """Load the trained model of a run, with its adapter merged, or the base model, onto a device.

    base: the model before training. device: by default a GPU if there is one. quantized: a run that was trained on
    weights in 4 bits has them so, and its adapter is not merged. Raises InputError, and UsageError for a device that is
    not available.
    """
    training, path = folder.options(), folder.model
    dtype = compute_dtype(training)
    _check_base(folder, base)
    if not base and not (path / ADAPTER).is_file():
        return move_to_device(load_model(str(path), None, dtype, training.attention), device)
    where = (device or default_device()) if training.load_in and quantized else None
    # an adapter is merged into the weights below, so only the base model alone may share them
    model = load_base_model(training, dtype, frozen=base, device=where)
    if not base:
        from peft import PeftModel

        resize_embeddings(model, load_tokenizer(str(path), None, training.end_token))
        model = PeftModel.from_pretrained(model, path)
        # with the adapter merged into the weights, the same answers take less time
        model = model if where else model.merge_and_unload()
    return model if where else move_to_device(model, device)


def vllm_model(folder: RunFolder, base: bool, context: int, merged: bool = False) -> VllmModel:
    """Return what vLLM loads for a run.

    base: the model before training. context: in tokens. merged: the merged weights, also before they exist.
    Raises InputError for an adapter that vLLM does not load, and that is not merged.
    """
    training, path, adapter = folder.options(), folder.model, None
    _check_base(folder, base)
    dtype = str(compute_dtype(training)).removeprefix("torch.")
    if not base and (path / ADAPTER).is_file():
        adapter = path
        if merged or needs_merge(folder):
            path, adapter = folder.path / "merged", None
            if not (merged or path.is_dir()):
                hint = f"Merge it first: sde-datasets merge {folder.path}"
                raise InputError(str(folder.path), "has an adapter that vLLM does not load", hint)
    if base or adapter:
        rank = int(_adapter_settings(adapter / ADAPTER)["r"]) if adapter else 0
        return VllmModel(training.model, training.model_revision, folder.model, dtype, context, adapter, rank)
    return VllmModel(str(path), None, path, dtype, context)


def needs_merge(folder: RunFolder) -> bool:
    """Return True if a run has an adapter with parts that servers and vLLM do not load. Raises InputError."""
    path = folder.model / ADAPTER
    return path.is_file() and any(_adapter_settings(path).get(key) for key in _NOT_SERVED)


def _adapter_settings(path: Path) -> dict[str, Any]:
    try:
        settings: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return {"r": settings["r"], **settings}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(str(path), f"cannot be read ({error!r})", "Train again.") from error


def _check_base(folder: RunFolder, base: bool) -> None:
    if base and folder.options().model == TINY:
        raise InputError(TINY, "has no base model: it was trained from scratch", "Omit --zero-shot and --shots.")
