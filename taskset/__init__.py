"""The configs of a dataset as a taskset of verifiers v1: `--env.taskset.id sde-taskset`.

One taskset for all configs. A task is a sample: its prompt, and what its answer is compared with. The rewards are those
of `sde_datasets.rewards`; only `correctness` has a weight, which `--env.taskset.task.rewards.NAME.weight` changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import verifiers.v1 as vf

from sde_datasets import rewards
from sde_datasets.dataset.split import SplitSource
from sde_datasets.errors import InputError
from sde_datasets.records.schema import Schema

_COLUMNS = ("id", "prompt", "completion", "annotations", "schema", "design", "source_text")
_BY_KIND = {"label": "kappa", "mention": "hard_f1"}


class SdeTaskConfig(vf.TaskConfig):
    """How an answer is scored."""

    correctness: Literal["auto", "kappa", "hard_f1", "soft_f1", "span_f1", "strict_match"] = "auto"
    """The reward of the values; auto: kappa for a task with labels, hard_f1 for one with mentions."""


class SdeTasksetConfig(vf.TasksetConfig):
    """Which samples are the tasks."""

    dataset: str
    """A built folder, or a repository on the Hub (ORG/NAME)."""
    config: str
    """A config of prompts, such as ner-lines-text."""
    split: str = "train"
    revision: str | None = None
    """A branch, tag or commit of a repository."""
    task: SdeTaskConfig = SdeTaskConfig()


class SdeTaskData(vf.TaskData):
    """The prompt and the completion of a sample, and the columns from which its gold is read."""

    completion: str
    annotations: list[dict[str, Any]]
    answer_schema: str
    design: str
    source_text: str


class SdeTask(vf.Task[SdeTaskData, vf.State, SdeTaskConfig]):
    """A sample. A reward that cannot be computed is an error of the task, never 0."""

    @vf.reward
    async def correctness(self, trace: vf.Trace) -> float:
        """Return whether the values of the answer are right, by the reward that the config names."""
        return self._correctness(trace.last_reply)

    @vf.reward(weight=0.0)
    async def format_validity(self, trace: vf.Trace) -> float:
        """Return whether the answer is in the form of its design."""
        return self._reward(rewards.format_validity, trace.last_reply)

    @vf.reward(weight=0.0)
    async def length_penalty(self, trace: vf.Trace) -> float:
        """Return a penalty for an answer that is much longer than gold."""
        return self._reward(rewards.length_penalty, trace.last_reply)

    async def validate(self, runtime: vf.Runtime) -> bool:
        """Return whether the gold completion has the highest rewards, without a model."""
        gold = self.data.completion
        return self._correctness(gold) == self._reward(rewards.format_validity, gold) == 1

    def _correctness(self, answer: str) -> float:
        name = self.config.correctness
        if name == "auto":
            name = _BY_KIND[Schema.from_json(self.data.answer_schema).kind]
        return self._reward(getattr(rewards, name), answer)

    def _reward(self, function: Callable[..., list[float | None]], answer: str) -> float:
        data = self.data
        columns = {
            "annotations": [data.annotations],
            "schema": [data.answer_schema],
            "design": [data.design],
            "source_text": [data.source_text],
        }
        value = function([data.prompt_text], [answer], **columns)[0]
        if value is None:
            raise InputError(f"the sample {data.id}", f"has no reward {function.__name__}")
        return value


class SdeTaskset(vf.Taskset[SdeTask, SdeTasksetConfig]):
    """The samples of one split of a config."""

    def load(self) -> Iterator[SdeTask]:
        """Yield a task for each sample, in order. Raises InputError for data that cannot be read."""
        config = self.config
        source = SplitSource.open(config.dataset, config.config, config.split, config.revision)
        for batch in source.batches(_COLUMNS):
            for row in batch.to_pylist():
                row["answer_schema"] = row.pop("schema")
                yield SdeTask(SdeTaskData(**row), config.task)


__all__ = ["SdeTaskset"]
