"""The candidates: all designs with a prompt weight that the wishes and the data leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from sde_datasets.choosing.trials import Candidate
from sde_datasets.choosing.wishes import CHOICE_AXES, PROMPT_WEIGHTS, Wishes
from sde_datasets.designs.design import AXES, EVERY, Design, ViewTraits
from sde_datasets.errors import InputError, UsageError
from sde_datasets.study.arms import Arm
from sde_datasets.study.plan import PROMPT_WEIGHT


@dataclass(frozen=True)
class CandidateRules:
    """What decides which designs a view can have. evidence: whether its annotations have evidence, which reasoning
    needs."""

    traits: ViewTraits
    evidence: bool


def possible_arms(rules: CandidateRules, wishes: Wishes) -> list[Arm]:
    """Return the arms that the data and the wishes leave, those of the published axes first.

    Raises InputError for a wish that the data cannot have, UsageError for wishes that leave no design.
    """
    _check_data(rules, wishes)
    designs = [design for design in EVERY.values() if design.wording == 1 and _is_possible(design, rules, wishes)]
    weights = wishes.fixed.get(PROMPT_WEIGHT, PROMPT_WEIGHTS)
    if not designs:
        given = ", ".join(f"{axis}={','.join(options)}" for axis, options in wishes.fixed.items())
        raise UsageError(f"the wishes leave no design of {rules.traits.name} (fixed: {given or 'nothing'})")
    return [Arm(design, float(weight)) for design, weight in product(designs, weights)]


def candidates_of(arms: Sequence[Arm]) -> list[Candidate]:
    """Return the candidates of arms. Raises UsageError for fewer than two."""
    if len(arms) < 2:
        only = f": {arms[0].name}" if arms else ""
        raise UsageError(f"the wishes leave {len(arms)} design{only}. There is nothing to choose: fix fewer options.")
    return [Candidate(arm.name, tuple((axis, arm.option(axis)) for axis in CHOICE_AXES)) for arm in arms]


def _is_possible(design: Design, rules: CandidateRules, wishes: Wishes) -> bool:
    if design.reasoning != "none" and not rules.evidence:
        return False
    if not rules.traits.allows(design):
        return False
    return all(wishes.allows(axis, str(getattr(design, axis))) for axis in CHOICE_AXES if axis in AXES)


def _check_data(rules: CandidateRules, wishes: Wishes) -> None:
    """Raise InputError if an axis is fixed to options that the data exclude."""
    name = rules.traits.name
    reasoning = wishes.fixed.get("reasoning", ())
    if reasoning and "none" not in reasoning and not rules.evidence:
        hint = "Build the data with evidence (build --evidence all), or fix reasoning=none."
        raise InputError(f"view {name}", f"has no evidence, which reasoning={reasoning[0]} needs", hint)
    if wishes.fixed.get("format") == ("inline",) and rules.traits.kind == "label":
        raise InputError(f"view {name}", *_halves(rules.traits.refusal(Design("inline", unmentioned="ou"))))
    if wishes.fixed.get("definitions") == ("defs",) and rules.traits.undefined:
        raise InputError(f"view {name}", *_halves(rules.traits.refusal(Design(definitions="defs"))))


def _halves(refusal: str) -> tuple[str, str]:
    problem, _, hint = refusal.partition(". ")
    return problem, hint
