"""The interval of macro F1 over the targets of a mention task.

pytest tests/scoring/test_macro_interval.py
"""

from __future__ import annotations

import pytest

from sde_datasets import score
from sde_datasets.scoring.report_html import page

SCHEMA = {"task": "ner", "targets": ["DNA", "RNA", "protein"]}
GOLD = ["'DNA': 'a'\n'RNA': 'b'\n'protein': ''", "'DNA': 'c'\n'RNA': ''\n'protein': ''"]


def scores(wrong: int, times: int = 20):
    """Scores of which `wrong` answers miss RNA and add a protein."""
    gold = GOLD * times
    answers = [t.replace("'RNA': 'b'", "'RNA': ''").replace("'protein': ''", "'protein': 'b'") for t in gold[:wrong]]
    return score(gold, [*answers, *gold[wrong:]], design="lines-text", schema=SCHEMA, resamples=200)


def test_macro_f1_is_that_of_the_figures_and_inside_its_interval():
    found = scores(wrong=10)
    assert found.macro_f1.value == pytest.approx(found.figures.macro.hard.f1.value)
    assert found.macro_f1.low < found.macro_f1.value < found.macro_f1.high
    assert f"Macro F1 over targets {found.macro_f1.value:.3f}: " in page(found)


def test_right_answers_have_an_interval_of_one_point():
    found = scores(wrong=0)
    assert (found.macro_f1.value, found.macro_f1.low, found.macro_f1.high) == (1, 1, 1)
