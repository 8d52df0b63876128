"""Count mention answers batch by batch, and compute the figures from the counts.

`add` takes the gold of a batch and the parsed answers that differ from the gold completion. It returns the counts of
each sample (see `sample_counts.py`) and the number of errors of each parsed answer. `figures` returns all figures.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sde_datasets.formats import ParsedAnswer
from sde_datasets.records.schema import Schema
from sde_datasets.scoring.align import Spans
from sde_datasets.scoring.batch_counts import BatchCounts
from sde_datasets.scoring.figures import MacroAverage, PrecisionRecallF1
from sde_datasets.scoring.gold import LONGEST, Mentions, length_unit
from sde_datasets.scoring.json_object import Ratio
from sde_datasets.scoring.matching import Matches, Pair, match
from sde_datasets.scoring.mention_errors import MentionErrors
from sde_datasets.scoring.mention_figures import (
    MacroAverages,
    MacroTargets,
    MentionFigures,
    MentionMatches,
    NestedRecall,
    NotInText,
    Recall,
    RecallByLength,
)
from sde_datasets.scoring.metrics import mean, precision_recall_f1, ratio
from sde_datasets.scoring.span_tally import Predictions, SpanTally
from sde_datasets.scoring.surface_forms import normalised
from sde_datasets.scoring.unknown_targets import UnknownTally

NO_TEXTS = "the texts are not known: the rows have no source_text"
NO_OFFSETS = "the offsets of gold mentions are known with --data only"


class MentionTally:
    """True positives, gold and predicted mentions by target, hard and soft, and the recall of groups of gold."""

    def __init__(self, schema: Schema, normalise: bool = False) -> None:
        """normalise: strings are compared after NFKC and without blanks and hyphens, in lower case in any case."""
        self._schema, self._form = schema, normalised if normalise else str.lower
        self._errors = MentionErrors(schema.targets, normalise)
        self._spans = SpanTally(schema.targets, self._form)
        self._predicted = np.zeros(len(schema.targets), np.int64)
        self._gold, self._hard, self._soft = (np.zeros_like(self._predicted) for _ in range(3))
        self._lengths = np.zeros((3, LONGEST + 1), np.int64)
        # rows: inside, holding, flat; columns: gold, found hard, found soft
        self._nested = np.zeros((3, 3), np.int64)
        self._has_offsets = True
        self._samples = self._right = 0
        self._not_in_text: int | None = 0
        self._unknown = UnknownTally()

    def add(self, gold: Mentions, parsed: dict[int, ParsedAnswer], texts: Sequence[str | None]) -> BatchCounts:
        """Count a batch of gold mentions and of parsed answers by sample; other answers equal gold.

        texts: of the samples, None where unknown. The counts of a sample are the fields of `MentionCounts` as a tuple.
        """
        starts, types = gold.starts, gold.types
        hard, soft = bytearray(b"\1") * len(types), bytearray(b"\1") * len(types)
        counts = [(n, n, n, n) for n in map(int.__sub__, starts[1:], starts)]
        wrong: dict[int, int] = {}
        codes, outside = types.tolist() if parsed else [], len(self._schema.targets)
        left: dict[int, Predictions] = {}
        # gold mentions that a prediction is taken to mean; an answer with marks tells its places itself
        placed = bytearray(hard)
        said, replaced = list[int](), list[int]()
        for row, answer in parsed.items():
            begin, end = starts[row], starts[row + 1]
            own = codes[begin:end]
            pairs, matches = self._answer(list(zip(own, gold.surfaces[begin:end], strict=True)), answer)
            unknown = [(outside, surface) for _, surface in answer.unknown]
            found = bytes(matches.hard)
            hard[begin:end], soft[begin:end] = found, bytes(matches.soft)
            if answer.answer.marked is not None:
                left[row] = Predictions(pairs + unknown, _marks(answer) + [None] * len(unknown))
                found = bytes(end - begin)
            elif others := matches.unmatched(pairs) + unknown:
                left[row] = Predictions(others)
            placed[begin:end] = found
            replaced += own
            said += [code for code, _ in pairs]
            tp, predicted = sum(matches.hard), len(pairs) + len(unknown)
            counts[row] = (end - begin, predicted, tp, sum(matches.soft))
            wrong[row] = end - begin + predicted - 2 * tp
        self._spans.add(gold, placed, texts, left)
        is_found = np.frombuffer(hard, bool)
        of_others, of_parsed = (np.bincount(np.array(numbers, int), minlength=outside) for numbers in (replaced, said))
        self._predicted += np.bincount(types, minlength=outside) - of_others + of_parsed
        self._count(gold, is_found, np.frombuffer(soft, bool))
        self._samples += len(counts)
        self._right += len(counts) - sum(map(bool, wrong.values()))
        return BatchCounts(counts, wrong, is_found)

    def _answer(self, gold: list[Pair], answer: ParsedAnswer) -> tuple[list[Pair], Matches]:
        """Match one answer with its gold and count its errors; return its pairs of target and surface."""
        index = self._schema.index
        values = answer.answer.values
        pairs = [(index[target], surface) for target, surfaces in values.items() for surface in surfaces]
        matches = match(gold, pairs, self._form)
        if self._form is normalised or not len(gold) == len(pairs) == sum(matches.hard):
            self._errors.add(gold, pairs, matches)
        if answer.unknown:
            self._unknown.add(answer.unknown)
        return pairs, matches

    def _count(self, gold: Mentions, hard: np.ndarray, soft: np.ndarray) -> None:
        count = len(self._predicted)
        found = (np.ones_like(hard), hard, soft)
        for total, which in zip((self._gold, self._hard, self._soft), found, strict=True):
            total += np.bincount(gold.types[which], minlength=count)
        for number, which in enumerate(found):
            self._lengths[number] += np.bincount(gold.lengths[which], minlength=LONGEST + 1)
        if gold.inside is None or gold.holding is None:
            self._has_offsets = False
            return
        groups = (gold.inside, gold.holding, ~(gold.inside | gold.holding))
        self._nested += np.array([[np.count_nonzero(group & which) for which in found] for group in groups])

    def add_not_in_text(self, mentions: int | None) -> None:
        """Count the predicted mentions of a batch that do not occur in their text; None where texts are unknown."""
        self._not_in_text = None if self._not_in_text is None or mentions is None else self._not_in_text + mentions

    def figures(self) -> MentionFigures:
        """Return precision, recall and F1, micro, macro and by target; recall of nested mentions and by length."""
        gold, predicted, hard, soft = (t.tolist() for t in (self._gold, self._predicted, self._hard, self._soft))
        all_predicted = sum(predicted) + self._unknown.mentions
        by_target = {
            target: MentionMatches(
                hard=precision_recall_f1(gold[i], predicted[i], hard[i]),
                soft=precision_recall_f1(gold[i], predicted[i], soft[i]),
            )
            for i, target in enumerate(self._schema.targets)
        }
        return MentionFigures(
            micro=MentionMatches(
                hard=precision_recall_f1(sum(gold), all_predicted, sum(hard)),
                soft=precision_recall_f1(sum(gold), all_predicted, sum(soft)),
            ),
            macro=MacroAverages(
                hard=_macro([matches.hard for matches in by_target.values()]),
                soft=_macro([matches.soft for matches in by_target.values()]),
                targets=_macro_targets(by_target),
            ),
            sample_accuracy=ratio(self._right, self._samples, "no samples"),
            by_target=by_target,
            nested=self._nested_recall(),
            by_length=self._recall_by_length(),
            not_in_text=self._not_in_text_share(sum(predicted)),
            unknown_targets=self._unknown.figures(all_predicted),
            types=self._errors.confusion(hard),
            normalised=self._errors.normalised_misses(),
            spans=self._spans.figures(),
        )

    def _nested_recall(self) -> NestedRecall:
        if not self._has_offsets:
            return NestedRecall(reason=NO_OFFSETS)
        inside, holding, flat = (_recall(*counts) for counts in self._nested.tolist())
        return NestedRecall(inside, holding, flat)

    def _recall_by_length(self) -> RecallByLength:
        columns = self._lengths.T.tolist()
        names = [*map(str, range(1, LONGEST)), f"{LONGEST}+"]
        return RecallByLength(
            length_unit(self._schema), {name: _recall(*columns[i]) for i, name in enumerate(names, 1)}
        )

    def _not_in_text_share(self, predicted: int) -> NotInText:
        if self._not_in_text is None:
            return NotInText(Ratio(None, NO_TEXTS), predicted, Ratio(None, NO_TEXTS))
        return NotInText(Ratio(self._not_in_text), predicted, ratio(self._not_in_text, predicted, "nothing predicted"))


def _marks(answer: ParsedAnswer) -> list[Spans | None]:
    """Where an answer in the format inline marks each of its mentions."""
    spans = answer.spans or {}
    return [place for target, surfaces in answer.values.items() for place in spans.get(target, (None,) * len(surfaces))]


def _macro(parts: list[PrecisionRecallF1]) -> MacroAverage:
    names = ("precision", "recall", "f1")
    return MacroAverage(*(mean((getattr(part, name) for part in parts), "no target has any") for name in names))


def _macro_targets(by_target: dict[str, MentionMatches]) -> MacroTargets:
    """The targets for which precision, recall and F1 are defined."""
    return MacroTargets(
        precision=tuple(target for target, matches in by_target.items() if matches.hard.predicted),
        recall=tuple(target for target, matches in by_target.items() if matches.hard.gold),
        f1=tuple(target for target, matches in by_target.items() if matches.hard.gold or matches.hard.predicted),
    )


def _recall(gold: int, hard: int, soft: int) -> Recall:
    return Recall(gold, hard, soft, ratio(hard, gold, "no gold"), ratio(soft, gold, "no gold"))
