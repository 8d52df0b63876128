"""The annotations that go to annotation tools: those of gold, or those of a file of answers, to be corrected.

An annotation is a dict as `annotate` writes it: target, with label and evidence, or with mention and spans.
"""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote
from typing import Any

from sde_datasets.errors import InputError
from sde_datasets.export.config_data import AnnotatedText, ConfigData
from sde_datasets.export.exporter import ExportOptions
from sde_datasets.formats import answer_format
from sde_datasets.prediction.annotate import align_answer
from sde_datasets.scoring.predictions import FilePredictions
from sde_datasets.scoring.settings import ScoringSettings


def annotated_rows(data: ConfigData, options: ExportOptions) -> Iterator[tuple[str, AnnotatedText]]:
    """Yield each text with its split: all splits with gold, or the test split with the annotations of answers.

    Raises InputError for a file of answers that are not those of the split.
    """
    if options.predictions is None:
        for split in data.splits:
            yield from ((split, _plain(row)) for row in data.annotated(split))
        return
    settings = ScoringSettings.of(data.template.schema)
    read = answer_format(data.template.design.answer, settings.schema, settings.aliases).read
    rows = ((id, completion) for id, _, completion in data.prompted(data.test))
    answers = FilePredictions(options.predictions, rows)
    for row in data.annotated(data.test):
        answer = answers.take(row.id)
        if answer is not None:
            parsed = read(answer, row.text)
            yield data.test, row._replace(annotations=align_answer(parsed, row.text, settings.schema))
    if unused := answers.unused():
        raise InputError(unused.location, f"the id {unused.id!r} does not occur in {data.config} {data.test}")


def _plain(row: AnnotatedText) -> AnnotatedText:
    """A text with gold annotations, with offsets as pairs and without what is empty."""
    found = []
    for annotation in row.annotations:
        plain: dict[str, Any] = {"target": annotation["target"]}
        plain |= {key: annotation[key] for key in ("label", "mention") if annotation[key] is not None}
        for key in ("spans", "evidence"):
            pairs = [[span["start"], span["end"]] for span in annotation[key]]
            plain |= {key: pairs} if pairs and not (key == "evidence" and "mention" in plain) else {}
        found.append(plain)
    return row._replace(annotations=found)


def rebuild_command(data: ConfigData, builder: str, export: str, *options: str) -> str:
    """Return the command that builds a dataset from what an annotation tool exports."""
    schema = data.template.schema
    targets = " ".join(f"--targets {quote(target)}" for target in schema.targets)
    language = f" --language {schema.language}" if schema.language != "en" else ""
    more = "".join(f" {option}" for option in options)
    return (
        f"sde-datasets build --source {builder}={export} --task {schema.task}{language} {targets}{more} --out corrected"
    )
