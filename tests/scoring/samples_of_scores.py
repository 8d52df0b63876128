"""Small scores made by hand, every figure another one, so that a test sees which of them is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from sde_datasets.scoring.comparison import Comparison
from sde_datasets.scoring.scores import Scores
from sde_datasets.tasks.task import get_task

# what could break a page or a terminal: a tag, control characters, a lone surrogate, marks that turn the line around
FOUL = "<script>x</script> &\"'\ud800\x00\x1b[2J\r\u202e\u2028 \u0633\u0644\u0627\u0645"
CLASSES = ["positive", "negative", "unmentioned"]


def label_scores(mark: str = "") -> Scores:
    """Scores of a label task; `mark` stands within every text that comes from data or answers."""
    new = _figures()
    classes, targets = [label + mark for label in CLASSES], ["food" + mark, "price" + mark]
    figures = {
        "weights": None,
        "classes": classes,
        "pooled": {name: next(new) for name in ("kappa", "accuracy", "macro_f1")},
        "sample_accuracy": next(new),
        "by_label": {label: _shares(new) for label in classes},
        "by_target": {target: _of_target(new) for target in targets},
        "confusion": _confusion(new),
    }
    names = ("kappa", "accuracy", "sample_accuracy", "macro_f1", "format_error_rate")
    return _scores("label", targets, _headline(names, new), figures, mark)


def mention_scores(mark: str = "") -> Scores:
    """Scores of a mention task, as `label_scores`."""
    new, targets = _figures(), ["DNA" + mark, "protein" + mark]
    three = ("precision", "recall", "f1")
    figures = {
        "micro": {how: _shares(new) for how in ("hard", "soft")},
        "macro": {how: {name: next(new) for name in three} for how in ("hard", "soft")},
        "sample_accuracy": next(new),
        "by_target": {target: {how: _shares(new) for how in ("hard", "soft")} for target in targets},
        "nested": {kind: _recall(new) for kind in ("inside", "holding", "flat")},
        "by_length": {"unit": "words", "lengths": {length: _recall(new) for length in ("1", "2", "3", "4", "5+")}},
        "not_in_text": {"strings": _count(new), "predicted": _count(new), "share": next(new)},
    }
    names = ("f1", "precision", "recall", "soft_f1", "sample_accuracy", "format_error_rate")
    return _scores("mention", targets, _headline(names, new), figures, mark)


def undefined(scores: Scores) -> Scores:
    """The same scores with every share undefined, for a reason that names it."""
    return Scores.from_json(_undefined(scores.to_json()))


def _undefined(value: Any) -> Any:
    if isinstance(value, list):
        return [_undefined(each) for each in value]
    if not isinstance(value, dict):
        return value
    shares = [name for name, each in value.items() if isinstance(each, float)]
    kept = {name: None if name in shares else _undefined(each) for name, each in value.items()}
    return kept | {"undefined": {name: f"no {name} here" for name in shares}} if shares else kept


def comparison(mark: str = "") -> Comparison:
    """A comparison in which one figure is defined and one is not."""
    sides = {side: {"design": f"lines-text{mark}", "samples": 7} for side in "ab"}
    kappa = {"a": 0.512, "b": 0.634, "difference": 0.122, "low": -0.043, "high": 0.287, "p": 0.0321}
    nothing = dict.fromkeys(("b", "difference", "low", "high", "p")) | {"undefined": {"difference": "undefined in b"}}
    counts = {"samples": 6, "only_a": 1, "only_b": 0, "seed": 1, "resamples": 50, "permutations": 99}
    figures = {"kappa": kappa, "macro_f1": {"a": 0.471, **nothing}}
    return Comparison.from_json({"format": 1, **sides, **counts, "figures": figures})


def _figures() -> Iterator[float]:
    return (number / 1000 for number in count(101))


def _count(new: Iterator[float]) -> int:
    return round(next(new) * 1000) * 10


def _shares(new: Iterator[float]) -> dict:
    return {name: _count(new) for name in ("gold", "predicted", "tp")} | {
        name: next(new) for name in ("precision", "recall", "f1")
    }


def _recall(new: Iterator[float]) -> dict:
    return {name: _count(new) for name in ("gold", "hard", "soft")} | {
        name: next(new) for name in ("hard_recall", "soft_recall")
    }


def _of_target(new: Iterator[float]) -> dict:
    shares = {name: next(new) for name in ("kappa", "accuracy", "macro_f1")}
    return {"mentioned": _count(new), **shares, "confusion": _confusion(new)}


def _confusion(new: Iterator[float]) -> list[list[int]]:
    return [[_count(new) for _ in CLASSES] for _ in CLASSES]


def _headline(names: tuple[str, ...], new: Iterator[float]) -> dict:
    return {name: {key: next(new) for key in ("value", "low", "high")} for name in names}


def _scores(kind: str, targets: list[str], headline: dict, figures: dict, mark: str) -> Scores:
    example = {"id": f"x1{mark}", "at": 4, "target": targets[0], "before": "good", "after": f"not this{mark}"}
    defect = {"error": True, "samples": 2, "times": 3, "targets": {targets[0]: 3}, "examples": [example]}
    sample = {"id": f"x2{mark}", "wrong": 2, "text": f"a text{mark}", "gold": f"one\ntwo{mark}"}
    met = [{"name": "malformed", "at": 9, "target": targets[1]}]
    gold = {"name": f"org/data{mark}", "config": "c-lines-text", "split": "test", "revision": f"abc{mark}"}
    # a schema in JSON is checked and holds no such text, so that it gets the text afterwards
    schema = get_task("mabsa" if kind == "label" else "ner").schema(("a",))
    scores = Scores.from_json({
        "format": 1,
        "versions": {"sde-datasets": "0.0.7", "python": "3.11.9", "numpy": "2.4.6"},
        "inputs": {
            "predictions": {"name": f"answers.jsonl{mark}", "bytes": 12345, "sha256": "aa11"},
            "gold": gold | {"sha256": {f"data/test.parquet{mark}": "bb22"}},
        },
        "unanswered": 5,
        "rejected": [{"place": f"answers.jsonl{mark}:3", "reason": f"it is not read{mark}"}],
        "design": "lines-text",
        "schema": schema.as_dict(),
        "samples": 6789,
        "seed": 1,
        "resamples": 1000,
        "headline": headline,
        "figures": figures,
        "format_errors": {"errors": 31, "unusable": 32, "cut_off": 33, "runaway": 34}
        | {"error_rate": 0.911, "unusable_rate": 0.922, "cut_off_rate": 0.933, "runaway_rate": 0.944},
        "defects": {"malformed": defect, "missing_target": defect | {"error": False, "targets": {}}},
        "worst": [sample | {"answer": f"one\nthree{mark}", "defects": met}],
        "rows": [],
    })  # fmt: skip
    return replace(scores, schema=replace(schema, task=f"ours{mark}", targets=tuple(targets)))
