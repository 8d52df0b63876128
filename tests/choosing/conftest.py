"""Fixtures of the tests of choices: small data, and requests on them. Tests are skipped where a library is missing."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

# few axes, so that a race takes seconds
FIXED = {
    "format": ("lines", "json"),
    "labels": ("text",),
    "reasoning": ("none", "cot"),
    "placement": ("inst-last", "no-inst"),
    "definitions": ("none",),
    "prompt_weight": ("0", "1"),
}
TARGETS = ("food", "service", "price")


def write_rows(path: Path, rows: int, split: str = "train", evidence: bool = True, label: str = "") -> Path:
    """Write annotated texts as JSON lines: each target is mentioned in about half of them. label: that of all."""
    draw = random.Random(split)
    with path.open("a", encoding="utf-8") as file:
        for number in range(rows):
            words, annotations = [], []
            for target in TARGETS:
                if draw.random() < 0.5 or label:
                    good = draw.random() < 0.5
                    words.append(f"The {target} was {'good' if good else 'bad'}.")
                    annotation = {"target": target, "label": label or ("positive" if good else "negative")}
                    annotations.append(annotation | ({"evidence": words[-1]} if evidence else {}))
            text = f"Visit {split} {number}. " + " ".join(words)
            row = {"id": f"{split}{number}", "text": text, "split": split, "annotations": annotations}
            file.write(json.dumps(row) + "\n")
    return path


@pytest.fixture(scope="session")
def rows(tmp_path_factory) -> Path:
    """A file of 240 training, 80 validation and 40 test rows."""
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    for split, count in (("train", 240), ("validation", 80), ("test", 40)):
        write_rows(path, count, split)
    return path


@pytest.fixture(scope="session")
def folder(tmp_path_factory, rows) -> Path:
    """A dataset folder of these rows, with one design."""
    from sde_datasets.building.api import build

    out = tmp_path_factory.mktemp("built") / "out"
    build(f"jsonl={rows}", out, task="mabsa", designs="lines-text")
    return out


@pytest.fixture
def ask():
    """A function that makes a request: few axes, the budget of 24 runs, and changes."""
    pytest.importorskip("transformers", reason="the train extra is not installed")
    from sde_datasets.choosing.amount import parse_amount
    from sde_datasets.choosing.request import ChoiceRequest
    from sde_datasets.choosing.wishes import Wishes

    def request(data, runs: int = 24, fixed=FIXED, **changes) -> ChoiceRequest:
        wishes = {name: changes.pop(name) for name in ("no_cot", "min_parse_rate", "prefer") if name in changes}
        amount = changes.pop("amount", None) or parse_amount(runs=runs)
        return ChoiceRequest("tiny", amount, data, wishes=Wishes(fixed, **wishes), **changes)

    return request


@pytest.fixture
def choose(quiet):
    """A function that makes a choice in a world, and returns it with its report."""
    from sde_datasets.choosing.api import run_choice
    from sde_datasets.choosing.run_race import Machine

    def run(request, out: Path, world, progress=quiet):
        return run_choice(request, out, Machine(launcher=world), progress)

    return run
