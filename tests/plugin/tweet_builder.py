"""Labelled tweets as JSON lines: {"id": 1, "tweet": "Ana left", "marks": [["PER", 0, 3]]}; a reader in 40 lines."""

from collections.abc import Iterator

from sde_builders.drafts import Draft, Form, Mark, drafts_builder
from sde_builders.json_drafts import drafts_of_objects
from sde_builders.labels import Unfit
from sde_datasets.ingest.builder import TOOL, Guess, ReadContext
from sde_datasets.ingest.offsets import UNITS
from sde_datasets.records.record import Reject


def drafts(context: ReadContext, name: str) -> Iterator[Draft | Reject]:
    """The tweets of one file."""
    return drafts_of_objects(context, name, tweet, lambda row, line: str(row.get("id", line)))


def tweet(row: dict, line: int) -> Iterator[Draft]:
    """The draft of one object. Raises Unfit, with the reason of its reject, for one that is not annotated."""
    if "marks" not in row:
        raise Unfit("unlabelled: marks is missing")
    marks = [Mark(kind, spans=((start, end),)) for kind, start, end in row["marks"]]
    yield Draft(row["tweet"], marks, line, str(row["id"]))


def recognise(head) -> Guess | None:
    """Rows with `tweet` and `marks`."""
    return Guess("labelled tweets", TOOL) if any({"tweet", "marks"} <= row.keys() for row in head.objects) else None


FORM = Form(("*.jsonl",), drafts, UNITS)
BUILDER = drafts_builder(__name__, "tweets", "ner", FORM, options=("offsets", "ends"), recognise=recognise)
