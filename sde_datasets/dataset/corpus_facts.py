"""Facts about a corpus: licence, citation, where to get it, and whether it may be redistributed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class CorpusFacts:
    """The facts about a corpus, with the values of a corpus of which nothing is known as defaults.

    licence: as a card shows it; licence_id: an identifier of the Hub; licence_text: the name of a text in
    cards/licences that must be handed on. get: where to get the corpus. annotators, source: identifiers of the Hub.
    own: True for data of the user's own.
    """

    title: str = ""
    language: str = ""
    licence: str = "not stated"
    licence_id: str = "unknown"
    licence_text: str = ""
    redistribute: bool = False
    attribution: str = ""
    homepage: str = ""
    get: str = ""
    annotators: str = ""
    source: str = ""
    citation: str = ""
    own: bool = False

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> CorpusFacts:
        """The facts in a dict; keys that are no facts are ignored."""
        return cls(**{field.name: values[field.name] for field in fields(cls) if field.name in values})
