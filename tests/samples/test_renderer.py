"""`sde.renderer`: what it gives is what a build writes, in every engine that passes Arrow.

pytest tests/samples/test_renderer.py
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sde_datasets as sde
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.designs.design import get_design
from sde_datasets.records.columns import SAMPLE_SCHEMA
from sde_datasets.samples.renderer import Renderer, renderer

NAMES = ("lines-text", "json-num-rcot-ou-instlast", "list-text-cot-noinst", "natural-text-ou-w2")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("built") / "out"
    sde.build("synthetic=40", out, task="mabsa", designs=NAMES)
    return out


@pytest.fixture(scope="module")
def records(folder) -> pa.Table:
    return table(folder, "mabsa-records")


@pytest.fixture(scope="module")
def render(folder) -> Renderer:
    return renderer("lines-text", schema_of(folder))


def schema_of(folder: Path) -> sde.Schema:
    return Manifest.load(folder).views["mabsa"].schema


def table(folder: Path, config: str, split: str = "train") -> pa.Table:
    return pa.concat_tables(pq.read_table(folder / path) for path in Manifest.load(folder).files(config, split))


@pytest.mark.parametrize("name", NAMES)
def test_the_samples_are_those_of_a_build(folder, records, name):
    assert renderer(name, schema_of(folder))(records).equals(table(folder, f"mabsa-{name}"))


def test_a_batch_gives_a_batch_and_no_rows_give_none(records, render):
    (batch,) = records.combine_chunks().to_batches()
    assert render(batch).equals(
        pa.RecordBatch.from_arrays([c.chunk(0) for c in render(records).columns], schema=SAMPLE_SCHEMA)
    )
    assert render(batch.slice(0, 0)).schema.equals(SAMPLE_SCHEMA) and len(render(batch.slice(0, 0))) == 0
    assert render(records.slice(0, 0)).schema.equals(SAMPLE_SCHEMA)


def test_parts_of_a_table_give_the_parts_of_its_samples(records, render):
    assert render(records.slice(7, 11)).equals(render(records).slice(7, 11))
    assert render(pa.concat_tables([records.slice(3), records.slice(0, 3)])).num_rows == records.num_rows


def test_the_pickle_has_the_same_bytes_in_every_process_and_after_use(render, records):
    code = "import sys, pickle, sde_datasets as sde; from sde_datasets.samples.renderer import renderer\n"
    code += f"schema = sde.Schema.from_json({render.schema.to_json()!r})\n"
    code += "render = renderer('lines-text', schema); schema.reserved; sys.stdout.buffer.write(pickle.dumps(render))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    render(records)
    assert pickle.dumps(render) == other
    assert pickle.loads(other) == render


def test_polars_maps_it_over_a_lazy_frame(records, render):
    schema = pl.from_arrow(render.arrow_schema.empty_table()).schema
    frame = pl.from_arrow(records).lazy()
    samples = frame.map_batches(lambda rows: pl.from_arrow(render(rows.to_arrow())), schema=schema).collect()
    assert samples.equals(pl.from_arrow(render(records)))


@pytest.mark.slow
def test_datasets_maps_it_by_batch(records, render, tmp_path):
    import datasets

    loaded = datasets.Dataset(records).with_format("arrow")
    features = datasets.Features.from_arrow_schema(render.arrow_schema)
    mapped = loaded.map(render, batched=True, batch_size=9, remove_columns=loaded.column_names, features=features)
    assert mapped.with_format("arrow")[:].equals(render(records))


# Ray Data uses what it deprecates itself
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.slow
def test_ray_data_maps_it_over_batches(records, render):
    ray = pytest.importorskip("ray")
    from ray.data import from_arrow

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        mapped = from_arrow([records.slice(0, 9), records.slice(9)]).map_batches(render, batch_format="pyarrow")
        samples = pa.concat_tables(ray.get(mapped.to_arrow_refs()))
    finally:
        ray.shutdown()
    assert samples.sort_by("id").equals(render(records).sort_by("id"))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda rows: rows.drop_columns("annotations"), "have no column annotations"),
        (lambda rows: rows.to_pylist(), "are a list"),
        (lambda rows: set_column(rows, "schema", "{}"), "have another schema than the renderer"),
        (lambda rows: set_column(rows, "annotations", "DNA"), "have other types"),
        (lambda rows: set_column(rows, "text", None), "have an empty value in the column text"),
    ],
)
def test_rows_that_are_no_records_of_the_schema_are_refused(records, render, change, problem):
    with pytest.raises(sde.InputError, match=problem):
        render(change(records))


def set_column(rows: pa.Table, name: str, value: str | None) -> pa.Table:
    values = pa.array([value] * len(rows), pa.string())
    return rows.set_column(rows.column_names.index(name), name, values)


def test_a_design_is_given_by_name_by_alias_or_as_a_design(render):
    same = {renderer(design, render.schema).design for design in ("es", "lines-text", get_design("lines-text"))}
    assert same == {get_design("lines-text")}
