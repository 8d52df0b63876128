"""A card from its parts: YAML for the Hub, a template of cards/ filled with sections, and the section of a person.

Datasets and models have different templates and sections; what makes a card of them is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.resources import files
from string import Template

import yaml

from sde_datasets.card.notes import section


def filled(
    name: str, fields: Mapping[str, object], sections: Mapping[str, str], words: str, more: Iterable[str] = ()
) -> str:
    """The card of the template `cards/<name>.md`.

    fields: the YAML, without those that are empty. sections: what is put in for each $word of the template. words: the
    section that a person wrote. more: further lines of YAML, ready as they are.
    """
    given = {key: value for key, value in fields.items() if value}
    head = yaml.safe_dump(given, sort_keys=False, allow_unicode=True, width=1000) + "".join(
        f"{line}\n" for line in more
    )
    template = Template((files("sde_datasets.cards") / f"{name}.md").read_text("utf-8"))
    return f"---\n{head}---\n\n{template.substitute(sections, notes=section(words))}"
