"""The command `choose`: options that exclude each other, and help.

pytest tests/choosing/test_choose_command.py
"""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from sde_datasets.cli.main import main

BUDGET = ("--model", "tiny", "--budget-runs", "20")


@pytest.mark.parametrize(
    "words, message",
    [
        (BUDGET, "give --data or --source"),
        (("--data", "out", "--source", "a.jsonl", *BUDGET), "give --data or --source"),
        (("--data", "out", "--task", "ner", *BUDGET), "the options of own data need --source"),
        (("--data", "out", "--model", "tiny"), "give one budget: --budget 2h, --budget-tokens 5M or --budget-runs 40"),
        (("--data", "out", "--budget", "2h"), "give --model"),
        (("--data", "out", "--fix", "placement=inst-lost", *BUDGET), "unknown option. Did you mean inst-last"),
        (("--data", "out", "--folds", "1", *BUDGET), "--folds 1: give 2 or more"),
        (("--data", "out", "--train-option", "lora_rang=8", *BUDGET), "unknown key 'lora_rang'"),
        (("--data", "out", "--train-option", "seed=8", *BUDGET), "seed is decided by the study"),
    ],
)
def test_options_that_do_not_fit_are_named(words, message):
    result = CliRunner().invoke(main, ["choose", *words])
    assert result.exit_code in (1, 2) and message in result.output
