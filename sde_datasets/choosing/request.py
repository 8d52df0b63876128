"""What a choice is asked for, as choice.toml keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sde_datasets.choosing.amount import Amount
from sde_datasets.choosing.wishes import Wishes, checked_wishes
from sde_datasets.errors import UsageError
from sde_datasets.ingest.plan import Plan
from sde_datasets.runs.options import BUNDLED
from sde_datasets.study.plan import check_training
from sde_datasets.utils.toml import toml_value

# validation samples of a trial: with more of them the answers take most of the time
VALIDATION_SIZE = 300
PRIORS = ("none", "paper")


@dataclass(frozen=True)
class ChoiceRequest:
    """A request for a choice.

    data: a built folder, org/name, a project file, `bundled`, or a plan to build. view: may be empty if there is one.
    training: options of training for all runs. train_size: samples of a full run; 0 for all. validation_size: samples
    of an evaluation; 0 for all. folds: of a cross-validation; 0 for none. prior: `paper` expects the effects that the
    paper published, weakly.
    """

    model: str
    amount: Amount
    data: str | Plan = BUNDLED
    view: str = ""
    revision: str | None = None
    wishes: Wishes = field(default_factory=Wishes)
    training: Mapping[str, Any] = field(default_factory=dict)
    train_size: int = 0
    validation_size: int = VALIDATION_SIZE
    folds: int = 0
    prior: str = "none"

    def checked(self) -> ChoiceRequest:
        """Return the request. Raises UsageError or InputError for values that cannot be."""
        if not self.model:
            raise UsageError("give --model: a hub id, a folder, or tiny")
        if self.folds == 1 or self.folds < 0:
            raise UsageError(f"--folds {self.folds}: give 2 or more")
        if self.train_size < 0 or self.validation_size < 0:
            raise UsageError("--train-size and --validation-size are whole numbers, 0 for all samples")
        if self.prior not in PRIORS:
            raise UsageError(f"--prior {self.prior}: give {' or '.join(PRIORS)}")
        checked_wishes(self.wishes)
        check_training(self.training, "--train-option")
        return self

    def content(self) -> dict[str, Any]:
        """Return the request as values of TOML."""
        data = self.data if isinstance(self.data, str) else [str(path) for v in self.data.view for path in v.paths]
        return {
            "model": self.model,
            "data": data,
            "view": self.view,
            "budget": self.amount.words(),
            "train_size": self.train_size,
            "validation_size": self.validation_size,
            "folds": self.folds,
            "prior": self.prior,
            "fixed": {axis: list(options) for axis, options in self.wishes.fixed.items()},
            "no_cot": self.wishes.no_cot,
            "max_answer_tokens": self.wishes.max_answer_tokens,
            "min_parse_rate": self.wishes.min_parse_rate,
            "prefer": self.wishes.prefer,
            "training": dict(self.training),
        }

    def to_toml(self) -> str:
        """Return the request as TOML."""
        return "".join(f"{key} = {toml_value(value)}\n" for key, value in self.content().items())
