"""Detect answers that repeat themselves until they are cut off, as small models do."""

from __future__ import annotations

# the shortest repeated end, how often it repeats, and how many characters from the end are looked at
_SHORTEST, _TIMES, _TAIL = 60, 10, 4000
# the last characters of a repeated text are in each of its copies
_PROBE = 12


def is_runaway(answer: str) -> bool:
    """Return whether an answer ends with ten or more copies of the same text, 60 characters or more in all.

    The time is bounded, since only the last 4,000 characters are looked at.
    """
    tail = answer.rstrip()[-_TAIL:]
    if len(tail) < _SHORTEST:
        return False
    probe, longest = tail[-_PROBE:], len(tail) // _TIMES
    found = tail.rfind(probe, 0, len(tail) - 1)
    while found >= 0 and (period := len(tail) - _PROBE - found) <= longest:
        if tail.endswith(tail[-period:] * max(_TIMES, -(-_SHORTEST // period))):
            return True
        found = tail.rfind(probe, 0, found + _PROBE - 1)
    return False
