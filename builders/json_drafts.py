"""Drafts of the objects of a JSON file: the loop that readers of JSON share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sde_builders.drafts import Draft
from sde_builders.json_values import in_path, objects
from sde_builders.labels import Unfit
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.records.record import Reject


def drafts_of_objects(
    context: ReadContext,
    name: str,
    convert: Callable[[dict[str, Any], int], Iterable[Draft]],
    id_of: Callable[[dict[str, Any], int], str | None],
) -> Iterator[Draft | Reject]:
    """Yield what `convert` makes of each object and its line, with its JSON path; an object that is Unfit is a Reject.

    id_of: the id of an object at a line, for its Reject.
    """
    location = context.source.location(name)
    for line, row, path in objects(context, name):
        if isinstance(row, Reject):
            yield row
            continue
        try:
            for draft in convert(row, line):
                draft.path = path
                yield draft
        except Unfit as error:
            yield Reject(location, line, in_path(path, str(error)), id_of(row, line))
