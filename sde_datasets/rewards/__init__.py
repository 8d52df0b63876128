"""Rewards for reinforcement learning, from the scorer: functions with the signature of TRL's `GRPOTrainer`.

`f(prompts, completions, **columns) -> list[float | None]`, where the columns are those of a config. Start with
`functions.py`; `measures.py` computes the value of one answer, and `answered.py` reads a row and its answer.
"""

from __future__ import annotations

from sde_datasets.rewards.functions import (
    format_validity,
    hard_f1,
    kappa,
    length_penalty,
    soft_f1,
    span_f1,
    strict_match,
)

__all__ = ["format_validity", "hard_f1", "kappa", "length_penalty", "soft_f1", "span_f1", "strict_match"]
