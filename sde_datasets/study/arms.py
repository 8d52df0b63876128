"""Arms: what a study compares. An arm is a design with a loss weight on prompts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sde_datasets.designs.design import AXES, Design
from sde_datasets.study.arm_names import arm_name, design_and_weight
from sde_datasets.study.plan import PROMPT_WEIGHT, Plan


@dataclass(frozen=True)
class Arm:
    """A design and the loss weight on prompt tokens (0: completions only, No-MI; 1: MI)."""

    design: Design
    prompt_weight: float = 0.0

    @property
    def name(self) -> str:
        """The design, and the weight unless it is 0: `lines-text`, `natural-text-instlast mi0.1`."""
        return arm_name(self.design, self.prompt_weight)

    def option(self, axis: str) -> str:
        """Return the option of this arm on an axis."""
        return f"{self.prompt_weight:g}" if axis == PROMPT_WEIGHT else str(getattr(self.design, axis))


STUDY_AXES = (*AXES, PROMPT_WEIGHT)


@dataclass(frozen=True)
class Contrast:
    """A comparison of an arm with its reference. axes: those in which they differ."""

    arm: Arm
    reference: Arm
    axes: tuple[str, ...]

    @property
    def axis(self) -> str:
        """The axis, or `design` if several differ."""
        return self.axes[0] if len(self.axes) == 1 else "design"

    @property
    def options(self) -> tuple[str, str]:
        """The options of reference and arm on the axis, or the names of both."""
        if len(self.axes) == 1:
            return self.reference.option(self.axis), self.arm.option(self.axis)
        return self.reference.name, self.arm.name


def compared_arms(plan: Plan) -> list[Arm]:
    """Return the arms of a plan of the kind `compare`, the base first."""
    base, *others = (Arm(*design_and_weight(name)) for name in (plan.base, *plan.designs))
    weighted = [Arm(base.design, weight) for weight in plan.prompt_weights if weight]
    return list(dict.fromkeys([base, *others, *weighted]))


def contrasts(arms: list[Arm], against: str = "nearest") -> list[Contrast]:
    """Return the comparison of each arm but the first.

    An arm is compared with the base, which is the first arm. Against the nearest: if they differ in several axes, it is
    compared with the first arm before it from which it differs in one axis (`json-text-cot-instlast` with
    `json-text-instlast`).
    """
    if against == "base":
        return [Contrast(arm, arms[0], _differing(arms[0], arm)) for arm in arms[1:]]
    found = []
    for number, arm in enumerate(arms[1:], 1):
        differing = [(earlier, _differing(earlier, arm)) for earlier in arms[:number]]
        reference, axes = next(((other, axes) for other, axes in differing if len(axes) == 1), differing[0])
        found.append(Contrast(arm, reference, axes))
    return found


def _differing(a: Arm, b: Arm) -> tuple[str, ...]:
    return tuple(axis for axis in STUDY_AXES if a.option(axis) != b.option(axis))


def arm_from(choice: dict[str, Any]) -> Arm:
    """Return the arm of options by axis; other axes have the default of a design."""
    weight = float(choice.get(PROMPT_WEIGHT, 0.0))
    axes: dict[str, Any] = {axis: int(option) if axis == "wording" else option for axis, option in choice.items()}
    axes.pop(PROMPT_WEIGHT, None)
    return Arm(Design(**axes), weight)
