"""What the tests of scoring share: a small built folder, and a loopback Hub as the only one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sde_datasets.building.pipeline import build
from sde_datasets.ingest.plan import Plan, ViewPlan, completed
from sde_datasets.utils.progress import Progress

NOTES = [
    ("good soup, far too dear", {"food": "positive", "price": "negative"}),
    ("nothing to say", {}),
    ("the soup was fine", {"food": "neutral"}),
    ("parking was a joy", {"parking": "positive"}),
]
MENTIONS = [
    ("The IL-2 gene and p50 were seen.", [("DNA", "IL-2 gene", 4), ("protein", "IL-2", 4), ("protein", "p50", 18)]),
    ("Nothing was seen.", []),
    ("p50 binds p65.", [("protein", "p50", 0), ("protein", "p65", 10)]),
]


@pytest.fixture(scope="session")
def out(tmp_path_factory) -> Path:
    """A built folder of two views under three designs; all samples but one stand in the split test."""
    folder = tmp_path_factory.mktemp("scored")
    said = [[{"target": t, "label": label} for t, label in values.items()] for _, values in NOTES]
    write(folder / "notes.jsonl", [text for text, _ in NOTES], said)
    found = [
        [{"target": t, "mention": m, "start": at, "end": at + len(m)} for t, m, at in mentions]
        for _, mentions in MENTIONS
    ]
    write(folder / "mentions.jsonl", [text for text, _ in MENTIONS], found)
    views = (
        ViewPlan("jsonl", name="notes", path="notes.jsonl", task="mabsa", targets=("food", "price", "parking")),
        ViewPlan("jsonl", name="genes", path="mentions.jsonl", task="ner", targets=("DNA", "protein")),
    )
    plan = completed(Plan(views, designs=("lines-text", "list-text", "json-num-ou"), base=folder), "plan")
    build(plan, folder / "out", 1, progress=Progress(quiet=True))
    return folder / "out"


def write(path: Path, texts: list[str], annotations: list[list[dict]]) -> None:
    """Rows of the split test, and one for training, without which the corpus would be split by hash."""
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps({"id": "t0", "text": "to learn from", "annotations": [], "split": "train"}) + "\n")
        for number, (text, said) in enumerate(zip(texts, annotations, strict=True)):
            row = {"id": f"n{number}", "text": text, "annotations": said, "split": "test"}
            row |= {"document": f"d{number // 2}"}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def answers_file(path: Path, answers: dict[str, str]) -> Path:
    """Answers by id as a file of predictions."""
    rows = [json.dumps({"id": id, "prediction": text}) for id, text in answers.items()]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path
