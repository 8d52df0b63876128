"""Fill a card template of cards/ with YAML for the Hub, sections, and the notes of the user.

Dataset cards and model cards have different templates and sections.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.resources import files
from string import Template

import yaml

from sde_datasets.card.notes import notes_section


def fill_card(
    name: str, fields: Mapping[str, object], sections: Mapping[str, str], notes: str, more: Iterable[str] = ()
) -> str:
    """Fill the template `cards/<name>.md`.

    fields: the YAML fields; empty ones are left out. sections: the text for each $word of the template.
    notes: the notes of the user. more: further lines of YAML, written unchanged.
    """
    present = {key: value for key, value in fields.items() if value}
    head = yaml.safe_dump(present, sort_keys=False, allow_unicode=True, width=1000)
    head += "".join(f"{line}\n" for line in more)
    template = Template((files("sde_datasets.cards") / f"{name}.md").read_text("utf-8"))
    return f"---\n{head}---\n\n{template.substitute(sections, notes=notes_section(notes))}"
