"""Locate the mentions of answers batch by batch and count them under the schemes of `span_metrics.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from sde_datasets.scoring.align import NO_GOLD, GoldPlaces, Spans, align
from sde_datasets.scoring.figures import MacroAverage, PrecisionRecallF1
from sde_datasets.scoring.gold import Mentions, MentionSpans
from sde_datasets.scoring.json_object import Ratio
from sde_datasets.scoring.matching import Pair
from sde_datasets.scoring.metrics import mean, precision_recall_f1, ratio
from sde_datasets.scoring.span_figures import Identification, SpanFigures, SpanScheme
from sde_datasets.scoring.span_metrics import SCHEMES, Entity, Outcome, compare_spans

_NO_TARGET = "no target has any"
_MISSED = Outcome._fields.index("missed")


class Predictions(NamedTuple):
    """Pairs of target and surface, and where the answer itself marks each (format inline), None for nowhere."""

    mentions: list[Pair]
    marked: list[Spans | None] | None = None


class _Located(NamedTuple):
    """The located predictions of a batch: how often each outcome of a sample and number of its gold mentions occurs.

    same_spans: the targets of gold and prediction of each pair with the same spans.
    """

    outcomes: Counter[tuple[tuple[Outcome, ...], int]]
    same_spans: list[tuple[int, int]]


class SpanTally:
    """Counts located mentions. All arrays have one more target, for predictions of targets outside the schema."""

    def __init__(self, targets: Sequence[str], form: Callable[[str], str] = str.lower) -> None:
        """form: what of two strings is compared, as for hard matches."""
        self._targets, self._form = targets, form
        self._schemes = np.zeros((len(SCHEMES), len(Outcome._fields)), np.int64)
        self._gold, self._predicted, self._classified = (np.zeros(len(targets) + 1, np.int64) for _ in range(3))
        # mentions whose spans are right, by the target of gold and by that of the prediction
        self._found, self._right_spans = np.zeros_like(self._gold), np.zeros_like(self._gold)
        self._not_located = 0
        self._is_known = True

    def add(
        self, gold: Mentions, hard: Sequence[int], texts: Sequence[str | None], left: dict[int, Predictions]
    ) -> None:
        """Count a batch. hard: whether each gold mention has a prediction that is taken to have its spans and type.

        left: the other predictions by sample.
        """
        if gold.spans is None or None in texts or not self._is_known:
            self._is_known = False
            return
        matched = np.bincount(gold.types, weights=hard, minlength=len(self._gold)).astype(np.int64)
        for total in (self._predicted, self._classified, self._found, self._right_spans):
            total += matched
        self._gold += np.bincount(gold.types, minlength=len(self._gold))
        found = int(matched.sum())
        self._schemes += np.array(Outcome(correct=found, missed=len(hard) - found))
        located = _Located(Counter(), [])
        codes = gold.types.tolist() if left else []
        for row, predicted in left.items():
            self._locate(gold, gold.spans, codes, hard, row, predicted, str(texts[row]), located)
        said = [code for predicted in left.values() for code, _ in predicted.mentions]
        self._predicted += np.bincount(said, minlength=len(self._gold)) if said else 0
        self._add_located(located)

    def _locate(
        self,
        gold: Mentions,
        spans: MentionSpans,
        codes: list[int],
        hard: Sequence[int],
        row: int,
        predicted: Predictions,
        text: str,
        located: _Located,
    ) -> None:
        """Locate the predictions without a hard match of one sample, and compare them with the gold mentions left."""
        numbers, places_of = range(gold.starts[row], gold.starts[row + 1]), spans.of
        missed = [n for n in numbers if not hard[n]]
        taken = ((codes[n], places_of[n]) for n in numbers if hard[n])
        own = GoldPlaces([gold.surfaces[n] for n in missed], [places_of[n] for n in missed]) if missed else NO_GOLD
        mentions, marked = predicted
        places = align(mentions, text, own, taken, self._form, marked)
        entities = [Entity(place, code) for place, (code, _) in zip(places, mentions, strict=True) if place is not None]
        self._not_located += len(mentions) - len(entities)
        if entities:
            outcome = compare_spans([Entity(places_of[n], codes[n]) for n in missed], entities)
            located.outcomes[outcome.schemes, len(missed)] += 1
            located.same_spans.extend(outcome.same_spans)

    def _add_located(self, located: _Located) -> None:
        for (schemes, golds), times in located.outcomes.items():
            outcomes = np.array(schemes)
            # the missed gold mentions are counted before
            outcomes[:, _MISSED] -= golds
            self._schemes += times * outcomes
        for gold_code, code in located.same_spans:
            self._found[gold_code] += 1
            self._right_spans[code] += 1
            self._classified[code] += gold_code == code

    def figures(self) -> SpanFigures | None:
        """Return the figures; None where texts or the offsets of gold are unknown."""
        if not self._is_known:
            return None
        gold, predicted, classified = (total.tolist() for total in (self._gold, self._predicted, self._classified))
        by_target = {
            target: precision_recall_f1(gold[i], predicted[i], classified[i]) for i, target in enumerate(self._targets)
        }
        # a prediction that the text does not have is spurious
        outcomes = [Outcome(*counts) for counts in self._schemes.tolist()]
        strict, exact, partial, by_type = (
            _scheme(outcome._replace(spurious=outcome.spurious + self._not_located)) for outcome in outcomes
        )
        found = precision_recall_f1(sum(gold), sum(predicted), int(self._found.sum()))
        right = precision_recall_f1(sum(gold), sum(predicted), sum(classified))
        return SpanFigures(
            strict=strict,
            exact=exact,
            partial=partial,
            type=by_type,
            identification=Identification(found, self._macro_identification()),
            classification=Identification(right, _macro(list(by_target.values()))),
            by_target=by_target,
            not_located=self._not_located,
        )

    def _macro_identification(self) -> MacroAverage:
        """Means over the targets: recall over the gold of a target, precision over its predictions."""
        counts = zip(*(t.tolist() for t in (self._gold, self._predicted, self._found, self._right_spans)), strict=True)
        precisions, recalls, f1s = [], [], []
        for gold, predicted, found, right in list(counts)[:-1]:
            precision, recall = ratio(right, predicted, _NO_TARGET), ratio(found, gold, _NO_TARGET)
            precisions.append(precision)
            recalls.append(recall)
            f1s.append(_harmonic(precision.value or 0, recall.value or 0) if gold or predicted else Ratio(None, ""))
        return MacroAverage(*(mean(figures, _NO_TARGET) for figures in (precisions, recalls, f1s)))


def _scheme(outcome: Outcome) -> SpanScheme:
    correct, incorrect, partial, missed, spurious = outcome
    points, pairs = correct + partial / 2, correct + incorrect + partial
    gold, predicted = pairs + missed, pairs + spurious
    return SpanScheme(
        *outcome,
        precision=ratio(points, predicted, "nothing predicted"),
        recall=ratio(points, gold, "no gold"),
        f1=ratio(2 * points, gold + predicted, "neither gold nor predicted"),
    )


def _harmonic(precision: float, recall: float) -> Ratio:
    return Ratio(2 * precision * recall / (precision + recall) if precision + recall else 0.0)


def _macro(parts: list[PrecisionRecallF1]) -> MacroAverage:
    names = ("precision", "recall", "f1")
    return MacroAverage(*(mean((getattr(part, name) for part in parts), _NO_TARGET) for name in names))
