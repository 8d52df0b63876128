"""Memory that is freed goes back to the system.

pytest tests/utils/test_memory.py
"""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# blocks below the size that glibc maps by itself, with one between any two of them that stays
CODE = """
import ctypes
from pathlib import Path
from sde_datasets.utils.memory import return_freed_memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
blocks = [libc.malloc(100_000) for _ in range(1000)]
for block in blocks:
    ctypes.memset(block, 1, 100_000)
for block in blocks[::2]:
    libc.free(block)
before = resident()
return_freed_memory()
print(before - resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep no such memory")
def test_memory_between_blocks_in_use_is_given_back():
    given = int(subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True).stdout)
    assert given > 25_000_000
