"""The name of an arm: a design, and the loss weight on prompts unless it is 0. Written and read here."""

from __future__ import annotations

from sde_datasets.designs.design import Design, get_design
from sde_datasets.errors import UsageError

_MARK = " mi"


def arm_name(design: Design, weight: float) -> str:
    """Return the name of an arm: `lines-text`, `natural-text-instlast mi0.1`."""
    return design.name + (f"{_MARK}{weight:g}" if weight else "")


def design_and_weight(name: str) -> tuple[Design, float]:
    """Return the design and the weight that a name has; the design may be an alias (`es mi0.1`).

    Raises UsageError for an unknown design and for a weight that is not a number from 0 to 1.
    """
    design, mark, weight = name.partition(_MARK)
    try:
        value = float(weight) if mark else 0.0
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise UsageError(f"{name!r} has the prompt weight {weight!r}: give a number from 0 to 1")
    return get_design(design), value
