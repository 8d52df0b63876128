"""The result of a comparison of scorings as dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field

from sde_datasets.scoring.json_object import JsonObject, Ratio


@dataclass(frozen=True)
class ComparedScores(JsonObject):
    """One side of a comparison: its design and how many samples it has."""

    design: str
    samples: int


@dataclass(frozen=True)
class Difference(JsonObject):
    """A headline figure of both sides, the difference b - a with its 95 % interval, and the p-value of the test."""

    a: float | None
    b: float | None
    difference: Ratio
    low: float | None = None
    high: float | None = None
    p: float | None = None


@dataclass(frozen=True)
class Comparison(JsonObject):
    """A paired comparison of two scorings. samples: those that both have; only_a, only_b: the others.

    documents: how many documents the tests draw and swap; None where they draw and swap samples. warnings: reasons to
    doubt the figures, None without any.
    """

    format: int
    a: ComparedScores
    b: ComparedScores
    samples: int
    only_a: int
    only_b: int
    seed: int
    resamples: int
    permutations: int
    figures: dict[str, Difference]
    documents: int | None = field(default=None, metadata={"optional": True})
    warnings: tuple[str, ...] | None = field(default=None, metadata={"optional": True})


@dataclass(frozen=True)
class Comparisons(JsonObject):
    """Comparisons of several scorings with a first one.

    names: of all scorings, the first one included. comparisons: of each other scoring with the first. holm: for each of
    them the p-values by figure, corrected for the number of comparisons (Holm 1979); None where p is undefined.
    """

    format: int
    names: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    holm: tuple[dict[str, float | None], ...]
