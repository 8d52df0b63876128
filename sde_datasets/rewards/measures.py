"""Measures of one answer, computed by the scorer. None: the measure does not apply to the task of the sample.

An F1 of a sample is 1 where neither gold nor the answer mentions anything: the answer is right. Nothing could be read
from an unreadable answer, so that its value is 0 even then.
"""

from __future__ import annotations

import numpy as np

from sde_datasets.rewards.answered import AnsweredSample
from sde_datasets.scoring import metrics
from sde_datasets.scoring.gold import label_codes
from sde_datasets.scoring.mention_tally import MentionTally
from sde_datasets.scoring.repetition import is_runaway
from sde_datasets.scoring.sample_counts import MentionCounts


def kappa(sample: AnsweredSample) -> float | None:
    """Return the weighted kappa over the targets of a sample: 1 where all labels are right, 0 where it is undefined."""
    labels = _labels(sample)
    if labels is None or sample.is_unreadable:
        return None if labels is None else 0.0
    gold, answered = labels
    if np.array_equal(gold, answered):
        return 1.0
    classes = len(sample.schema.number_of)
    confusion = np.bincount(gold * classes + answered, minlength=classes * classes).reshape(classes, classes)
    return metrics.kappa(confusion, sample.settings.weights).value or 0.0


def hard_f1(sample: AnsweredSample) -> float | None:
    """Return the F1 of pairs of target and string, or of target and label."""
    labels = _labels(sample)
    if labels is None:
        counts = _mention_counts(sample)
        return _f1(sample, counts.gold, counts.predicted, counts.hard)
    gold, answered = labels
    none = len(sample.schema.labels)
    found = (gold == answered) & (gold < none)
    return _f1(sample, int((gold < none).sum()), int((answered < none).sum()), int(found.sum()))


def soft_f1(sample: AnsweredSample) -> float | None:
    """Return the F1 of a mention task under soft matching."""
    if sample.schema.kind == "label":
        return None
    counts = _mention_counts(sample)
    return _f1(sample, counts.gold, counts.predicted, counts.soft)


def span_f1(sample: AnsweredSample) -> float | None:
    """Return the F1 of located mentions under the scheme strict: the same place and target."""
    if sample.schema.kind == "label":
        return None
    tally = _tally(sample)[0]
    spans = tally.figures().spans
    assert spans is not None, "the text and the offsets of gold are known"
    if spans.strict.f1.value is None:
        return 0.0 if sample.is_unreadable else 1.0
    return spans.strict.f1.value


def strict_match(sample: AnsweredSample) -> float:
    """Return 1 for an answer in the exact form of its design with no value too many, missing or wrong; otherwise 0."""
    labels = _labels(sample)
    if labels is None:
        counts = _mention_counts(sample)
        is_right = counts.gold == counts.predicted == counts.hard
    else:
        is_right = np.array_equal(*labels)
    return float(is_right and sample.parsed.is_strict)


def format_validity(sample: AnsweredSample) -> float:
    """Return 1 for an answer that strict parsing accepts; otherwise 0.

    It is 0 too for an answer that repeats itself to its end, and for one that mentions nothing where gold mentions
    something: the form of such an answer is the easiest to learn and must not be worth anything.
    """
    return float(sample.parsed.is_strict and not sample.omits_all and not is_runaway(sample.answer))


def length_penalty(sample: AnsweredSample, free: float, full: float) -> float:
    """Return 0 for answers up to `free` times as long as the gold completion, -1 from `full` times; linear between."""
    ratio = len(sample.answer) / len(sample.gold_completion())
    return max(-1.0, min(0.0, (free - ratio) / (full - free)))


def _labels(sample: AnsweredSample) -> tuple[np.ndarray, np.ndarray] | None:
    """The labels of gold and of the answer by target, as indices in the schema; None for a mention task."""
    codes = sample.gold.codes
    if codes is None:
        return None
    values = {target: label for target, label in sample.parsed.values.items() if isinstance(label, str)}
    return codes[0], label_codes([values], sample.schema)[0]


def _tally(sample: AnsweredSample) -> tuple[MentionTally, MentionCounts]:
    mentions = sample.gold.mentions
    assert mentions is not None, "the sample is of a mention task"
    tally = MentionTally(sample.schema)
    counts = tally.add(mentions, {0: sample.parsed}, [sample.text]).counts
    return tally, MentionCounts(*counts[0])


def _mention_counts(sample: AnsweredSample) -> MentionCounts:
    return _tally(sample)[1]


def _f1(sample: AnsweredSample, gold: int, predicted: int, found: int) -> float:
    if sample.is_unreadable:
        return 0.0
    return 2 * found / (gold + predicted) if gold + predicted else 1.0
