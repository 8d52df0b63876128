"""The report of a study: what it shows, and that it is self-contained.

pytest tests/study/test_report.py
"""

from __future__ import annotations

import math
import re
import shutil
from pathlib import Path

import polars as pl
import pytest
import yaml
from click.testing import CliRunner

from sde_datasets.cli.main import main
from sde_datasets.errors import InputError
from sde_datasets.study.folder import StudyFolder
from sde_datasets.study.publish import card_with_study, study_files
from sde_datasets.study.report.render import write_report
from sde_datasets.study.results import read_results


@pytest.fixture(scope="module")
def study(finished, tmp_path_factory) -> Path:
    out = Path(shutil.copytree(finished, tmp_path_factory.mktemp("report") / "study"))
    write_report(StudyFolder(out))
    return out


def test_the_page_needs_nothing_from_elsewhere(study):
    page = (study / "report" / "report.html").read_text("utf-8")
    addresses = re.findall(r'(?:src|href)="([^"#][^"]*)"', page)
    assert addresses == [] and page.count("<svg") >= 3 and "cannot tell" in page


def test_the_markdown_links_to_its_figures(study):
    report = study / "report"
    linked = re.findall(r"\]\((figures/[^)]+)\)", (report / "REPORT.md").read_text("utf-8"))
    assert linked and all((report / path).is_file() for path in linked)


def test_every_cell_is_traceable_to_its_run_folder(study):
    runs = set(re.findall(r"cells/[\w.-]+/run", (study / "report" / "REPORT.md").read_text("utf-8")))
    assert len(runs) == 8 and all((study / run / "run.toml").is_file() for run in runs)


def test_the_same_results_give_the_same_bytes(study):
    def contents() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (study / "report").rglob("*") if path.is_file()}

    before = contents()
    write_report(StudyFolder(study))
    assert contents() == before


def test_comparisons_with_one_seed_are_counted(study, tmp_path):
    out = Path(shutil.copytree(study, tmp_path / "study"))
    results = pl.read_parquet(out / "results.parquet")
    missing = (pl.col("arm") == "json-text-noinst") & (pl.col("train_view") == "ner") & (pl.col("seed") == 2)
    results.filter(~missing).write_parquet(out / "results.parquet")
    report = write_report(StudyFolder(out))
    assert [limit for limit in report.limits if limit.startswith("1 of 2 comparisons have one seed so far")]


def test_the_command_shows_the_tables_and_names_the_page(study):
    done = CliRunner().invoke(main, ["report", str(study)])
    assert done.exit_code == 0 and "Differences" in done.output and "report.html" in done.output


def test_a_folder_without_a_study_is_refused(tmp_path):
    with pytest.raises(InputError, match="is not a study folder"):
        write_report(StudyFolder(tmp_path))


def test_all_that_a_plan_measures_is_in_the_report(measured, tmp_path):
    out = StudyFolder(Path(shutil.copytree(measured, tmp_path / "study")))
    report = write_report(out)
    names = {figure.name for figure in report.figures}
    assert names >= {"sizes", "cost", "ranks", "targets", "attention", "attention_sample"}
    assert any(limit.startswith("There is one seed") for limit in report.limits)
    assert all("cannot tell" in sentence for sentence in report.sentences)


def test_perplexity_is_measured_for_each_sample(measured):
    results, samples = read_results(StudyFolder(measured))
    rows = results.filter(pl.col("kind") == "perplexity")
    losses = samples.filter(pl.col("evaluation") == rows["evaluation"][0])["losses"].to_list()
    mean = sum(loss[2] for loss in losses) / sum(loss[3] for loss in losses)
    assert rows["completion_perplexity"][0] == pytest.approx(math.exp(mean)) and len(losses) == 2


def test_results_are_pushed_as_configs_of_their_own(study):
    files = study_files(StudyFolder(study), "small")
    card = card_with_study(
        "---\nlicense: mit\nconfigs:\n- config_name: ner\n  data_files: a.parquet\n---\n# Mine\n", "small", ""
    )
    front = yaml.safe_load(card.split("---")[1])
    assert [entry["config_name"] for entry in front["configs"]] == ["ner", "study-small-results", "study-small-samples"]
    assert {entry["data_files"] for entry in front["configs"][1:]} <= set(files) and card.endswith("# Mine\n")
    assert card_with_study(card, "small", "") == card


def test_published_files_name_no_folder_of_this_machine(study):
    assert not [name for name, data in study_files(StudyFolder(study), "small").items() if b"/tmp/" in data]


def test_what_a_cell_keeps_names_no_folder_of_this_machine(study):
    kept = list(study.glob("cells/*/*.json"))
    assert kept and not [path.name for path in kept if b"/tmp/" in path.read_bytes()]
