"""The figures that the paper published (Guo et al. 2024, arXiv 2404.13033), for cells that a study has as well.

Its models have 7B parameters and its reviews are private: its numbers are shown next to those of a study, and are never
mixed with them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from statistics import mean

from sde_datasets.study.analysis.differences import Difference

# option of a study -> name in the published table of experiment 1
_OPTIONS = {
    ("placement", "inst-first"): "inst-first",
    ("placement", "inst-last"): "inst-last",
    ("placement", "no-inst"): "no-inst",
    ("prompt_weight", "1"): "mi",
    ("prompt_weight", "0"): "inst-last",
    ("format", "natural"): "natural",
    ("format", "lines"): "lines",
    ("format", "json"): "json",
    ("labels", "num"): "numlabel",
    ("labels", "text"): "natural",
    ("unmentioned", "ou"): "ou",
    ("unmentioned", "pu"): "natural",
    # the paper has reasoning in JSON only
    ("reasoning", "none"): "json",
    ("reasoning", "cot"): "cot",
    ("reasoning", "rcot"): "r-cot",
}
# the references of the paper
_BASE, _JSON = "natural-text-instlast", "json-text-instlast"
_TASKS = {"in domain": ("D1-D1", "D2-D2"), "out of domain": ("D1-D2", "D2-D1")}
_STRATEGIES = {"lines-text": "ES-SDE", "natural-text-ou-instlast": "EW-SDE", "list-text-ou": "heuristic"}


# arm of a study -> name in the published tables by option
_ARMS = {
    "natural-text-instlast": "inst-last",
    "natural-text": "inst-first",
    "natural-text-noinst": "no-inst",
    "natural-text-instlast mi1": "mi",
    "lines-text-instlast": "lines",
    "json-text-instlast": "json",
    "natural-num-instlast": "numlabel",
    "natural-text-ou-instlast": "ou",
    "json-text-cot-instlast": "cot",
    "json-text-rcot-instlast": "r-cot",
}


@dataclass(frozen=True)
class Published:
    """A published score or difference: the mean over models, tasks and sizes, the lowest and the highest."""

    value: float
    low: float
    high: float
    cells: int


def published_scores(arm: str, measure: str, size: int = 0, domain: str = "in domain") -> Published | None:
    """Return the published score of an arm over models and tasks; None if the paper has none.

    measure: `kappa` (after training on `size` samples), `few-shot` (kappa), `zero-shot format errors` (a share),
    `prompt_perplexity` or `completion_perplexity`.
    """
    option = _ARMS.get(arm)
    if option is None:
        return None
    if measure == "kappa":
        rows = _rows("experiment1_masa.csv")
        return _summary(
            float(row["weighted_kappa"])
            for row in rows
            if row["option"] == option and row["train_size"] == str(size) and row["task"] in _TASKS[domain]
        )
    if measure.endswith("perplexity"):
        of = "prompts" if measure.startswith("prompt") else "predictions"
        rows = [row for row in _rows("perplexity.csv") if row["of"] == of]
        return _summary(float(row["perplexity"]) for row in rows if row["option"] == option)
    if measure == "few-shot":
        return _summary(float(row["weighted_kappa"]) for row in _rows("icl_kappa.csv") if row["option"] == option)
    rows = _rows("zero_shot_format_error_percent.csv")
    return _summary(float(row["format_error_percent"]) / 100 for row in rows if row["option"] == option)


def published_targets() -> list[tuple[float, float]]:
    """Return the share without a mention and the difference OU - PU of each published aspect, for two models."""
    found = []
    for row in _rows("ou_minus_pu_kappa.csv"):
        share = float(row["unmentioned_percent_500"]) / 100
        found += [(share, float(row[f"delta_{model}_500"])) for model in ("chat", "base")]
    return found


def published_difference(difference: Difference) -> Published | None:
    """Return what the paper has for a difference of a study; None if it has no such cells."""
    axis, options = difference.contrast.axis, difference.contrast.options
    if axis == "design":
        return _of_strategies(options, difference)
    names = [_OPTIONS.get((axis, option)) for option in options]
    if None in names or difference.score_name != "kappa" or difference.label != "greedy":
        return None
    if difference.contrast.reference.name != (_JSON if axis == "reasoning" else _BASE):
        return None
    scores: dict[tuple[str, ...], float] = {}
    for row in _rows("experiment1_masa.csv"):
        scores[row["option"], row["model"], row["train_size"], row["task"]] = float(row["weighted_kappa"])
    return _summary(
        value - scores[(str(names[0]), *key[1:])]
        for key, value in scores.items()
        if key[0] == names[1] and key[3] in _TASKS[difference.domain] and (str(names[0]), *key[1:]) in scores
    )


def _of_strategies(options: tuple[str, str], difference: Difference) -> Published | None:
    names = [_STRATEGIES.get(option) for option in options]
    columns = {"kappa": ("review11_kappa",), "f1": ("genia_f1_hard", "maven_f1_hard")}.get(difference.score_name, ())
    if None in names or difference.domain != "in domain" or not difference.label.startswith(("greedy", "sampled")):
        return None
    rows = {(row["train_size"], row["strategy"]): row for row in _rows("experiment2_strategies.csv")}
    sizes = dict.fromkeys(size for size, _ in rows)
    first, second = str(names[0]), str(names[1])
    return _summary(
        float(rows[size, second][column]) - float(rows[size, first][column]) for size in sizes for column in columns
    )


def verdict(difference: Difference, published: Published) -> str:
    """Return whether a study agrees with the paper: agrees, disagrees, or cannot tell."""
    if not difference.is_clear or (published.low <= 0 <= published.high and abs(published.value) < 0.005):
        return "cannot tell"
    return "agrees" if difference.estimate.value * published.value > 0 else "disagrees"


def _summary(values: Iterable[float]) -> Published | None:
    found = list(values)
    return Published(mean(found), min(found), max(found), len(found)) if found else None


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("sde_datasets.study.report") / "published" / name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
