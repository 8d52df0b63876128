"""Figures and examples of a card, computed from the Parquet files batch by batch."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from sde_datasets.dataset.load import can_have, find_renderer
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.dataset.parquet import row_groups
from sde_datasets.dataset.view_state import ViewFigures
from sde_datasets.designs.design import get_design
from sde_datasets.records.columns import list_offsets
from sde_datasets.samples.renderer import COLUMNS, Renderer

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
    """One record of the default view under up to four of its designs, or of all designs if it has none, by config.

    Of the first row group, it is the short record with most targets, up to three, and among those the shortest.
    """
    view = manifest.default_config().partition("-")[0]
    state = manifest.views[view]
    designs = state.designs or tuple(name for name in SHOWN if can_have(state, get_design(name)))
    shown = [name for name in SHOWN if name in designs] + [name for name in designs if name not in SHOWN]
    first = manifest.config_files(f"{view}-records")[0]
    (records,) = islice(row_groups(folder / first, COLUMNS), 1)
    lengths = pc.utf8_length(records.column("text")).to_pylist()
    targets = records.column("annotations").flatten().field("target").to_pylist()
    counts = [len(set(targets[start:end])) for start, end in list_offsets(records.column("annotations"))]
    best = max(range(len(records)), key=lambda i: (lengths[i] <= EXAMPLE_CHARACTERS, min(counts[i], 3), -lengths[i]))
    return {
        f"{view}-{name}": _example(records.slice(best, 1), find_renderer(manifest, view, name)) for name in shown[:4]
    }


def _example(record: pa.RecordBatch, render: Renderer) -> ExampleSample:
    """One record under one design, as a build writes it."""
    sample = render(record)
    return ExampleSample(*(sample.column(name)[0].as_py() for name in ("source_text", "prompt", "completion")))
