"""Mutated answers of real completions through every reader. SDE_MUTATIONS raises how many.

    SDE_MUTATIONS=200000 pytest tests/formats/test_mutations.py

pytest tests/formats/test_mutations.py
"""

from __future__ import annotations

import os
from itertools import cycle, islice
from random import Random

import pyarrow as pa
import pytest

from sde_datasets.formats import answer_format
from sde_datasets.ingest.builder import ReadContext, get_builder, resolve_targets
from sde_datasets.ingest.plan import bundled_plan
from sde_datasets.ingest.sources import Source
from sde_datasets.records.columns import record_rows
from sde_datasets.records.record import Record, sort_annotations
from sde_datasets.samples.render import gold_answers
from sde_datasets.scoring.settings import ScoringSettings
from sde_datasets.tasks.task import get_task
from tests.answer_designs import MARKED, PUBLISHED, REASONS_AFTER
from tests.conftest import SHARED
from tests.formats.claims import check_reading
from tests.mutations import mutated

pytestmark = pytest.mark.slow

WRITTEN, INLINE = PUBLISHED + REASONS_AFTER, MARKED
COUNT = int(os.environ.get("SDE_MUTATIONS", "24000"))
SAMPLES = bundled_plan().parent
CORPORA = {
    "genia": ("genia", SHARED / "data" / "genia_term", SAMPLES / "ner"),
    "maven": ("maven", SHARED / "data" / "maven", SAMPLES / "ed"),
    "acos": ("acos", SHARED / "data" / "acos", SAMPLES / "mabsa"),
    "asap": ("asap", SHARED / "data" / "asap", SAMPLES / "mabsa_zh"),
}


def batch_of(corpus: str, path) -> tuple[pa.RecordBatch, object]:
    """Some records of a corpus, those that mention something first, and their schema."""
    builder = get_builder(corpus)
    context = ReadContext(Source(path), language=builder.language)
    context.task = get_task(builder.task)
    context.schema = context.task.schema(resolve_targets(builder, context), builder.language)
    known = context.schema.index
    records = []
    for record in (each for each in builder.read(context) if isinstance(each, Record)):
        kept = [a for a in record.annotations if a.target in known]
        if kept or len(records) % 5 == 0:
            record.annotations = sort_annotations(
                {a.target: a for a in kept}.values() if context.schema.kind == "label" else kept, context.schema
            )
            records.append(record)
        if len(records) == 200:
            break
    constant = {"corpus": corpus, "view": corpus, "language": builder.language, "schema": context.schema.to_json()}
    return record_rows(records, constant), context.schema


@pytest.mark.parametrize("corpus", CORPORA)
def test_mutated_answers(corpus):
    name, real, bundled = CORPORA[corpus]
    batch, schema = batch_of(name, real if real.exists() else bundled)
    rules, read = ScoringSettings.of(schema), 0
    aliases = {label: [alias for alias, of in rules.aliases.labels if of == label] for label in schema.number_of}
    for design in WRITTEN + (INLINE if schema.kind == "mention" else []):
        form, dice = answer_format(design, schema, rules.aliases), Random(f"{corpus} {design.name}")
        written = [form.write(answer) for answer in gold_answers(batch, schema, design.format)]
        for completion in islice(cycle(written), COUNT // len(CORPORA) // (len(WRITTEN) + len(INLINE))):
            text = mutated(completion, dice)
            reading = form.read(text)
            check_reading(form, text, reading, aliases)
            again = form.read(form.write(reading.answer))
            assert again.answer == reading.answer and not again.defects, (design.name, text)
            read += 1
    assert read >= COUNT // len(CORPORA) - 2 * COUNT // len(CORPORA) // len(WRITTEN) - len(WRITTEN)
