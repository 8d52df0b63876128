"""Read the numbers of a span as tools write them: whole numbers, 3.0, or "3"."""

from __future__ import annotations

import re
from typing import Any

from sde_builders.labels import wrong
from sde_datasets.records.record import Span

_DIGITS = re.compile("[0-9]{1,9}")


def span_of(start: Any, end: Any, key: str = "start, end") -> Span:
    """A span of two numbers. Raises Unfit for anything else."""
    return _whole(start, key), _whole(end, key)


def _whole(value: Any, key: str) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong(key, "whole numbers", value)
    return value
