"""Compare two scorings of the same samples: paired differences, their intervals, and a permutation test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from sde_datasets.errors import InputError, UsageError
from sde_datasets.scoring.clusters import by_document, document_numbers
from sde_datasets.scoring.comparison import ComparedScores, Comparison, Comparisons, Difference
from sde_datasets.scoring.count_table import CountTable
from sde_datasets.scoring.intervals import (
    PERMUTATIONS,
    RESAMPLES,
    SEED,
    bootstrap,
    few_warnings,
    interval,
    p_value,
    swapped,
)
from sde_datasets.scoring.json_object import Ratio
from sde_datasets.scoring.label_figures import LabelFigures
from sde_datasets.scoring.mention_figures import MentionFigures
from sde_datasets.scoring.sample_counts import MentionCounts, SampleCounts, SampleScore
from sde_datasets.scoring.scores import FORMAT, Scores


def compare(
    a: Scores, b: Scores, *, resamples: int = RESAMPLES, permutations: int = PERMUTATIONS, seed: int = SEED
) -> Comparison:
    """Return the difference b - a of each headline figure, over the samples that both have scored.

    The 95 % interval is that of a bootstrap that draws samples with both their answers. The p-value is that of a
    permutation test that swaps the two answers of each sample at random. Where the documents of samples are known, both
    draw and swap documents. Raises InputError where `a` and `b` do not have the same task, targets, labels and gold,
    and where an id is repeated.

    >>> import sde_datasets as sde
    >>> schema, gold = sde.schema("mabsa", targets=["food"]), ["food: positive", "food: negative"]
    >>> first = sde.score(gold, ["food: negative", "food: negative"], design="lines-text", schema=schema)
    >>> second = sde.score(gold, gold, design="lines-text", schema=schema)
    >>> sde.compare(first, second).figures["accuracy"].difference.value
    0.5
    """
    _check_same_task(a, b)
    first, second = _by_id(a, "a"), _by_id(b, "b")
    shared = [(row, second[id]) for id, row in first.items() if id in second]
    if not shared:
        raise InputError("a and b", "have no sample in common", "Compare scores of the same split.")
    for row, other in shared:
        if _gold_differs(row, other):
            raise InputError("a and b", f"have different gold for {row.id!r}", "Compare scores of the same data.")
    documents = document_numbers([row.document for row, _ in shared])
    units = len(shared) if documents is None else int(documents.max()) + 1
    return Comparison(
        format=FORMAT,
        a=ComparedScores(a.design, a.samples),
        b=ComparedScores(b.design, b.samples),
        samples=len(shared),
        only_a=len(first) - len(shared),
        only_b=len(second) - len(shared),
        seed=seed,
        resamples=resamples,
        permutations=permutations,
        figures=_differences(*_pooled(a, shared, documents), resamples, permutations, seed),
        documents=None if documents is None else units,
        warnings=few_warnings(units, "samples" if documents is None else "documents", resamples),
    )


def compare_all(
    named: Mapping[str, Scores], *, resamples: int = RESAMPLES, permutations: int = PERMUTATIONS, seed: int = SEED
) -> Comparisons:
    """Compare scorings, given by name, with the first one, as `compare` does, and correct the p-values (Holm 1979).

    Raises UsageError for fewer than two scorings, InputError as `compare` does, with the names of the two scorings.
    """
    if len(named) < 2:
        raise UsageError("give two scorings or more")
    (name, first), *others = named.items()
    comparisons = []
    for other, scores in others:
        try:
            options = {"resamples": resamples, "permutations": permutations, "seed": seed}
            comparisons.append(compare(first, scores, **options))
        except InputError as error:
            location = str(error.location).replace("a and b", f"{name} and {other}")
            location = {"a": name, "b": other}.get(location, location)
            raise InputError(location, error.problem, error.hint) from error
    corrected: list[dict[str, float | None]] = [{} for _ in comparisons]
    for figure in comparisons[0].figures:
        values = holm([comparison.figures[figure].p for comparison in comparisons])
        for entries, value in zip(corrected, values, strict=True):
            entries[figure] = value
    return Comparisons(FORMAT, tuple(named), tuple(comparisons), tuple(corrected))


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Return p-values corrected for their number by the step-down method of Holm (1979); None stays None."""
    order = sorted((p, number) for number, p in enumerate(values) if p is not None)
    corrected: list[float | None] = [None] * len(values)
    largest = 0.0
    for rank, (p, number) in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p))
        corrected[number] = largest
    return corrected


def _by_id(scores: Scores, side: str) -> dict[str, SampleScore]:
    """The rows of a scoring by id. Raises InputError where an id is repeated."""
    rows = {row.id: row for row in scores.rows}
    if len(rows) < len(scores.rows):
        id, times = Counter(row.id for row in scores.rows).most_common(1)[0]
        raise InputError(side, f"has {times} rows with the id {id!r}", "Give each sample its own id, and score again.")
    return rows


def _gold_differs(a: SampleScore, b: SampleScore) -> bool:
    if a.gold_hash and b.gold_hash:
        return a.gold_hash != b.gold_hash
    return _gold(a.counts) != _gold(b.counts)


def _pooled(
    a: Scores, shared: Sequence[tuple[SampleScore, SampleScore]], documents: np.ndarray | None
) -> tuple[CountTable, CountTable, np.ndarray]:
    """The counts of both sides as tables with common rows, of pairs of samples or of documents, and their frequency."""
    number_of: dict[tuple[SampleCounts, SampleCounts], int] = {}
    pairs = [(row.counts, other.counts) for row, other in shared]
    numbers = np.array([number_of.setdefault(pair, len(number_of)) for pair in pairs])
    tables = _tables(a, list(number_of))
    if documents is None:
        return *tables, np.bincount(numbers).astype(float)
    (first, second), frequency = by_document(tables, numbers, documents)
    return first, second, frequency


def _tables(a: Scores, pairs: list[tuple[SampleCounts, SampleCounts]]) -> tuple[CountTable, CountTable]:
    """The counts of both sides as tables with the same columns."""
    sides = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    if not isinstance(a.figures, LabelFigures):
        return CountTable.of("mention", sides[0]), CountTable.of("mention", sides[1])
    classes, weights = len(a.figures.classes), a.figures.weights
    first = CountTable.of("label", sides[0], classes, weights)
    second = CountTable.of("label", sides[1], classes, weights, first.cells.tolist())
    return CountTable.of("label", sides[0], classes, weights, second.cells.tolist()), second


def _differences(
    a: CountTable, b: CountTable, frequency: np.ndarray, resamples: int, permutations: int, seed: int
) -> dict[str, Difference]:
    values = [table.headline((frequency @ table.counts)[None]) for table in (a, b)]
    drawn = bootstrap([a, b], frequency, resamples, seed)
    permuted = swapped(a, b, frequency, permutations, seed)
    figures = {}
    for name in values[0]:
        one, other = (None if np.isnan(side[name][0]) else float(side[name][0]) for side in values)
        if one is None or other is None:
            sides = "both" if one is other else "a" if one is None else "b"
            figures[name] = Difference(one, other, Ratio(None, f"undefined in {sides}"))
            continue
        low, high = interval(drawn[1][name] - drawn[0][name])
        p = p_value(other - one, permuted[name])
        figures[name] = Difference(one, other, Ratio(other - one), low, high, p)
    return figures


def _check_same_task(a: Scores, b: Scores) -> None:
    """Raise InputError where kind, targets, labels, the weights of kappa or the form of compared strings differ."""
    compared: list[tuple[str, object, object]] = [
        ("kind", a.schema.kind, b.schema.kind),
        ("targets", a.schema.targets, b.schema.targets),
    ]
    if isinstance(a.figures, LabelFigures) and isinstance(b.figures, LabelFigures):
        compared.append(("classes", a.figures.classes, b.figures.classes))
        compared.append(("weights", a.figures.weights, b.figures.weights))
    if isinstance(a.figures, MentionFigures) and isinstance(b.figures, MentionFigures):
        compared.append(("forms of strings (--normalise)", _is_normalised(a.figures), _is_normalised(b.figures)))
    for name, first, second in compared:
        if first != second:
            raise InputError("a and b", f"have different {name}", "Compare scores of the same view.")


def _is_normalised(figures: MentionFigures) -> bool:
    return figures.normalised is not None and figures.normalised.counted


def _gold(counts: SampleCounts) -> int | dict[int, int]:
    """What the counts of a sample tell of its gold: the number of mentions, or the number of targets by label."""
    if isinstance(counts.counts, MentionCounts):
        return counts.counts.gold
    gold: Counter[int] = Counter()
    for cell in counts.counts:
        gold[cell.gold] += cell.targets
    return dict(gold)
