"""Hashes of the gold of samples, by which a comparison sees that two scorings have different gold."""

from __future__ import annotations

from zlib import crc32

import numpy as np

from sde_datasets.scoring.gold import Mentions


def label_hashes(codes: np.ndarray) -> list[int]:
    """Return a 32-bit hash of each row of label codes (samples x targets)."""
    return [crc32(row.tobytes()) for row in np.ascontiguousarray(codes, "<i4")]


def mention_hashes(mentions: Mentions) -> list[int]:
    """Return a 32-bit hash of the mentions of each sample, whatever their order: gold of a file and of data agree."""
    pairs = zip(mentions.surfaces, mentions.types.tolist(), strict=True)
    sums = np.zeros(len(mentions.surfaces) + 1, np.uint64)
    hashes = [crc32(surface.encode("utf-8", "surrogatepass"), code + 1) for surface, code in pairs]
    np.cumsum(np.array(hashes, np.uint64), out=sums[1:])
    starts = np.array(mentions.starts)
    return ((sums[starts[1:]] - sums[starts[:-1]]) & np.uint64(0xFFFFFFFF)).tolist()
