"""Figures and examples of a card, computed from the Parquet files batch by batch."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import pyarrow.compute as pc

from sde_datasets.dataset.manifest import Manifest
from sde_datasets.dataset.parquet import row_groups
from sde_datasets.dataset.view_state import ViewFigures
from sde_datasets.records.columns import list_offsets

# the designs of the example that a view has, in this order; then its other designs
SHOWN = ("natural-text-instlast", "lines-text", "inline-text-ou", "lines-text-cot", "list-text-ou", "json-text")
EXAMPLE_CHARACTERS = 240


def view_figures(folder: Path, manifest: Manifest, view: str) -> ViewFigures:
    """Count the records of one view in its Parquet files."""
    values: Counter[tuple[str, str | None]] = Counter()
    texts: Counter[str] = Counter()
    characters = inside = 0
    for batch in chain.from_iterable(row_groups(folder / path) for path in manifest.config_files(f"{view}-records")):
        characters += pc.sum(pc.utf8_length(batch.column("text"))).as_py() or 0
        flat = batch.column("annotations").flatten()
        targets, labels = flat.field("target").to_pylist(), flat.field("label").to_pylist()
        spans = flat.field("spans").to_pylist()
        values.update(zip(targets, labels, strict=True))
        for start, end in list_offsets(batch.column("annotations")):
            texts.update(set(targets[start:end]))
            inside += _inside([(s[0]["start"], s[-1]["end"]) for s in spans[start:end] if s])
    schema = manifest.views[view].schema
    counted: dict[str, str | None] = {"mentions": None}
    if schema.kind == "label":
        counted = {label: label for label in schema.labels}
    return ViewFigures(
        characters,
        values={t: {name: values[t, label] for name, label in counted.items()} for t in schema.targets},
        texts={target: texts[target] for target in schema.targets},
        inside=inside,
    )


def _inside(spans: list[tuple[int, int]]) -> int:
    """The number of spans that are nested in a longer one."""
    return sum(any(c <= a and b <= d and (c, d) != (a, b) for c, d in spans) for a, b in spans)


@dataclass(frozen=True)
class ExampleSample:
    """One record under one design: its text, its prompt and its completion."""

    text: str
    prompt: str
    completion: str


def example_samples(folder: Path, manifest: Manifest) -> dict[str, ExampleSample]:
    """One record of the default view under up to four designs, by config; empty if the view has no designs.

    Of the first row group, it is the short record with most targets, up to three, and among those the shortest.
    """
    view = manifest.default_config().partition("-")[0]
    designs = manifest.views[view].designs
    shown = [name for name in SHOWN if name in designs] + [name for name in designs if name not in SHOWN]
    paths = {config: manifest.config_files(config)[0] for config in (f"{view}-{name}" for name in shown[:4])}
    if not paths:
        return {}
    batches = {config: next(islice(row_groups(folder / path), 1)) for config, path in paths.items()}
    rows = next(iter(batches.values()))
    lengths = pc.utf8_length(rows.column("source_text")).to_pylist()
    targets = rows.column("annotations").flatten().field("target").to_pylist()
    counts = [len(set(targets[start:end])) for start, end in list_offsets(rows.column("annotations"))]
    best = max(range(len(rows)), key=lambda i: (lengths[i] <= EXAMPLE_CHARACTERS, min(counts[i], 3), -lengths[i]))
    columns = ("source_text", "prompt", "completion")
    return {
        config: ExampleSample(*(batch.column(name)[best].as_py() for name in columns))
        for config, batch in batches.items()
    }
