"""Translate out-of-memory, disk-full and corrupt-checkpoint errors into one-line InputErrors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError

from sde_datasets.errors import InputError
from sde_datasets.runs.options import TrainingOptions

_OUT_OF_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "alloc_failed",
    "no executable batch size",
)
_DISK = ("no space left", "i/o error", "pytorchstreamwriter")
# the files of a checkpoint besides the weights, as accelerate names them
_CHECKPOINT_FILES = ("optimizer*", "custom_checkpoint*", "random_states*")


@contextmanager
def translate_runtime_errors(location: str, hint: str, resume: str = "the same command") -> Iterator[None]:
    """Raise InputError for errors of memory and disk.

    location: named in errors of the disk. hint: what needs less memory. resume: what continues the work.
    """
    out_of_memory = InputError("memory", "is not sufficient", f"Try {hint}, or a smaller model.")
    kept = f"Complete results are kept: continue with {resume}."
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise out_of_memory from error
    except (RuntimeError, SafetensorError) as error:
        message = str(error).lower()
        if any(words in message for words in _OUT_OF_MEMORY):
            raise out_of_memory from error
        if any(words in message for words in _DISK):
            raise InputError(location, f"cannot be read or written ({message})", kept) from error
        raise
    except OSError as error:
        problem = f"cannot be read or written ({error.strerror or error})"
        raise InputError(str(error.filename or location), problem, kept) from error


def memory_hint(options: TrainingOptions) -> str:
    """Return the training options that need less memory."""
    hints = [] if options.find_batch_size else ["--find-batch-size"]
    hints += [f"--batch-size {options.batch_size} in more parts (--accumulation, --batch-tokens)", "--max-length"]
    return ", ".join(hints + ([] if options.gradient_checkpointing else ["--gradient-checkpointing"]))


def check_checkpoint(folder: Path) -> None:
    """Raise InputError if a checkpoint lacks a file."""
    if missing := [name for name in _CHECKPOINT_FILES if not any(folder.glob(name))]:
        raise unusable_checkpoint(folder, f"it lacks {missing[0]}")


def unusable_checkpoint(folder: Path, reason: str) -> InputError:
    """Return the error for a checkpoint that training cannot continue from."""
    hint = "Remove it: --resume uses the previous checkpoint."
    return InputError(str(folder), f"cannot be resumed from ({reason})", hint)
