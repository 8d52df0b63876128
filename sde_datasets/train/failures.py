"""What no check can tell before a model trains or answers: said in one line when it comes, with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError

from sde_datasets.errors import InputError, UsageError
from sde_datasets.train.options import Options

_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "alloc_failed")
_NO_ROOM = ("no space left", "i/o error", "pytorchstreamwriter")
# what a checkpoint consists of, besides the weights
_CHECKPOINT = ("trainer_state.json", "optimizer*", "scheduler*", "rng_state*")


@contextmanager
def told(place: str, lower: str, again: str = "the same command") -> Iterator[None]:
    """Too little memory or room on the disk as InputError; `lower` is what takes less memory, `again` what goes on."""
    memory = InputError("memory", "does not suffice", f"Try {lower}, or a smaller model.")
    cure = f"What is whole is kept: go on with {again}."
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise memory from error
    except (RuntimeError, SafetensorError) as error:
        said = str(error).lower()
        if any(words in said for words in _NO_MEMORY):
            raise memory from error
        if any(words in said for words in _NO_ROOM):
            raise InputError(place, f"cannot be read or written ({said})", cure) from error
        raise
    except OSError as error:
        wrong = f"cannot be read or written ({error.strerror or error})"
        raise InputError(str(error.filename or place), wrong, cure) from error


def lower(options: Options) -> str:
    """The options of training that take less memory."""
    less = [f"--batch-size {options.batch_size} in more parts (--accumulation)", "--max-length"]
    return ", ".join(less + ([] if options.gradient_checkpointing else ["--gradient-checkpointing"]))


def check_checkpoint(folder: Path) -> None:
    """Raises InputError where a checkpoint lacks what the same weights need."""
    if missing := [name for name in _CHECKPOINT if not any(folder.glob(name))]:
        raise unreadable(folder, f"it lacks {missing[0]}")


@contextmanager
def reading(folder: Path | None, begun: dict[str, int]) -> Iterator[None]:
    """Whatever fails before anything has `begun` as InputError that names the checkpoint which is gone on from."""
    try:
        yield
    except (InputError, UsageError, torch.OutOfMemoryError, MemoryError):
        raise
    except Exception as error:
        if folder is None or any(begun.values()):
            raise
        raise unreadable(folder, (str(error).strip() or repr(error)).splitlines()[0]) from error


def unreadable(folder: Path, why: str) -> InputError:
    """The error of a checkpoint that cannot be gone on from."""
    return InputError(str(folder), f"cannot be gone on from ({why})", "Remove it: --resume takes the one before it.")
