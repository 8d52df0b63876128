"""Cells: a training run, or an untrained model, with its evaluations. Each is named by a hash of what it depends on.

The name of a cell depends on data, model, seed and training options, and not on folders or on what is evaluated. An
evaluation has a name of its own, so that a further evaluation of a trained model does not train it again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

# the version of the files of a cell; part of each hash
FORMAT = 1


@dataclass(frozen=True)
class Evaluation:
    """An evaluation of the model of a cell.

    kind: `answers` are scored; `perplexity` and `attention` are measured. data: the digest of the split.
    generation: generation options that differ from the defaults. limit: test samples; 0 for all.
    view: the view that is tested. label: the word of the plan (`greedy`, `few-shot`, ...). split: the tested split.
    """

    kind: str
    label: str
    view: str
    config: str
    data: str
    limit: int = 0
    generation: Mapping[str, Any] = field(default_factory=dict)
    split: str = "test"

    @cached_property
    def name(self) -> str:
        """The name: readable words and a hash."""
        content = [FORMAT, self.kind, self.config, self.data, self.limit, dict(self.generation)]
        # names of test results are older than this field
        content += [self.split] if self.split != "test" else []
        return f"{self.config}-{self.label}-{_hash(content)}"


@dataclass(frozen=True)
class Cell:
    """A training run, or an untrained model, of a study.

    arm, prompt_weight: what is compared. view: trained on, or the source of examples. model: as the plan names it;
    model_id: what identifies its weights. data: the digest of the training split. options: of training, besides those
    that are fields here. size: 0 if nothing is trained. evaluations: those of the plan.
    """

    arm: str
    design: str
    prompt_weight: float
    view: str
    config: str
    model: str
    model_id: str
    data: str
    size: int
    seed: int
    options: Mapping[str, Any]
    evaluations: tuple[Evaluation, ...] = ()

    @property
    def trained(self) -> bool:
        """False for an untrained model."""
        return self.size > 0

    @property
    def model_name(self) -> str:
        """The model without the path of its folder: results may be published."""
        return Path(self.model).name if Path(self.model).is_absolute() else self.model

    @cached_property
    def name(self) -> str:
        """The name: readable words and a hash of what the cell depends on."""
        content = [FORMAT, self.config, self.prompt_weight, self.model_id, self.data, self.size, self.seed]
        words = [self.config, f"mi{self.prompt_weight:g}" if self.prompt_weight else ""]
        words += [str(self.size) if self.size else "untrained", f"s{self.seed}"]
        return "-".join(filter(None, words)) + f"-{_hash([*content, dict(self.options)])}"

    def to_dict(self) -> dict[str, Any]:
        """Return what cell.json contains: everything that the cell depends on, besides its evaluations."""
        content = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "evaluations"}
        return {"format": FORMAT} | content | {"model": self.model_name, "options": dict(self.options)}


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
