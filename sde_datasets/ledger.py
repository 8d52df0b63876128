"""The ledger of one view while it is collected: the ids and texts met so far, on disk, so that memory stays flat."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

from sde_datasets.records import SPLITS

# a text's splits as bits; the hashed split stands four bits higher, since which counts is known only at the end
_BITS = {split: 1 << i for i, split in enumerate(SPLITS)}
_HASHED = 4


def digest(text: str) -> bytes:
    """Sixteen bytes that stand for a text; two texts share them with a chance of one in 2**64 at billions of texts."""
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16).digest()


def hashed_split(word: str) -> str:
    """The split of a document (or record) id by its hash: 80 % train, 10 % validation, 10 % test."""
    tenth = int.from_bytes(hashlib.blake2b(word.encode("utf-8"), digest_size=8).digest(), "big") % 10
    return SPLITS[max(0, tenth - 7)]


class Ledger:
    """Ids with the place where they stood first, and texts with the splits in which they stand."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._base = sqlite3.connect(path, isolation_level=None)
        for line in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-65536", "locking_mode=EXCLUSIVE"):
            self._base.execute(f"PRAGMA {line}")
        self._base.execute("CREATE TABLE ids (id BLOB PRIMARY KEY, place TEXT) WITHOUT ROWID")
        self._base.execute("CREATE TABLE texts (text BLOB PRIMARY KEY, splits INTEGER) WITHOUT ROWID")
        self._base.execute("BEGIN")

    def first(self, record_id: str, place: str) -> str | None:
        """None for an id that is new, which it then is no longer; else the place where it stood first."""
        key = digest(record_id)
        if self._base.execute("INSERT OR IGNORE INTO ids VALUES (?, ?)", (key, place)).rowcount:
            return None
        return self._base.execute("SELECT place FROM ids WHERE id = ?", (key,)).fetchone()[0]

    def texts(self, rows: Iterable[tuple[bytes, str, str]]) -> None:
        """Note texts (digest, split as published or train, split by hash)."""
        bits = ((key, _BITS[split] | _BITS[hashed] << _HASHED) for key, split, hashed in rows)
        add = "INSERT INTO texts VALUES (?, ?) ON CONFLICT DO UPDATE SET splits = splits | excluded.splits"
        self._base.executemany(add, bits)

    def shared(self, hashed: bool) -> dict[str, int]:
        """How many different texts stand in each two splits: `train+test` -> count, without those that are 0."""
        shift = _HASHED if hashed else 0
        counts = {}
        for one, other in combinations(SPLITS, 2):
            both = (_BITS[one] | _BITS[other]) << shift
            query = "SELECT COUNT(*) FROM texts WHERE splits & ? = ?"
            counts[f"{one}+{other}"] = self._base.execute(query, (both, both)).fetchone()[0]
        return {pair: count for pair, count in counts.items() if count}

    def held_out(self, keys: Iterable[bytes], hashed: bool) -> list[bool]:
        """For each text: does it stand in validation or test?"""
        shift = _HASHED if hashed else 0
        mask = (_BITS["validation"] | _BITS["test"]) << shift
        find = "SELECT splits & ? FROM texts WHERE text = ?"
        return [bool(self._base.execute(find, (mask, key)).fetchone()[0]) for key in keys]

    def close(self) -> None:
        """Close the file; the folder that holds it is thrown away by the caller."""
        self._base.close()
