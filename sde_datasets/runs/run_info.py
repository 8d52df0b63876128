"""about.json of a run folder: data, samples, limits of answers, parameters and versions, as a dataclass."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from sde_datasets.dataset.split import SplitIdentity
from sde_datasets.runs.chat import ChatFrame

# keys of about.json that are left out without a value
_OPTIONAL = ("steps", "example", "train_tokens")


@dataclass(frozen=True)
class SampleCounts:
    """The training samples of a run.

    train: how many are used, of `available` in the split. shortened: how many texts were truncated.
    joined: how many have prompt and completion tokenized separately (see encoding.py).
    rejected: those that do not fit into the context, each with `id` and `reason`.
    """

    train: int
    available: int
    shortened: int = 0
    joined: int = 0
    rejected: list[dict[str, str]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as about.json stores them."""
        counts = {"shortened": self.shortened, "joined": self.joined, "rejected": self.rejected}
        return {"train": self.train, "of": self.available, **counts}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> SampleCounts:
        """Return the counts from about.json."""
        return cls(**{"available" if name == "of" else name: value for name, value in stored.items()})


@dataclass(frozen=True)
class Parameters:
    """The number of parameters of a model, and how many of them are trained."""

    all: int
    trained: int


@dataclass(frozen=True)
class RunInfo:
    """What a run folder records about a run.

    data: identity of the training split.
    answer_tokens: the default limit of an answer, in tokens. longest_completion: the longest of training, in tokens.
    context: the most tokens of a sample. ends: the token ids that end an answer. chat: the chat markup, if any.
    adapter_notes: the layers or settings that the adapter could not have. steps: the steps taken, 0 until the end.
    example: a prompt with its completion for the model card, "" until the end. train_tokens: of all training samples.
    """

    data: SplitIdentity
    samples: SampleCounts
    answer_tokens: int
    longest_completion: int
    context: int
    ends: list[int]
    chat: ChatFrame | None
    adapter_notes: list[str]
    parameters: Parameters
    versions: dict[str, str]
    steps: int = 0
    example: str = ""
    train_tokens: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the content of about.json."""
        content = {name: getattr(self, name) for name in self.__dataclass_fields__}
        content["data"] = self.data.to_dict()
        content["samples"], content["parameters"] = self.samples.to_dict(), asdict(self.parameters)
        content["chat"] = self.chat.to_dict() if self.chat else None
        return {name: value for name, value in content.items() if value or name not in _OPTIONAL}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> RunInfo:
        """Return the info from the content of about.json. Raises KeyError, TypeError or ValueError if it is broken."""
        if missing := [name for name in cls.__dataclass_fields__ if name not in stored and name not in _OPTIONAL]:
            raise KeyError(missing[0])
        content = {name: stored[name] for name in cls.__dataclass_fields__ if name in stored}
        content["data"] = SplitIdentity(**stored["data"])
        content["samples"] = SampleCounts.from_dict(stored["samples"])
        content["parameters"] = Parameters(**stored["parameters"])
        content["chat"] = ChatFrame(**stored["chat"]) if stored["chat"] else None
        return cls(**content)
