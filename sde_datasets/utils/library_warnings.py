"""Warnings of libraries that are for developers: commands and their processes hide them."""

from __future__ import annotations

import logging
import sys
import warnings


def hide_library_warnings() -> None:
    """Hide the warnings of PyTorch, transformers and the like, unless -W or PYTHONWARNINGS of Python asks for them."""
    if not sys.warnoptions:
        warnings.filterwarnings("ignore", module="torch|transformers|peft|accelerate")
    for name in ("torch", "bitsandbytes"):
        logging.getLogger(name).setLevel(logging.ERROR)
