"""What the user wants of a design: options that are fixed, limits of answers, and what is preferred among equals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sde_datasets.designs.design import AXES
from sde_datasets.errors import UsageError, nearest
from sde_datasets.study.plan import PROMPT_WEIGHT

# the axes among whose options `choose` chooses; the wording of an instruction is not one of them
CHOICE_AXES = (*(axis for axis in AXES if axis != "wording"), PROMPT_WEIGHT)
PROMPT_WEIGHTS = ("0", "0.1", "0.5", "1")
PREFERENCES = ("best", "cheap")


@dataclass(frozen=True)
class Wishes:
    """The wishes of a user.

    fixed: the options that an axis may have. no_cot: no reasoning before or within the answer. max_answer_tokens: the
    most tokens of a mean answer; 0 for any. min_parse_rate: the least share of answers in the form that a design asks
    for. prefer: `best` recommends the design with the highest expected score, `cheap` the one that generates fewest
    tokens among those that cannot be told from it.
    """

    fixed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    no_cot: bool = False
    max_answer_tokens: int = 0
    min_parse_rate: float = 0.0
    prefer: str = "best"

    def allows(self, axis: str, option: str) -> bool:
        """Return True if designs may have this option."""
        if self.no_cot and axis == "reasoning" and option in ("cot", "rcot"):
            return False
        return axis not in self.fixed or option in self.fixed[axis]


def checked_wishes(wishes: Wishes) -> Wishes:
    """Return the wishes. Raises UsageError for an unknown axis or option and for a limit out of range."""
    for axis, options in wishes.fixed.items():
        if axis not in CHOICE_AXES:
            raise UsageError(f"--fix {axis}: unknown axis. {nearest(axis, CHOICE_AXES)}")
        for option in options:
            if axis == PROMPT_WEIGHT:
                _check_weight(option)
            elif option not in AXES[axis]:
                raise UsageError(f"--fix {axis}={option}: unknown option. {nearest(option, AXES[axis])}")
    if not 0 <= wishes.min_parse_rate <= 1:
        raise UsageError(f"--min-parse-rate is {wishes.min_parse_rate}: give a share from 0 to 1")
    if wishes.max_answer_tokens < 0:
        raise UsageError(f"--max-answer-tokens is {wishes.max_answer_tokens}: give a whole number above 0")
    if wishes.prefer not in PREFERENCES:
        raise UsageError(f"--prefer {wishes.prefer}: give {' or '.join(PREFERENCES)}")
    return wishes


def parse_fixed(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the fixed options of `AXIS=OPTION[,OPTION]`. Raises UsageError for another form."""
    fixed = {}
    for word in words:
        axis, equals, options = word.partition("=")
        if not equals or not options:
            raise UsageError(f"--fix {word}: give AXIS=OPTION, such as placement=inst-last")
        fixed[axis.replace("-", "_")] = tuple(option.strip() for option in options.split(","))
    return fixed


def _check_weight(option: str) -> None:
    try:
        weight = float(option)
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= 1:
        raise UsageError(f"--fix {PROMPT_WEIGHT}={option}: give a number from 0 to 1")
