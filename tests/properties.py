"""How many examples the property tests draw, and whether each run draws the same.

With the profile `fixed` every run draws the same examples and keeps none, so that a change never fails by chance.
With the profile `random` every run draws others, twenty times as many: `scripts/test --random`.

A property that is checked under each of the 48 written designs draws few examples a design: the designs share the code
of their format, labels and reasoning, so that the examples of many designs reach each line.
"""

from __future__ import annotations

from hypothesis import settings

_USUAL = 100


def register_profiles() -> None:
    """Register the two profiles of hypothesis and choose the fixed one; `--hypothesis-profile` chooses another."""
    settings.register_profile("fixed", derandomize=True, deadline=None, database=None, max_examples=_USUAL)
    settings.register_profile("random", deadline=None, database=None, max_examples=20 * _USUAL, print_blob=True)
    settings.load_profile("fixed")


def examples(count: int) -> int:
    """Return how many examples a test draws that draws `count` with the fixed profile."""
    return count * settings().max_examples // _USUAL
