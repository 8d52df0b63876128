"""Generation options: everything besides model and prompt that decides an answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sde_datasets.designs.design import POST, Design
from sde_datasets.errors import UsageError
from sde_datasets.formats.reasons_after import APART
from sde_datasets.utils.config import option

DEFAULT_BATCH_SIZE = 16
ENGINES = ("auto", "local", "generate", "vllm", "server")
# engines whose answers may differ from those of `local` by rounding: the provenance of answers names them
_RECORDED_ENGINES = ("generate", "vllm")
DEFAULT_THOUGHT = 1024
LOWEST_TEMPERATURE = 0.01


@dataclass(frozen=True)
class GenerationOptions:
    """How answers are generated: greedily unless `sample`, by the trained model unless `zero_shot` or `shots`."""

    sample: bool = option(False, "Sample the answers instead of decoding greedily.")
    seed: int = option(1, "With --sample: the seed; each answer also depends on its id.", least=0)
    temperature: float = option(1.0, "With --sample: the temperature.")
    top_p: float = option(1.0, "With --sample: sample from the most likely tokens with this total probability.")
    shots: int = option(0, "Use the base model, with this many training examples before each prompt.", least=0)
    zero_shot: bool = option(False, "Use the base model without the trained adapter and without examples.")
    constrained: bool = option(False, "Generate only valid answers of the design.")
    max_new_tokens: int | None = option(
        None, "Maximum number of tokens of an answer. Default: 1.25 times the longest training completion.", least=1
    )
    engine: str = option(
        "auto",
        "What writes the answers. local: this package; generate: transformers; vllm: vLLM; server: that of --endpoint. "
        "auto: server with --endpoint, else local, else generate.",
        ENGINES,
    )
    stop_after: str = option(
        "answer", "With designs whose reasons follow the answer (-post): where generation stops.", ("answer", "reasons")
    )
    thinking: bool = option(False, "Let a reasoning model think before each answer; thoughts are kept apart.")
    thinking_tokens: int = option(DEFAULT_THOUGHT, "With --thinking: the most tokens of a thought.", least=1)

    def validated(self) -> GenerationOptions:
        """Return the options. Raises UsageError for a value out of range, and for options that exclude each other."""
        if not self.sample and (self.temperature, self.top_p) != (1.0, 1.0):
            raise UsageError("--temperature and --top-p are for --sample")
        if not self.temperature >= LOWEST_TEMPERATURE:
            raise UsageError(f"--temperature is {LOWEST_TEMPERATURE} or more: omit --sample for the most likely answer")
        if not 0 < self.top_p <= 1:
            raise UsageError("--top-p is above 0 and at most 1")
        if self.shots and self.zero_shot:
            raise UsageError("give --shots or --zero-shot, not both")
        if self.thinking_tokens != DEFAULT_THOUGHT and not self.thinking:
            raise UsageError("--thinking-tokens is for --thinking")
        if self.constrained and self.stop_after != "answer":
            raise UsageError("--constrained writes answers without reasons: omit --with-reasons")
        if self.constrained and self.engine == "vllm":
            raise UsageError("--constrained needs --engine local or generate")
        return self

    def stop_text(self, design: Design) -> str:
        """Return the text at which generation stops besides the end of an answer; empty for none."""
        return APART if design.reasoning == POST and self.stop_after == "answer" else ""

    def to_dict(self) -> dict[str, Any]:
        """Return the options that differ from the default, for the provenance of answers."""
        defaults = asdict(GenerationOptions())
        changed = {name: value for name, value in asdict(self).items() if value != defaults[name]}
        if self.engine not in _RECORDED_ENGINES:
            changed.pop("engine", None)
        if self.sample:
            changed["seed"] = self.seed
        return {"decoding": "sampled" if self.sample else "greedy"} | changed

    @property
    def suffix(self) -> str:
        """A suffix for names of prediction files; empty for the defaults."""
        parts = [
            f"seed{self.seed}" if self.sample else "",
            f"{self.shots}shots" if self.shots else "",
            "zeroshot" if self.zero_shot else "",
            "constrained" if self.constrained else "",
            self.stop_after if self.stop_after != "answer" else "",
            f"t{self.temperature:g}" if self.temperature != 1 else "",
            f"p{self.top_p:g}" if self.top_p != 1 else "",
            f"max{self.max_new_tokens}" if self.max_new_tokens else "",
            f"thinking{self.thinking_tokens}" if self.thinking else "",
            self.engine if self.engine in _RECORDED_ENGINES else "",
        ]
        return "".join(f"-{part}" for part in parts if part)
