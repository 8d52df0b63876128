"""Effects that the paper published, as the expectation of a race before its first run (`--prior paper`).

They are those of models of 7 billion parameters on private reviews, so half of each is expected, and only for label
tasks: for mention tasks the paper compares whole strategies.
"""

from __future__ import annotations

from sde_datasets.study.plan import PROMPT_WEIGHT
from sde_datasets.study.report.published import published_scores

# the share of a published effect that is expected
_SHARE = 0.5
_SIZES = (500, 1000)
# axis -> option -> the arm whose published score tells its effect, against the others of the axis
_ARMS: dict[str, dict[str, str]] = {
    "format": {"natural": "natural-text-instlast", "lines": "lines-text-instlast", "json": "json-text-instlast"},
    "labels": {"text": "natural-text-instlast", "num": "natural-num-instlast"},
    "reasoning": {
        "none": "json-text-instlast",
        "cot": "json-text-cot-instlast",
        "rcot": "json-text-rcot-instlast",
    },
    "unmentioned": {"pu": "natural-text-instlast", "ou": "natural-text-ou-instlast"},
    "placement": {
        "inst-first": "natural-text",
        "inst-last": "natural-text-instlast",
        "no-inst": "natural-text-noinst",
    },
    PROMPT_WEIGHT: {"0": "natural-text-instlast", "1": "natural-text-instlast mi1"},
}


def published_effects() -> dict[tuple[str, str], float]:
    """Return the expected effect of each option that the paper has: half its deviation from the mean of its axis."""
    effects: dict[tuple[str, str], float] = {}
    for axis, arms in _ARMS.items():
        scores = {option: _score(arm) for option, arm in arms.items()}
        mean = sum(scores.values()) / len(scores)
        effects |= {(axis, option): _SHARE * (score - mean) for option, score in scores.items()}
    return effects


def _score(arm: str) -> float:
    """Return the published kappa of an arm in domain, over models, tasks and sizes."""
    found = [published_scores(arm, "kappa", size) for size in _SIZES]
    values = [published.value for published in found if published is not None]
    return sum(values) / len(values)
