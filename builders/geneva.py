"""GENEVA: events of 115 types, as JSON lines in the form of OneIE (`oneie.py` describes it).

    {"doc_id": "d1", "wnd_id": "d1_1", "sentence": "Troops attacked.", "tokens": ["Troops", "attacked", "."],
     "entity_mentions": [], "event_mentions": [{"id": "E1", "event_type": "Attack",
       "trigger": {"start": 1, "end": 2, "text": "attacked"}, "arguments": []}]}

The rules are those of `oneie`: every event of a sentence, tokens counted with exclusive ends, `wnd_id` as the id.
"""

from __future__ import annotations

from collections.abc import Iterator

from sde_builders.drafts import draft_targets, read_drafts
from sde_builders.oneie import FORM
from sde_datasets.ingest.builder import Builder, ReadContext
from sde_datasets.records.record import Record, Reject


def read(context: ReadContext) -> Iterator[Record | Reject]:
    """The sentences of all files."""
    return read_drafts(context, FORM)


def discover(context: ReadContext) -> tuple[str, ...]:
    """The types, in order of first appearance."""
    return draft_targets(context, FORM)


BUILDER = Builder("geneva", "ed", read, discover=discover)
