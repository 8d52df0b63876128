"""Check that a corpus may be published: its licence allows it, or the plan says so."""

from __future__ import annotations

from collections.abc import Mapping

from sde_datasets.dataset.corpus_facts import CorpusFacts
from sde_datasets.errors import InputError


def check_licences(corpora: Mapping[str, CorpusFacts]) -> None:
    """Raise InputError for the first view whose corpus may not be redistributed. corpora: the facts of each view."""
    for view, facts in corpora.items():
        if facts.redistribute:
            continue
        if facts.own:
            hint = f'Give a licence in the plan: licence = "cc-by-4.0" in the [[view]] of {view}.'
            raise InputError(f"view {view}", f"{facts.title} has no licence to be published under", hint)
        hint = f"If you have the right to, write redistribute = true in the [[view]] of {view} in the plan."
        problem = f"{facts.title} may not be redistributed (licence: {facts.licence})"
        raise InputError(f"view {view}", problem, hint)
