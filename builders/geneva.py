"""GENEVA: events of 115 types, as JSON lines in the form of OneIE (`oneie.py` describes it).

    {"doc_id": "d1", "wnd_id": "d1_1", "sentence": "Troops attacked.", "tokens": ["Troops", "attacked", "."],
     "entity_mentions": [], "event_mentions": [{"id": "E1", "event_type": "Attack",
       "trigger": {"start": 1, "end": 2, "text": "attacked"}, "arguments": []}]}

The rules are those of `oneie`: every event of a sentence, tokens counted with exclusive ends, `wnd_id` as the id.
"""

from __future__ import annotations

from sde_builders.drafts import drafts_builder
from sde_builders.oneie import FORM

BUILDER = drafts_builder(__name__, "geneva", "ed", FORM)
