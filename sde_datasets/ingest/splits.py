"""Split assignment: a record that names a split stays in it; a hash of its document id decides for other records.

Shares such as 80/10/10 are those of train, validation and test: whole numbers with the sum 100.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from math import gcd

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sde_datasets.errors import UsageError
from sde_datasets.records.record import SPLITS

SHARES = (80, 10, 10)

PUBLISHED = "as published"
HASHED = "by a hash of the document id (of the record id where there is no document)"
MISSING = "as published; records without a split went into train"


def parse_shares(text: str) -> tuple[int, int, int]:
    """The shares in `80/10/10`. Raises UsageError for anything but three whole numbers with the sum 100."""
    parts = text.split("/")
    shares = tuple(int(part) for part in parts if part.isascii() and part.isdigit())
    if len(parts) != 3 or len(shares) != 3 or sum(shares) != 100:
        raise UsageError(f"split: {text!r} is not of the form 80/10/10 (train/validation/test, whole numbers, sum 100)")
    return shares


def split_hash(word: str) -> int:
    """The 64-bit hash of a document id (or record id) that decides its split."""
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8"), digest_size=8).digest(), "big")


@dataclass(frozen=True)
class SplitRule:
    """The rule by which the records of a view get their splits.

    shares: the weight of each split for records that are assigned by hash. forced: whether the splits that records name
    are ignored. text: the rule as a sentence, for the report.
    """

    shares: tuple[int, ...]
    forced: bool
    text: str

    @classmethod
    def from_counts(cls, declared: Counter[str], asked: str = "") -> SplitRule:
        """The rule for a view, from the number of records that name each split (`none`: records without one).

        `asked` are shares for all records, whatever split they name. Without them, no record leaves the split that it
        names, and no record is added to a validation or test split that the corpus names.
        """
        named = [split for split in SPLITS if declared[split]]
        if asked:
            unused = sum(declared[split] for split in named)
            also = f"; the splits that {unused:,} records name were not used" if unused else ""
            return cls(parse_shares(asked), True, f"{asked} {HASHED}, as asked for{also}")
        if not named:
            return cls(SHARES, False, f"{'/'.join(map(str, SHARES))} {HASHED}")
        if not declared["none"]:
            return cls(SHARES, False, PUBLISHED)
        if "train" in named:
            return cls((1, 0, 0), False, MISSING)
        shares = tuple(0 if split in named else share for split, share in zip(SPLITS, SHARES, strict=True))
        into = " and ".join(split for split, share in zip(SPLITS, shares, strict=True) if share)
        text = f"as published; {declared['none']:,} records that name no split went into {into} {HASHED}"
        return cls(shares, False, text)

    def assign(self, named: pa.Array, hashes: pa.Array) -> pa.Array:
        """The split of each record, from the split that it names (or null) and its hash."""
        unit = gcd(*self.shares)
        wheel = np.repeat(np.array(SPLITS), [share // unit for share in self.shares])
        hashed = pa.array(wheel[hashes.to_numpy(zero_copy_only=False) % len(wheel)], pa.string())
        return hashed if self.forced else pc.coalesce(named, hashed)
