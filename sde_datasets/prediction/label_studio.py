"""Annotated texts as pre-annotations of Label Studio: its tasks with predictions, and its labelling configuration.

[{"data": {"id": "r1", "text": "The IL-2 gene"}, "predictions": [{"model_version": "a", "result": [
  {"id": "0-0", "from_name": "label", "to_name": "text", "type": "labels",
   "value": {"start": 4, "end": 13, "text": "IL-2 gene", "labels": ["DNA"]}}]}]}]

Label tasks have a result of type `choices` for each target, and one of type `labels` for each piece of evidence.
Offsets are UTF-16 units, as JavaScript counts them. See https://labelstud.io/guide/predictions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from sde_datasets.records.schema import Schema
from sde_datasets.utils.files import atomic_file, write_text

_EVIDENCE = "evidence"
_MENTIONS = "label"


def write_tasks(rows: Iterable[dict[str, Any]], out: Path, schema: Schema, model: str) -> Path:
    """Write annotated rows as the tasks of Label Studio to `out`, and its configuration next to it.

    rows: id, text and annotations, as `annotate_file` writes them. model: shown as the version of the model. The
    configuration is `<out>.xml`, without .json.
    """
    with atomic_file(out) as part, part.open("w", encoding="utf-8") as file:
        file.write("[")
        for number, row in enumerate(rows):
            file.write(",\n" if number else "\n")
            file.write(json.dumps(task_of(row, model), ensure_ascii=False))
        file.write("\n]\n")
    write_text(out.with_suffix(".xml"), labelling_config(schema))
    return out


def task_of(row: dict[str, Any], model: str) -> dict[str, Any]:
    """Return the task of an annotated row; with its split, where the row has one."""
    text = row["text"]
    result = [each for number, found in enumerate(row["annotations"]) for each in _results(found, text, number)]
    data = {name: row[name] for name in ("id", "text", "split") if name in row}
    return {"data": data, "predictions": [{"model_version": model, "result": result}]}


def labelling_config(schema: Schema) -> str:
    """Return the labelling configuration of Label Studio for the targets of a schema, as XML."""
    if schema.kind == "label":
        choices = "".join(f"    <Choice value={quoteattr(label)}/>\n" for label in schema.labels)
        controls = "".join(
            f"  <Header value={quoteattr(target)}/>\n"
            f'  <Choices name="{_tag_name(target)}" toName="text" choice="single">\n{choices}  </Choices>\n'
            for target in schema.targets
        )
        controls += _labels(_EVIDENCE, schema)
    else:
        controls = _labels(_MENTIONS, schema)
    return f'<View>\n{controls}  <Text name="text" value="$text"/>\n</View>\n'


def _tag_name(target: str) -> str:
    """Return the name of the tag of a target: Label Studio's names are single words."""
    return re.sub(r"\W+", "_", target)


def _labels(name: str, schema: Schema) -> str:
    labels = "".join(f"    <Label value={quoteattr(target)}/>\n" for target in schema.targets)
    return f'  <Labels name="{name}" toName="text">\n{labels}  </Labels>\n'


def _results(annotation: dict[str, Any], text: str, number: int) -> Iterator[dict[str, Any]]:
    """Yield the results of an annotation; the pieces of a discontinuous mention are joined by relations."""
    target = annotation["target"]
    spans = annotation.get("spans") or annotation.get("evidence") or []
    name = _MENTIONS
    if "label" in annotation:
        name = _EVIDENCE
        value: dict[str, Any] = {"choices": [annotation["label"]]}
        yield {"id": f"{number}", "from_name": _tag_name(target), "to_name": "text", "type": "choices", "value": value}
    for piece, (start, end) in enumerate(spans):
        value = {"start": _utf16(text, start), "end": _utf16(text, end), "text": text[start:end], "labels": [target]}
        yield {"id": f"{number}-{piece}", "from_name": name, "to_name": "text", "type": "labels", "value": value}
    if name == _MENTIONS:
        for piece in range(1, len(spans)):
            ids = {"from_id": f"{number}-{piece - 1}", "to_id": f"{number}-{piece}"}
            yield {**ids, "type": "relation", "direction": "right"}


def _utf16(text: str, offset: int) -> int:
    """Return an offset in characters as one in UTF-16 units."""
    return len(text[:offset].encode("utf-16-le", "surrogatepass")) // 2
