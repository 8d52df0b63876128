"""Annotations of whole texts, joined from those of their windows (see `ingest/windows.py`).

Offsets of a window are moved by the offset of the window in its text. A mention that several windows hold, because they
share sentences, is one annotation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sde_datasets.dataset.manifest import Manifest
from sde_datasets.ingest.windows import CUT, parse_window_id, window_id, window_spans
from sde_datasets.prediction.annotate import annotate
from sde_datasets.prediction.completion import Completion
from sde_datasets.records.record import Span
from sde_datasets.runs.samples import Split
from sde_datasets.utils.files import atomic_file

# the keys of an annotated window that its text does not repeat: they are those of the answer
_OF_TEXT = ("text", "annotations", "not_in_text")
# marks of annotations whose place is uncertain
_UNCERTAIN = ("ambiguous", "scattered")


@dataclass(frozen=True)
class WindowSize:
    """How texts are cut: the most characters of a window (0: not at all), and the characters that two windows share."""

    size: int = 0
    stride: int = 0

    def windows(self, id: str, text: str) -> list[tuple[str, Span]]:
        """The ids and spans of the windows of a text; its own id and the whole text if it is short."""
        if not self.size or len(text) <= self.size:
            return [(id, (0, len(text)))]
        return [(window_id(id, start), (start, end)) for start, end in window_spans(text, self.size, self.stride)]


WHOLE_TEXTS = WindowSize()


def join_annotations(windows: Iterable[tuple[int, Mapping[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Join annotated windows, each with its offset: `annotations` and `not_in_text` of the whole text.

    An annotation that is certain in one window is certain.
    """
    joined: dict[tuple[Any, ...], dict[str, Any]] = {}
    missing: dict[tuple[str, str], dict[str, Any]] = {}
    for offset, row in windows:
        for found in row["annotations"]:
            spans = [[start + offset, end + offset] for start, end in found["spans"]]
            key = (found["target"], *map(tuple, spans))
            earlier = joined.get(key)
            if earlier is None or any(earlier.get(mark, False) and mark not in found for mark in _UNCERTAIN):
                joined[key] = {**found, "spans": spans}
        missing |= {(found["target"], found["mention"]): found for found in row["not_in_text"]}
    annotations = sorted(joined.values(), key=lambda found: found["spans"])
    return {"annotations": annotations, "not_in_text": list(missing.values())}


def join_rows(id: str, text: str, rows: Sequence[tuple[int, Mapping[str, Any]]]) -> dict[str, Any]:
    """The row of a text from the rows of its windows, each with its offset: `windows` holds their answers."""
    answers = [
        {"offset": offset, **{key: value for key, value in row.items() if key not in _OF_TEXT}} for offset, row in rows
    ]
    return {"id": id, "text": text, **join_annotations(rows), "windows": answers}


def write_documents(split: Split, answers: Path) -> Path | None:
    """Write the annotations of the whole texts of a split beside the answers to its windows; None without windows.

    The file `<answers>.documents.jsonl` has a row for each text of which a window is answered: its id, annotations and
    not_in_text with offsets in the whole text, and the ids of its windows.
    """
    if not _has_windows(split):
        return None
    with answers.open(encoding="utf-8") as lines:
        rows = {row["id"]: row for row in map(json.loads, lines)}
    documents: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for sample in split:
        if sample.id in rows:
            document, offset = parse_window_id(sample.id) or (sample.id, 0)
            row = rows[sample.id]
            completion = Completion(row["prediction"], 0, 0, row["stop"])
            documents.setdefault(document, []).append((offset, annotate(sample.text, completion, split.template)))
    path = answers.with_name(answers.name.removesuffix(".jsonl") + ".documents.jsonl")
    with atomic_file(path) as part, part.open("w", encoding="utf-8") as file:
        file.writelines(_document_lines(documents))
    return path


def _document_lines(documents: Mapping[str, list[tuple[int, dict[str, Any]]]]) -> Iterator[str]:
    for document, windows in documents.items():
        windows = sorted(windows, key=lambda window: window[0])
        row = {"id": document, **join_annotations(windows), "offsets": [offset for offset, _ in windows]}
        yield json.dumps(row, ensure_ascii=False) + "\n"


def _has_windows(split: Split) -> bool:
    """True if the records of a split are windows: the report of their view says so."""
    folder, config = split.source.folder, split.source.identity.config
    if folder is None:
        return False
    return bool(Manifest.load(folder).views[config.partition("-")[0]].report.notes[CUT])
