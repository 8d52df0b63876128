"""What may be published: a corpus only under a licence that allows it, or where the plan takes the responsibility."""

from __future__ import annotations

from sde_datasets.errors import InputError


def check_licences(views: dict[str, dict]) -> None:
    """Raises InputError for the first view whose corpus may not be redistributed, naming corpus and licence.

    views: name -> facts, see `facts.published_as`.
    """
    for view, facts in views.items():
        if facts["redistribute"]:
            continue
        if facts["own"]:
            cure = f'Say in the plan under which: licence = "cc-by-4.0" in the [[view]] of {view}.'
            raise InputError(f"view {view}", f"{facts['title']} have no licence to be published under", cure)
        cure = f"If you may, say so in the plan: redistribute = true in the [[view]] of {view}."
        wrong = f"{facts['title']} may not be redistributed (licence: {facts['licence']})"
        raise InputError(f"view {view}", wrong, cure)
