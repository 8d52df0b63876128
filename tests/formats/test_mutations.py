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
from conftest import SHARED
from mutations import mutated

from formats.claims import check_reading
from sde_datasets.arrow import record_rows
from sde_datasets.builder import Job, find_builder, targets_of
from sde_datasets.designs import DESIGNS
from sde_datasets.formats import format_of
from sde_datasets.plan import bundled_plan
from sde_datasets.records import Record, in_order
from sde_datasets.samples import answers
from sde_datasets.score.rules import Rules
from sde_datasets.sources import Source
from sde_datasets.tasks import find_task

WRITTEN = sorted({design.answer for design in DESIGNS.values()})
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
    builder = find_builder(corpus)
    job = Job(Source(path), language=builder.language)
    job.task = find_task(builder.task)
    job.schema = job.task.schema(targets_of(builder, job), builder.language)
    known = job.schema.index
    records = []
    for record in (each for each in builder.read(job) if isinstance(each, Record)):
        kept = [a for a in record.annotations if a.target in known]
        if kept or len(records) % 5 == 0:
            record.annotations = in_order(
                {a.target: a for a in kept}.values() if job.schema.kind == "label" else kept, job.schema
            )
            records.append(record)
        if len(records) == 200:
            break
    constant = {"corpus": corpus, "view": corpus, "language": builder.language, "schema": job.schema.to_json()}
    return record_rows(records, constant), job.schema


@pytest.mark.parametrize("corpus", CORPORA)
def test_mutated_answers(corpus):
    name, real, bundled = CORPORA[corpus]
    batch, schema = batch_of(name, real if real.exists() else bundled)
    rules, read = Rules.of(schema), 0
    aliases = {label: [alias for alias, of in rules.aliases.labels if of == label] for label in schema.number_of}
    for design in WRITTEN:
        form, dice = format_of(design, schema, rules.aliases), Random(f"{corpus} {design.name}")
        written = [form.write(answer) for answer in answers(batch.column("annotations"), schema, design.format)]
        for completion in islice(cycle(written), COUNT // len(CORPORA) // len(WRITTEN)):
            text = mutated(completion, dice)
            reading = form.read(text)
            check_reading(form, text, reading, aliases)
            again = form.read(form.write(reading.answer))
            assert again.answer == reading.answer and not again.defects, (design.name, text)
            read += 1
    assert read >= COUNT // len(CORPORA) - len(WRITTEN)
