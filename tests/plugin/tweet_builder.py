"""Labelled tweets as JSON lines: {"id": 1, "tweet": "Ana left", "marks": [["PER", 0, 3]]}; a reader in 40 lines."""

from collections.abc import Iterator

from sde_builders.drafts import Draft, Form, Mark, draft_targets, read_drafts
from sde_builders.json_drafts import drafts_of_objects
from sde_builders.labels import Unfit
from sde_datasets.ingest.builder import TOOL, Builder, Guess, ReadContext
from sde_datasets.ingest.offsets import UNITS
from sde_datasets.records.record import Record, Reject


def drafts(context: ReadContext, name: str) -> Iterator[Draft | Reject]:
    """The tweets of one file."""
    return drafts_of_objects(context, name, tweet, lambda row, line: str(row.get("id", line)))


def tweet(row: dict, line: int) -> Iterator[Draft]:
    """The draft of one object. Raises Unfit, with the reason of its reject, for one that is not annotated."""
    if "marks" not in row:
        raise Unfit("unlabelled: marks is missing")
    yield Draft(row["tweet"], [Mark(kind, spans=((at, end),)) for kind, at, end in row["marks"]], line, str(row["id"]))


def read(context: ReadContext) -> Iterator[Record | Reject]:
    """The tweets of all files."""
    return read_drafts(context, FORM)


def discover(context: ReadContext) -> tuple[str, ...]:
    """The kinds of marks, in order of first appearance."""
    return draft_targets(context, FORM)


def recognise(head) -> Guess | None:
    return Guess("labelled tweets", TOOL) if any({"tweet", "marks"} <= row.keys() for row in head.objects) else None


FORM = Form(("*.jsonl",), drafts, UNITS)
BUILDER = Builder("tweets", "ner", read, discover=discover, options=("offsets", "ends"), recognise=recognise)
