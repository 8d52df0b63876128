"""The check finds each thing that can be wrong with a folder, and says nothing of a right one.

pytest tests/building/test_check.py
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sde_datasets.building.check import check
from sde_datasets.building.load_check import ALL_CONFIGS, MOST_CONFIGS, check_parquet, configs_to_load
from sde_datasets.building.pipeline import build
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.dataset.parquet import open_writer
from sde_datasets.designs.design import GRID, get_design
from sde_datasets.errors import InputError
from sde_datasets.ingest.source_plan import source_plan
from sde_datasets.utils.files import sha256_of
from sde_datasets.utils.progress import Progress

SAMPLES = Path(__file__).resolve().parents[2] / "builders" / "samples"
QUIET = Progress(quiet=True)
DESIGNS = ("lines-text", "lines-text-instlast", "json-num-rcot-ou", "list-text-noinst", "natural-text-cot")


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "out"
    build(source_plan([f"acos={SAMPLES / 'mabsa'}"], "", designs=DESIGNS), out, 1, progress=QUIET)
    return out


@pytest.fixture
def folder(whole, tmp_path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "out"))


def lines_of(folder: Path) -> str:
    return "\n".join(check(folder, 1, QUIET))


def replace_file(folder: Path, path: str, table: pa.Table) -> None:
    """Replace a file, and its hash in the manifest, as if it had been built so."""
    with open_writer(folder / path, table.schema) as writer:
        writer.write_table(table)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["outputs"][path]["sha256"] = sha256_of(folder / path)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def rewrite(folder: Path, config: str, column: str, change) -> None:
    """Change a column of a config's test file."""
    path = f"data/{config}/test-00000-of-00001.parquet"
    table = pq.read_table(folder / path)
    at = table.schema.get_field_index(column)
    values = change(table.column(column).to_pylist())
    table = table.slice(0, len(values)).set_column(
        at, table.schema.field(at), pa.array(values, table.schema.field(at).type)
    )
    replace_file(folder, path, table)


def test_a_right_folder_passes_with_its_figures(folder):
    said = lines_of(folder)
    assert "3,000 samples, 2,400 different ones read back" in said
    assert "18 files with the rows, columns and features" in said
    assert "7 configs" in said and "5 of 7 configs with their rows, some of every view" in said and "all right" in said


def test_a_changed_byte_is_found(folder):
    path = folder / "data/mabsa-lines-text/train-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(InputError, match=r"lines-text/train.*sha256 differs"):
        lines_of(folder)


def test_a_missing_file_is_found(folder):
    (folder / "configs.csv").unlink()
    with pytest.raises(InputError, match=r"configs\.csv.*not in the folder"):
        lines_of(folder)


def test_a_file_too_many_is_found(folder):
    (folder / "data/mabsa-lines-text/notes.parquet").write_bytes(b"x")
    with pytest.raises(InputError, match=r"notes\.parquet.*not in the manifest"):
        lines_of(folder)


def test_a_folder_without_a_manifest_is_refused(folder):
    (folder / "manifest.json").unlink()
    with pytest.raises(InputError, match=r"no manifest\.json"):
        lines_of(folder)


@pytest.mark.parametrize(
    ("column", "change", "found"),
    [
        ("completion", lambda v: [v[1], v[0], *v[2:]], "is not read back"),
        ("completion", lambda v: [v[0] + "!", *v[1:]], "is not read back"),
        ("prompt", lambda v: [v[1], *v[1:]], "a prompt does not have the form of no-inst"),
        ("id", lambda v: [v[1], v[0], *v[2:]], "the column id differs"),
        ("source_text", lambda v: ["other", *v[1:]], "the column source_text differs"),
        ("annotations", lambda v: [[], *v[1:]], "the column annotations differs"),
        ("id", lambda v: v[:-1], "fewer rows than the records"),
    ],
)
def test_a_sample_that_does_not_fit_its_record_is_found(folder, column, change, found):
    rewrite(folder, "mabsa-list-text-noinst", column, change)
    with pytest.raises(InputError, match=found):
        lines_of(folder)


def test_designs_that_share_answers_must_agree(folder):
    rewrite(folder, "mabsa-lines-text-instlast", "completion", lambda v: [v[1], v[0], *v[2:]])
    with pytest.raises(InputError, match="completions differ from those of mabsa-lines-text"):
        lines_of(folder)


def damage_card(folder: Path, old: str, new: str) -> None:
    card = folder / "README.md"
    card.write_text(card.read_text("utf-8").replace(old, new), encoding="utf-8")


def test_a_card_that_the_parsers_refuse_is_found(folder):
    damage_card(folder, "config_name: mabsa-es,", "config_name: mabsa-lines-text,")
    with pytest.raises(InputError, match=r"README\.md"):
        lines_of(folder)


def test_a_card_that_points_elsewhere_is_found(folder):
    damage_card(folder, "data/mabsa-lines-text/test", "data/mabsa-records/test")
    with pytest.raises(InputError, match="differs from the card that these files give"):
        lines_of(folder)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda table: table.replace_schema_metadata(None), "other columns or features"),
        (lambda table: table.append_column("place", table.column("id")), "other columns or features"),
    ],
)
def test_a_file_from_which_datasets_takes_other_features_is_found_without_loading_it(folder, change, found):
    """It is no file of a config that is loaded: of the two with the format lines it is the second."""
    path = "data/mabsa-lines-text-instlast/test-00000-of-00001.parquet"
    replace_file(folder, path, change(pq.read_table(folder / path)))
    manifest = Manifest.load(folder)
    assert "mabsa-lines-text-instlast" not in configs_to_load(manifest)
    with pytest.raises(InputError, match=rf"lines-text-instlast/test.*{found}"):
        check_parquet(folder, manifest)


def test_rows_that_differ_from_the_manifest_are_found_without_loading_the_file(folder):
    manifest = Manifest.load(folder)
    path = "data/mabsa-lines-text-instlast/test-00000-of-00001.parquet"
    replace_file(folder, path, pq.read_table(folder / path).slice(1))
    with pytest.raises(InputError, match="has 59 rows, the manifest 60"):
        check_parquet(folder, manifest)


def test_of_many_configs_some_of_every_view_and_format_are_loaded(whole):
    manifest = replace(Manifest.load(whole), bundled=True)
    assert configs_to_load(manifest) == manifest.configs()
    (state,) = manifest.views.values()
    many = replace(manifest, views={"mabsa": replace(state, designs=GRID)})
    chosen = configs_to_load(many)
    assert len(many.configs()) > ALL_CONFIGS and len(chosen) == len(set(chosen)) == MOST_CONFIGS
    kinds = {"mabsa-records", "natural", "lines", "json", "list"}
    assert {name if name.endswith("records") else get_design(name.partition("-")[2]).format for name in chosen} == kinds
    assert len(configs_to_load(replace(many, bundled=False))) == len(kinds)
