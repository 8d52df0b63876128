"""Gold as prediction scores 1.0 with no format error, on every written design of every corpus at hand.

Each answer ends in a line feed, so that it is read and not taken for the completion that it is.

pytest tests/score/test_gold_is_right.py
"""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from score.examples import SCHEMAS, WRITTEN, completions
from sde_datasets.build import build
from sde_datasets.parquet import row_groups
from sde_datasets.plan import bundled_plan, read_plan, source_plan
from sde_datasets.progress import Progress
from sde_datasets.samples import answers
from sde_datasets.samples import completions as written
from sde_datasets.schemas import Schema
from sde_datasets.score import score

QUIET = Progress(quiet=True)
# records of each split that the tests read; the whole corpora are read by hand
SOME = 40
REAL = {
    "genia": ["genia={}/genia_term"],
    "maven": ["maven={}/maven"],
    "mams": ["mams={}/mams"],
    "asap": ["asap={}/asap"],
    "acos": ["acos={}/acos", "acos:laptop={}/acos"],
}


def check_all(folder) -> int:
    """Score gold against itself under every written design; how many answers were read."""
    read = 0
    for path in sorted((folder / "data").glob("*-records/*.parquet")):
        for batch in list(row_groups(path))[:1]:
            records = batch.slice(0, SOME)
            schema = Schema.from_json(records.column("schema")[0].as_py())
            for design in WRITTEN:
                gold = written(answers(records.column("annotations"), schema, design.format), design, schema)
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


def test_bundled_corpora(tmp_path):
    build(replace(read_plan(bundled_plan()), designs=("es",)), tmp_path / "out", progress=QUIET)
    assert check_all(tmp_path / "out") == 4 * 3 * SOME * len(WRITTEN)


@pytest.mark.parametrize("corpus", REAL)
def test_real_corpora(corpus, corpora, tmp_path):
    sources = [source.format(corpora) for source in REAL[corpus]]
    build(source_plan(sources, "", designs=("es",)), tmp_path / "out", progress=QUIET)
    assert check_all(tmp_path / "out") >= SOME * len(WRITTEN)


@pytest.mark.parametrize("task", SCHEMAS)
@pytest.mark.parametrize("design", WRITTEN, ids=lambda design: design.name)
def test_completions_alone(task, design):
    gold = completions(task, design)
    scores = score(gold, [text + "\n" for text in gold], design=design, schema=SCHEMAS[task], resamples=0)
    check_right(scores, design.name)
