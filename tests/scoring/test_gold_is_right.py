"""Gold as prediction scores 1.0 with no format error, on every written design of every available corpus.

Each answer ends in a line feed, so that it is read and not taken for the completion that it is.

pytest tests/scoring/test_gold_is_right.py
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pyarrow as pa
import pytest

from sde_datasets import score
from sde_datasets.building.pipeline import build
from sde_datasets.dataset.parquet import row_groups
from sde_datasets.ingest.plan import bundled_plan, read_plan
from sde_datasets.records.schema import Schema
from sde_datasets.samples.render import completions as written
from sde_datasets.samples.render import gold_answers
from sde_datasets.utils.progress import Progress
from tests.scoring.examples import MARKED, SCHEMAS, WRITTEN, completions

QUIET = Progress(quiet=True)
# records of each split that the tests read; the whole corpora are read by hand
SOME = 40


def check_all(folder) -> int:
    """Score gold against itself under every written design; how many answers were read."""
    read = 0
    for path in sorted((folder / "data").glob("*-records/*.parquet")):
        for batch in islice(row_groups(path), 1):
            records = batch.slice(0, SOME)
            schema = Schema.from_json(records.column("schema")[0].as_py())
            for design in WRITTEN + (MARKED if schema.kind == "mention" else []):
                gold = written(gold_answers(records, schema, design.format), design, schema)
                columns = {"id": records.column("id"), "completion": gold, "source_text": records.column("text")}
                columns |= {"annotations": records.column("annotations")}
                said = [completion + "\n" for completion in gold.to_pylist()]
                scores = score(pa.table(columns), said, design=design, schema=schema, resamples=0)
                check_right(scores, f"{path} {design.name}")
                read += len(said)
    return read


def check_right(scores: dict, where: str) -> None:
    assert scores["format_errors"]["errors"] == 0 and not scores["defects"], (where, scores["defects"])
    for name, each in scores["headline"].items():
        expected = 0 if name == "format_error_rate" else 1
        assert each["value"] in (pytest.approx(expected), None), (where, name)
        assert each["value"] is not None or each["undefined"]["value"], (where, name)


@pytest.mark.slow
def test_bundled_corpora(tmp_path):
    build(replace(read_plan(bundled_plan()), designs=("es",)), tmp_path / "out", progress=QUIET)
    assert check_all(tmp_path / "out") == 3 * SOME * (4 * len(WRITTEN) + 2 * len(MARKED))


@pytest.mark.parametrize("task", SCHEMAS)
def test_completions_alone(task):
    for design in WRITTEN + (MARKED if SCHEMAS[task].kind == "mention" else []):
        gold = completions(task, design)
        scores = score(gold, [text + "\n" for text in gold], design=design, schema=SCHEMAS[task], resamples=0)
        check_right(scores, design.name)
