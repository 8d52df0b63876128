"""An amount of budget: time, tokens or training runs, as the command line gives it and as people read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from sde_datasets.errors import UsageError
from sde_datasets.study.estimate import duration


class Unit(Enum):
    """What a budget counts. Tokens are those of training, prompts and answers."""

    SECONDS = "seconds"
    TOKENS = "tokens"
    RUNS = "runs"


_SECONDS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400}
_TOKENS = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "B": 1e9}


@dataclass(frozen=True)
class Amount:
    """A number of units."""

    unit: Unit
    value: float

    def words(self, value: float | None = None) -> str:
        """Return this amount, or another value of its unit, as text: `2.0 h`, `5.0 M tokens`, `40 runs`."""
        shown = self.value if value is None else value
        if self.unit is Unit.SECONDS:
            return duration(shown)
        if self.unit is Unit.TOKENS:
            return f"{shown / 1e6:.1f} M tokens" if shown >= 1e5 else f"{shown:,.0f} tokens"
        return f"{shown:,.0f} run{'' if round(shown) == 1 else 's'}"


def parse_amount(time: str = "", tokens: str | int = "", runs: int = 0) -> Amount:
    """Return the budget that one of three options gives. Raises UsageError for none, several, or another form."""
    given = [bool(time), bool(tokens), bool(runs)]
    if sum(given) != 1:
        raise UsageError("give one budget: --budget 2h, --budget-tokens 5M or --budget-runs 40")
    if runs:
        if runs < 1:
            raise UsageError(f"--budget-runs {runs}: give a whole number above 0")
        return Amount(Unit.RUNS, runs)
    if tokens:
        value = _number(str(tokens), _TOKENS)
        if not value:
            raise UsageError(f"--budget-tokens {tokens}: give a number of tokens, such as 500k or 5M")
        return Amount(Unit.TOKENS, value)
    value = _number(time, _SECONDS)
    if not value:
        raise UsageError(f"--budget {time}: give a time, such as 90s, 30min or 2h")
    return Amount(Unit.SECONDS, value)


def _number(text: str, scales: dict[str, float] | dict[str, int]) -> float:
    """Return the number of a text with one of some units; 0 for anything else."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-zA-Z]*)", text.strip())
    if match is None or match[2] not in scales:
        return 0.0
    return float(match[1]) * scales[match[2]]
