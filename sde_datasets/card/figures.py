"""The figures of a card that stand in no footer: counted in the Parquet files of the records, batch by batch."""

from __future__ import annotations

from collections import Counter
from itertools import chain, islice
from pathlib import Path

import pyarrow.compute as pc

from sde_datasets.card.configs import config_files, default_config
from sde_datasets.parquet import row_groups
from sde_datasets.samples import stretches

# the designs of the example, as far as a view has them, in this order
SHOWN = ("natural-text-instlast", "lines-text", "lines-text-cot", "list-text-ou", "json-text", "json-num-rcot")
EXAMPLE_CHARACTERS = 240


def view_figures(folder: Path, manifest: dict, view: str) -> dict:
    """Counts of one view, as JSON.

    characters: of all texts. values: for each target the count of each label, or in a mention task the count of
    mentions. texts: for each target the records that mention it. inside: mentions that lie within a longer one.
    """
    values: Counter[tuple[str, str]] = Counter()
    texts: Counter[str] = Counter()
    characters = inside = 0
    for paths in config_files(manifest)[f"{view}-records"].values():
        for batch in chain.from_iterable(row_groups(folder / path) for path in paths):
            characters += pc.sum(pc.utf8_length(batch.column("text"))).as_py() or 0
            flat = batch.column("annotations").flatten()
            targets, labels = flat.field("target").to_pylist(), flat.field("label").to_pylist()
            spans = flat.field("spans").to_pylist()
            values.update(zip(targets, labels, strict=True))
            for start, end in stretches(batch.column("annotations")):
                texts.update(set(targets[start:end]))
                inside += _inside([(s[0]["start"], s[-1]["end"]) for s in spans[start:end] if s])
    schema = manifest["views"][view]["schema"]
    counted = {label: label for label in schema["labels"]} if schema["kind"] == "label" else {"mentions": None}
    return {
        "characters": characters,
        "values": {t: {name: values[t, label] for name, label in counted.items()} for t in schema["targets"]},
        "texts": {target: texts[target] for target in schema["targets"]},
        "inside": inside,
    }


def _inside(spans: list[tuple[int, int]]) -> int:
    """How many of these spans lie within a longer one."""
    return sum(any(c <= a and b <= d and (c, d) != (a, b) for c, d in spans) for a, b in spans)


def example(folder: Path, manifest: dict) -> dict[str, dict[str, str]]:
    """One record under up to four designs: the prompt and completion of each config.

    The record is the first short one of the default view's first split that says the most.
    """
    view = default_config(manifest).partition("-")[0]
    chosen = manifest["views"][view]["designs"]
    files = config_files(manifest)
    shown = [name for name in SHOWN if name in chosen] + [name for name in chosen if name not in SHOWN]
    first = {f"{view}-{name}": next(iter(files[f"{view}-{name}"].values()))[0] for name in shown[:4]}
    if not first:
        return {}
    batches = {config: next(islice(row_groups(folder / path), 1)) for config, path in first.items()}
    rows = next(iter(batches.values()))
    lengths = pc.utf8_length(rows.column("source_text")).to_pylist()
    targets = rows.column("annotations").flatten().field("target").to_pylist()
    said = [len(set(targets[start:end])) for start, end in stretches(rows.column("annotations"))]
    best = max(range(len(rows)), key=lambda i: (lengths[i] <= EXAMPLE_CHARACTERS, min(said[i], 3), -lengths[i]))
    keep = ("prompt", "completion", "source_text")
    return {config: {key: batch.column(key)[best].as_py() for key in keep} for config, batch in batches.items()}
