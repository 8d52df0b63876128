"""A text with what an answer says of it: one row of annotations."""

from __future__ import annotations

from typing import Any

from sde_datasets.formats import format_of
from sde_datasets.score.rules import Rules
from sde_datasets.train.locate import annotations, strangers
from sde_datasets.train.samples import Template


def annotated(text: str, answer: Any, template: Template) -> dict[str, Any]:
    """A text with what an answer says of it.

    text, annotations (with their places, see locate.py), not_in_text: mentions that do not stand in the text,
    defects: what was wrong with the answer, prediction: the answer as it was written, stop: why it ended.
    """
    schema = template.schema
    reading = format_of(template.found.answer, schema, Rules.of(schema).aliases).read(answer.text, text)
    defects = [{"name": defect.name, "at": defect.at, "target": defect.target} for defect in reading.defects]
    said = {"text": text, "annotations": annotations(reading, text, schema)}
    said |= {"not_in_text": strangers(reading, text, schema), "defects": defects}
    return said | {"prediction": answer.text, "stop": answer.stop}
