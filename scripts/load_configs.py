"""Load configs of a folder or repository with the installed `datasets`, and print what was loaded as JSON.

python scripts/load_configs.py FOLDER_OR_REPOSITORY CONFIG ...

check_datasets_releases.py runs this file in environments that hold `datasets` and nothing of this project.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable


def rows_hash(rows: Iterable[dict]) -> str:
    """Return the SHA-256 of rows as JSON lines with sorted keys."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(row, sort_keys=True, ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


def main(source: str, configs: list[str]) -> None:
    """Print the names of all configs, and the rows of the splits of `configs`, both loaded and streamed."""
    import datasets

    datasets.disable_progress_bars()
    loaded = {config: datasets.load_dataset(source, config) for config in configs}
    streamed = {config: datasets.load_dataset(source, config, streaming=True) for config in configs}
    seen = {
        "names": datasets.get_dataset_config_names(source),
        "default": datasets.get_dataset_default_config_name(source),
        "loaded": {c: {split: rows_hash(rows) for split, rows in splits.items()} for c, splits in loaded.items()},
        "streamed": {c: {split: rows_hash(rows) for split, rows in splits.items()} for c, splits in streamed.items()},
    }
    print(json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
