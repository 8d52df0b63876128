"""Shares of counts. What cannot be had is None, with the reason under `undefined`."""

from __future__ import annotations


def share(name: str, part: float, whole: float, why: str) -> dict:
    """`part` of `whole` under a name; None where there is no whole, for the reason `why`."""
    return {name: part / whole} if whole else {name: None, "undefined": {name: why}}


def joined(*parts: dict) -> dict:
    """Several objects as one, their reasons together and last."""
    values = {key: value for part in parts for key, value in part.items() if key != "undefined"}
    reasons = {key: why for part in parts for key, why in part.get("undefined", {}).items()}
    return values | {"undefined": reasons} if reasons else values


def precision_recall_f1(gold: int, predicted: int, tp: int) -> dict:
    """Counts with their precision, recall and F1 = 2 tp / (gold + predicted)."""
    return joined(
        {"gold": gold, "predicted": predicted, "tp": tp},
        share("precision", tp, predicted, "nothing predicted"),
        share("recall", tp, gold, "no gold"),
        share("f1", 2 * tp, gold + predicted, "neither gold nor predicted"),
    )


def mean(name: str, parts: list[dict], why: str) -> dict:
    """The mean of one value over several objects, of those in which it is defined."""
    values = [part[name] for part in parts if part[name] is not None]
    return share(name, sum(values), len(values), why)
