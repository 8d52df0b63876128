"""How answers are made: what decides them besides model and prompt."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sde_datasets.errors import UsageError

# answers that are written side by side
BATCH = 16


@dataclass(frozen=True)
class How:
    """Greedy unless `sample`, by the run's own model unless `zero_shot` or `shots` ask for the base model.

    sample, seed, temperature, top_p: drawn, each answer by seed and id. shots: so many training examples in front of
    the prompt. zero_shot: the base model without its adapter. constrained: only what can be read is written.
    max_new_tokens: tokens of an answer at most; by default a quarter more than the longest of training.
    """

    sample: bool = False
    seed: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    shots: int = 0
    zero_shot: bool = False
    constrained: bool = False
    max_new_tokens: int | None = None

    def checked(self) -> How:
        """Itself. Raises UsageError for what does not fit together."""
        if not self.sample and (self.temperature, self.top_p) != (1.0, 1.0):
            raise UsageError("--temperature and --top-p are for --sample")
        if self.temperature < 0.01:
            raise UsageError("--temperature is 0.01 or more: leave --sample out for the most likely answer")
        if self.shots and self.zero_shot:
            raise UsageError("give --shots or --zero-shot, not both")
        return self

    def as_dict(self) -> dict[str, Any]:
        """What differs from the default, as it stands beside the answers."""
        said = {key: value for key, value in asdict(self).items() if value != getattr(How(), key)}
        if self.sample:
            said |= {"seed": self.seed}
        return {"decoding": "sampled" if self.sample else "greedy"} | said

    @property
    def name(self) -> str:
        """A mark for file names; empty for the default."""
        parts = [f"seed{self.seed}" if self.sample else "", f"{self.shots}shots" if self.shots else ""]
        parts += ["zeroshot" if self.zero_shot else "", "constrained" if self.constrained else ""]
        parts += [
            f"t{self.temperature:g}" if self.temperature != 1 else "",
            f"p{self.top_p:g}" if self.top_p != 1 else "",
            f"max{self.max_new_tokens}" if self.max_new_tokens else "",
        ]
        return "".join(f"-{part}" for part in parts if part)
