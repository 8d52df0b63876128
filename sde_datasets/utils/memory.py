"""Give freed memory back to the system."""

from __future__ import annotations

import ctypes
import gc
import sys


def return_freed_memory() -> None:
    """Give memory that is no longer used back to the system, where the C library is glibc; elsewhere collect garbage.

    Tensors of many sizes leave gaps in the memory of a process, which glibc keeps: after some training runs in one
    process they are several times as large as what is in use.
    """
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
