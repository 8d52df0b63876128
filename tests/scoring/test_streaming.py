"""Answers in files are streamed: what is kept of a sample does not depend on how long its texts are.

pytest tests/scoring/test_streaming.py
"""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from sde_datasets.designs.design import get_design
from sde_datasets.scoring.api import score_pairs
from sde_datasets.scoring.settings import ScoringSettings
from tests.scoring.examples import SCHEMAS


def peak(path: Path, samples: int, length: int) -> int:
    """The most bytes that Python held while it scored so many answers of so many characters."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(samples):
            # wrong answers, each its own, so that nothing can be shared
            answer = f"'DNA': 'x{number}'\n" + "prose " * (length // 6)
            file.write(json.dumps({"completion": f"'DNA': 'y{number}'\n'protein': ''", "prediction": answer}) + "\n")
    tracemalloc.start()
    score_pairs(path, get_design("lines-text"), ScoringSettings(SCHEMAS["ner"]), resamples=0)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


@pytest.mark.slow
def test_memory_grows_by_little_for_each_sample(tmp_path):
    few, many = peak(tmp_path / "few.jsonl", 2_200, 2_400), peak(tmp_path / "many.jsonl", 6_600, 2_400)
    # each answer has 2,400 characters; what is kept of a sample is its id, a number and its row in scores.json
    assert (many - few) / 4_400 < 400
