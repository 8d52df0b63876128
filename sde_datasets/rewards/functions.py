"""The reward functions. Each scores the completions of a batch and returns a number, or None, for each.

A reward is None where it does not apply (soft F1 of a label task, a row of another dataset without these columns) and
where scoring fails: a failure must not read as a bad answer. A warning of the logger `sde_datasets.rewards` names it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sde_datasets.errors import UsageError, summary
from sde_datasets.rewards import measures
from sde_datasets.rewards.answered import GOLD_COLUMNS, AnsweredSample, answered_sample, is_without_gold

# a text, or the messages of an assistant
Completion = str | Sequence[Mapping[str, Any]]
Rewards = list[float | None]

_LOGGER = logging.getLogger("sde_datasets.rewards")


def kappa(prompts: Sequence[Any], completions: Sequence[Completion], **columns: Any) -> Rewards:
    """Weighted kappa of each answer over the targets of its schema (label tasks), from -1 to 1.

    An answer that mentions nothing has 0 unless gold mentions nothing either, which is worth 1.

    prompts, completions, columns: what `GRPOTrainer` of TRL passes. The columns annotations, schema, design and
    source_text are those of a config. Raises UsageError where one of them is missing.

    >>> import sde_datasets as sde
    >>> from sde_datasets.rewards import kappa
    >>> gold = [{"target": "food", "label": "positive", "mention": None, "spans": [], "evidence": [], "origin": "none"}]
    >>> schema = sde.schema("mabsa", targets=["food", "service"]).to_json()
    >>> columns = {"annotations": [gold] * 3, "schema": [schema] * 3, "design": ["lines-text-ou"] * 3}
    >>> answers = ["food: positive", "unmentioned", "food: positive\\nservice: negative"]
    >>> kappa([""] * 3, answers, source_text=["Great tuna."] * 3, **columns)
    [1.0, 0.0, 0.5]
    """
    return _rewards(measures.kappa, completions, columns)


def hard_f1(prompts: Sequence[Any], completions: Sequence[Completion], **columns: Any) -> Rewards:
    """F1 of each answer over its pairs of target and string, ignoring case; in label tasks, of target and label.

    Arguments and errors are those of `kappa`.
    """
    return _rewards(measures.hard_f1, completions, columns)


def soft_f1(prompts: Sequence[Any], completions: Sequence[Completion], **columns: Any) -> Rewards:
    """F1 of each answer under soft matching (mention tasks): part of a gold string, or more than it, can count.

    Arguments and errors are those of `kappa`.
    """
    return _rewards(measures.soft_f1, completions, columns)


def span_f1(prompts: Sequence[Any], completions: Sequence[Completion], **columns: Any) -> Rewards:
    """F1 of the located mentions of each answer (mention tasks): place and target must be those of gold.

    Arguments and errors are those of `kappa`.
    """
    return _rewards(measures.span_f1, completions, columns)


def strict_match(prompts: Sequence[Any], completions: Sequence[Completion], **columns: Any) -> Rewards:
    """1 for each answer in the exact form of its design whose values are all right and complete; otherwise 0.

    Arguments and errors are those of `kappa`.
    """
    return _rewards(measures.strict_match, completions, columns)


def format_validity(prompts: Sequence[Any], completions: Sequence[Completion], **columns: Any) -> Rewards:
    """1 for each answer that strict parsing accepts; otherwise 0.

    It is 0 for an answer that mentions nothing where gold mentions something, and for one that repeats itself to its
    end. Arguments and errors are those of `kappa`.
    """
    return _rewards(measures.format_validity, completions, columns)


def length_penalty(
    prompts: Sequence[Any],
    completions: Sequence[Completion],
    *,
    free: float = 1.5,
    full: float = 3.0,
    **columns: Any,
) -> Rewards:
    """0 for each answer up to `free` times as long as the gold completion, -1 from `full` times; linear between.

    Lengths are characters, without reasoning blocks. `functools.partial(length_penalty, full=2.0)` sets an option.
    Other arguments and errors are those of `kappa`; UsageError too unless 0 < free < full.
    """
    if not 0 < free < full:
        raise UsageError(f"length_penalty has free={free} and full={full}: give 0 < free < full")
    return _rewards(lambda sample: measures.length_penalty(sample, free, full), completions, columns)


def _rewards(
    measure: Callable[[AnsweredSample], float | None], completions: Sequence[Completion], columns: Mapping[str, Any]
) -> Rewards:
    """The measure of each completion; None where it fails or the row has no gold."""
    if missing := [name for name in GOLD_COLUMNS if name not in columns]:
        raise UsageError(
            f"the rows have no column {missing[0]!r}: give the trainer the columns of a config, and let it keep them "
            "(remove_unused_columns=False)"
        )
    rewards: Rewards = []
    failures: list[Exception] = []
    for completion, *values in zip(completions, *(columns[name] for name in GOLD_COLUMNS), strict=True):
        row = dict(zip(GOLD_COLUMNS, values, strict=True))
        try:
            rewards.append(None if is_without_gold(row) else measure(answered_sample(row, completion)))
        except Exception as error:  # whatever fails here is no fault of the model, so it must not become a reward
            failures.append(error)
            rewards.append(None)
    if failures:
        _LOGGER.warning("%d of %d answers got no reward: %s", len(failures), len(rewards), summary(failures[0]))
    return rewards
