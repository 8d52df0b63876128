"""The scores of a study as the page of designs shows them.

pytest tests/study/test_score_grids.py
"""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from sde_datasets.cli.main import main
from sde_datasets.errors import InputError
from sde_datasets.explorer.study_scores import score_grids
from sde_datasets.study.folder import StudyFolder
from sde_datasets.study.results import read_results


def test_a_grid_has_the_mean_of_the_seeds_of_each_design(finished):
    results, _ = read_results(StudyFolder(finished))
    grids = {grid.view: grid for grid in score_grids(finished)}
    assert set(grids) == {"mabsa", "ner"} and grids["mabsa"].name.startswith("kappa of llama, trained on mabsa")
    for view, grid in grids.items():
        assert set(grid.scores) == {"lines-text-noinst", "json-text-noinst"} and set(grid.seeds.values()) == {2}
        for design, score in grid.scores.items():
            rows = results.filter((results["test_view"] == view) & (results["design"] == design))
            assert score == pytest.approx(rows["score"].mean())


def test_a_folder_without_a_study_is_refused(tmp_path):
    with pytest.raises(InputError, match="is not a study folder"):
        score_grids(tmp_path)


def test_the_page_of_a_dataset_has_the_scores_of_its_study(data, finished, tmp_path):
    page = tmp_path / "page.html"
    done = CliRunner().invoke(main, ["explore", str(data), "--study", str(finished), "--html", str(page), "--n", "1"])
    assert done.exit_code == 0, done.output
    held = re.search(r'type="application/json" id="data">(.*?)</script>', page.read_text("utf-8"))[1]
    grids = json.loads(held)["catalogue"]["grids"]
    assert {grid["view"] for grid in grids} == {"mabsa", "ner"} and all(len(grid["scores"]) == 2 for grid in grids)
