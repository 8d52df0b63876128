"""Tallies: what is counted batch by batch. A tally of label answers and one of mention answers, of one form.

`add` takes the gold of a batch and what was read of those answers that are not the gold completion itself, and gives
the small row of each sample (see `rows.py`) and how much of it is wrong. `figures` gives all that was counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sde_datasets.formats import Answer
from sde_datasets.schemas import Schema
from sde_datasets.score.gold import LONGEST, Mentions, label_codes, length_unit
from sde_datasets.score.kappa import kappa
from sde_datasets.score.matching import match
from sde_datasets.score.ratios import joined, mean, precision_recall_f1, share

NO_TEXTS = "the texts are not known: the rows have no source_text"
NO_OFFSETS = "the offsets of gold mentions are known with --data only"


class LabelTally:
    """Confusion matrices by target, rows gold, columns answer, the placeholder last."""

    def __init__(self, schema: Schema, weights: Any = None) -> None:
        self._schema, self._weights = schema, weights
        self._classes = list(schema.number_of)
        count = len(self._classes)
        self._confusions = np.zeros((len(schema.targets), count, count), np.int64)
        self._samples = self._right = 0

    def add(self, gold: np.ndarray, read: dict[int, Answer]) -> tuple[list[bytes], dict[int, int]]:
        """Count a batch of gold codes and of answers by the number of their sample; the others are as the gold."""
        count, targets = len(self._classes), len(self._schema.targets)
        answers = gold.copy()
        if read:
            rows = list(read)
            answers[rows] = label_codes([answer.values for answer in read.values()], self._schema)
        cells = gold * count + answers
        by_target = cells + np.arange(targets) * count * count
        self._confusions += np.bincount(by_target.ravel(), minlength=self._confusions.size).reshape(
            self._confusions.shape
        )
        wrong = {row: int(np.count_nonzero(gold[row] != answers[row])) for row in read}
        self._samples += len(gold)
        self._right += len(gold) - sum(map(bool, wrong.values()))
        return [row.tobytes() for row in np.sort(cells.astype(np.int32), axis=1)], wrong

    def figures(self) -> dict:
        """Kappa, accuracy, precision, recall, F1 and confusions: pooled, by label, by target."""
        confusion = self._confusions.sum(0)
        by_target = {
            target: joined({"mentioned": int(each[:-1].sum())}, self._pooled(each), {"confusion": each.tolist()})
            for target, each in zip(self._schema.targets, self._confusions, strict=True)
        }
        return joined(
            {
                "weights": self._weights and [list(row) for row in self._weights],
                "classes": self._classes,
                "pooled": self._pooled(confusion),
            },
            share("sample_accuracy", self._right, self._samples, "no samples"),
            {"by_label": self._by_label(confusion), "by_target": by_target, "confusion": confusion.tolist()},
        )

    def _pooled(self, confusion: np.ndarray) -> dict:
        labels = list(self._by_label(confusion).values())
        return joined(
            kappa(confusion, self._weights),
            share("accuracy", int(np.trace(confusion)), int(confusion.sum()), "no samples"),
            {"macro_f1": mean("f1", labels, "no samples")["f1"]},
        )

    def _by_label(self, confusion: np.ndarray) -> dict[str, dict]:
        gold, predicted, tp = confusion.sum(1), confusion.sum(0), np.diag(confusion)
        counts = zip(self._classes, gold.tolist(), predicted.tolist(), tp.tolist(), strict=True)
        return {label: precision_recall_f1(*each) for label, *each in counts}


class MentionTally:
    """True positives, gold and predicted mentions by target, hard and soft, and the recall of kinds of gold."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._predicted = np.zeros(len(schema.targets), np.int64)
        self._gold, self._hard, self._soft = (np.zeros_like(self._predicted) for _ in range(3))
        self._lengths = np.zeros((3, LONGEST + 1), np.int64)
        # inside, holding, neither: gold, found hard, found soft
        self._nested = np.zeros((3, 3), np.int64)
        self._offsets = True
        self._samples = self._right = 0
        self._strings: int | None = 0

    def add(self, gold: Mentions, read: dict[int, Answer]) -> tuple[list[tuple[int, ...]], dict[int, int]]:
        """Count a batch of gold mentions and of answers by the number of their sample; the others are as the gold."""
        starts, types = gold.starts, gold.types
        hard, soft = bytearray(b"\1") * len(types), bytearray(b"\1") * len(types)
        predicted = np.bincount(types, minlength=len(self._predicted)).tolist()
        rows = [(n, n, n, n) for n in map(int.__sub__, starts[1:], starts)]
        wrong: dict[int, int] = {}
        codes, index = types.tolist() if read else [], self._schema.index
        for row, answer in read.items():
            begin, end = starts[row], starts[row + 1]
            said = [(index[target], surface) for target, found in answer.values.items() for surface in found]
            found_hard, found_soft = match(codes[begin:end], gold.surfaces[begin:end], said)
            hard[begin:end], soft[begin:end] = bytes(found_hard), bytes(found_soft)
            for code in codes[begin:end]:
                predicted[code] -= 1
            for code, _ in said:
                predicted[code] += 1
            tp = sum(found_hard)
            rows[row] = (end - begin, len(said), tp, sum(found_soft))
            wrong[row] = end - begin + len(said) - 2 * tp
        self._count(gold, np.frombuffer(hard, bool), np.frombuffer(soft, bool), np.array(predicted))
        self._samples += len(rows)
        self._right += len(rows) - sum(map(bool, wrong.values()))
        return rows, wrong

    def _count(self, gold: Mentions, hard: np.ndarray, soft: np.ndarray, predicted: np.ndarray) -> None:
        count = len(self._predicted)
        self._predicted += predicted
        for total, which in ((self._gold, slice(None)), (self._hard, hard), (self._soft, soft)):
            total += np.bincount(gold.types[which], minlength=count)
        found = (np.ones_like(hard), hard, soft)
        for number, which in enumerate(found):
            self._lengths[number] += np.bincount(gold.lengths[which], minlength=LONGEST + 1)
        if gold.inside is None:
            self._offsets = False
            return
        kinds = (gold.inside, gold.holding, ~(gold.inside | gold.holding))
        self._nested += np.array([[np.count_nonzero(kind & which) for which in found] for kind in kinds])

    def look_up(self, strings: int | None) -> None:
        """Count the strings of a batch's answers that do not stand in their text; None where texts are not known."""
        self._strings = None if self._strings is None or strings is None else self._strings + strings

    def figures(self) -> dict:
        """Precision, recall and F1, micro, macro and by target; recall of nested mentions and by length."""
        counts = {"hard": self._hard.tolist(), "soft": self._soft.tolist()}
        gold, predicted = self._gold.tolist(), self._predicted.tolist()
        by_target = {
            target: {how: precision_recall_f1(gold[i], predicted[i], tp[i]) for how, tp in counts.items()}
            for i, target in enumerate(self._schema.targets)
        }
        micro = {how: precision_recall_f1(sum(gold), sum(predicted), sum(tp)) for how, tp in counts.items()}
        return joined(
            {"micro": micro, "macro": {how: _macro([each[how] for each in by_target.values()]) for how in counts}},
            share("sample_accuracy", self._right, self._samples, "no samples"),
            {"by_target": by_target, "nested": self._of_nested(), "by_length": self._by_length()},
            {"not_in_text": self._not_in_text(sum(predicted))},
        )

    def _of_nested(self) -> dict:
        if not self._offsets:
            return {"undefined": {"nested": NO_OFFSETS}}
        return dict(zip(("inside", "holding", "flat"), (_recall(*row) for row in self._nested.tolist()), strict=True))

    def _by_length(self) -> dict:
        columns = self._lengths.T.tolist()
        names = [*map(str, range(1, LONGEST)), f"{LONGEST}+"]
        lengths = {name: _recall(*columns[i]) for i, name in enumerate(names, 1)}
        return {"unit": length_unit(self._schema), "lengths": lengths}

    def _not_in_text(self, predicted: int) -> dict:
        whole = {"strings": self._strings, "predicted": predicted}
        if self._strings is None:
            return whole | {"share": None, "undefined": {"strings": NO_TEXTS, "share": NO_TEXTS}}
        return joined(whole, share("share", self._strings, predicted, "nothing predicted"))


def _macro(parts: list[dict]) -> dict:
    return joined(*(mean(name, parts, "no target has any") for name in ("precision", "recall", "f1")))


def _recall(gold: int, hard: int, soft: int) -> dict:
    return joined(
        {"gold": gold, "hard": hard, "soft": soft},
        share("hard_recall", hard, gold, "no gold"),
        share("soft_recall", soft, gold, "no gold"),
    )
