"""The ids and texts of a view that were already read, on disk, so that memory use does not grow with the corpus."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

from sde_datasets.records.record import SPLITS

# a text's splits as bits
_BITS = {split: 1 << i for i, split in enumerate(SPLITS)}


def digest(text: str) -> bytes:
    """A digest of 16 bytes. Of billions of texts, two have the same digest with a probability below 2**-60."""
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16).digest()


class SeenIndex:
    """Ids with their first location, and texts with the splits in which they occur."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._base = sqlite3.connect(path, isolation_level=None)
        for line in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-65536", "locking_mode=EXCLUSIVE"):
            self._base.execute(f"PRAGMA {line}")
        self._base.execute("CREATE TABLE ids (id BLOB PRIMARY KEY, place TEXT) WITHOUT ROWID")
        self._base.execute("CREATE TABLE texts (text BLOB PRIMARY KEY, splits INTEGER) WITHOUT ROWID")
        self._base.execute("BEGIN")

    def first_location(self, record_id: str, location: str) -> str | None:
        """Add an id that is new and return None; for a known id, return the location of its first occurrence."""
        key = digest(record_id)
        if self._base.execute("INSERT OR IGNORE INTO ids VALUES (?, ?)", (key, location)).rowcount:
            return None
        return self._base.execute("SELECT place FROM ids WHERE id = ?", (key,)).fetchone()[0]

    def add_texts(self, rows: Iterable[tuple[bytes, str]]) -> None:
        """Add texts, each as its digest and its split."""
        add = "INSERT INTO texts VALUES (?, ?) ON CONFLICT DO UPDATE SET splits = splits | excluded.splits"
        self._base.executemany(add, ((key, _BITS[split]) for key, split in rows))

    def shared_counts(self) -> dict[str, int]:
        """The number of distinct texts that two splits share, by pair of splits (`train+test`), without zeros."""
        counts = {}
        for one, other in combinations(SPLITS, 2):
            both = _BITS[one] | _BITS[other]
            query = "SELECT COUNT(*) FROM texts WHERE splits & ? = ?"
            counts[f"{one}+{other}"] = self._base.execute(query, (both, both)).fetchone()[0]
        return {pair: count for pair, count in counts.items() if count}

    def are_held_out(self, keys: Iterable[bytes]) -> list[bool]:
        """For each text, whether it occurs in validation or test."""
        mask = _BITS["validation"] | _BITS["test"]
        find = "SELECT splits & ? FROM texts WHERE text = ?"
        return [bool(self._base.execute(find, (mask, key)).fetchone()[0]) for key in keys]

    def close(self) -> None:
        """Close the file. The caller removes the folder that holds it."""
        self._base.close()
