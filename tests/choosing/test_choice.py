"""A choice from data to report, with a world in the place of training.

pytest tests/choosing/test_choice.py
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from sde_datasets.card.markdown import inline
from sde_datasets.choosing.amount import Amount, Unit
from sde_datasets.choosing.api import chosen_design
from sde_datasets.ingest.source_plan import source_plan
from sde_datasets.runs.options import read_options
from tests.choosing.conftest import write_rows
from tests.choosing.world_launcher import World

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def finished(tmp_path_factory, folder):
    """A choice that has ended, for tests that read it: its folder, what it found, and its report."""
    pytest.importorskip("transformers", reason="the train extra is not installed")
    from sde_datasets.choosing.amount import parse_amount
    from sde_datasets.choosing.api import run_choice
    from sde_datasets.choosing.request import ChoiceRequest
    from sde_datasets.choosing.run_race import Machine
    from sde_datasets.choosing.wishes import Wishes
    from sde_datasets.utils.progress import Progress
    from tests.choosing.conftest import FIXED

    out = tmp_path_factory.mktemp("choices") / "choice"
    request = ChoiceRequest("tiny", parse_amount(runs=24), str(folder), wishes=Wishes(FIXED))
    found, report = run_choice(request, out, Machine(launcher=World()), Progress(quiet=True))
    return out, found, report


def test_a_choice_recommends_a_good_design_of_the_world(finished):
    _, found, _ = finished
    chosen = chosen_design(found)
    # lines and ou have the highest share of right answers in this world, and the weight 1 a lower one
    assert chosen.design.startswith("lines-text") and "cot" not in chosen.design and chosen.prompt_weight == 0
    assert chosen.low < chosen.score < chosen.high and chosen.score_name == "kappa"
    names = chosen.confidence_set
    assert {chosen.cheapest, chosen.shortest} <= set(names)


def test_a_choice_spends_its_budget_of_runs(finished):
    out, found, _ = finished
    cells = list((out / "cells").iterdir())
    assert len(cells) == len(found.race.last.results) <= 24


def test_the_run_file_trains_the_recommended_design_on_all_data(finished):
    out, found, _ = finished
    options = read_options(out / "run.toml")
    chosen = chosen_design(found)
    assert options["config"] == f"mabsa-{chosen.design}" and options["model"] == "tiny"
    assert options.get("prompt_weight", 0.0) == chosen.prompt_weight and "train_size" not in options
    from sde_datasets.dataset.manifest import Manifest

    rows = Manifest.load(Path(options["data"])).split_rows(options["config"])
    assert rows == {"train": 240, "validation": 80, "test": 40}


def test_the_report_is_written_in_three_forms_from_one_content(finished):
    out, found, report = finished
    text = (out / "report" / "CHOICE.md").read_text("utf-8")
    page = (out / "report" / "choice.html").read_text("utf-8")
    assert all(inline(sentence) in text for sentence in report.sentences)
    assert report.sentences[0].startswith(f"Recommended: {chosen_design(found).design}")
    assert {figure.name for figure in report.figures} == {"race", "set", "effects", "curves", "costs"}
    assert page.count("<svg") == 5 and not re.search(r'(src|href)="http', page)


def test_the_report_says_at_which_setting_the_choice_holds(finished):
    *_, report = finished
    assert any("at a learning rate of 0.001 and with 450 steps of 16 samples" in line for line in report.sentences)


def test_scores_of_samples_are_kept(finished):
    out, found, _ = finished
    samples = pl.read_parquet(out / "samples.parquet")
    assert len(samples) == 80 * len(found.race.last.results)


@pytest.mark.parametrize("runs", [3, 17])
def test_a_choice_that_is_killed_goes_on_and_ends_the_same(finished, folder, ask, choose, tmp_path, runs):
    out, *_ = finished
    with pytest.raises(KeyboardInterrupt):
        choose(ask(str(folder)), tmp_path / "choice", World(stop_after=runs))
    world = World()
    choose(ask(str(folder)), tmp_path / "choice", world)
    assert len(world.ran) == len(list((out / "cells").iterdir())) - runs
    for name in ("CHOICE.md", "choice.html"):
        assert (tmp_path / "choice" / "report" / name).read_bytes() == (out / "report" / name).read_bytes()


def test_a_choice_that_has_ended_runs_nothing_again(finished, folder, ask, choose, tmp_path):
    out = Path(shutil.copytree(finished[0], tmp_path / "choice"))
    world = World()
    _, report = choose(ask(str(folder)), out, world)
    assert not world.ran and report.sentences == finished[2].sentences


def test_a_larger_budget_uses_the_runs_of_a_smaller_one(finished, folder, ask, choose, tmp_path):
    out = Path(shutil.copytree(finished[0], tmp_path / "choice"))
    before, world = len(finished[1].race.last.results), World()
    found, _ = choose(ask(str(folder), runs=40), out, world)
    assert before < len(found.race.last.results) and len(world.ran) < len(found.race.last.results)


def test_a_budget_of_tokens_is_kept(folder, ask, choose, tmp_path):
    found, _ = choose(ask(str(folder), amount=Amount(Unit.TOKENS, 6_000_000)), tmp_path / "choice", World())
    results = found.race.last.results
    assert 3_000_000 < sum(result.cost for result in results) <= 6_000_000


def test_the_speed_is_measured_with_as_many_runs_as_run_at_a_time(folder, ask, quiet, tmp_path):
    from sde_datasets.choosing.api import run_choice
    from sde_datasets.choosing.run_race import Machine

    world, launched = World(), []

    def launcher(jobs):
        launched.append([job.cell.arm for job in jobs])
        return world(jobs)

    request = ask(str(folder), amount=Amount(Unit.TOKENS, 6_000_000))
    run_choice(request, tmp_path / "choice", Machine(jobs=3, launcher=launcher), quiet)
    assert len(set(launched[0])) == 3


def test_each_run_says_its_place_in_the_stage_its_score_and_what_is_left(folder, ask, choose, tmp_path, capsys):
    from sde_datasets.utils.progress import Progress

    choose(ask(str(folder), runs=24), tmp_path / "choice", World(), Progress())
    lines = capsys.readouterr().err.splitlines()
    first = next(line for line in lines if line.startswith("run "))
    line = r"run 1 of 13: \S+ mi\S+ \(36 samples, seed 1\): kappa 0\.\d{3}, parses 100 %; 1 s; 23 runs left"
    assert re.fullmatch(line, first), first


def test_a_budget_that_ends_in_the_race_gives_the_best_answer_so_far(folder, ask, choose, tmp_path):
    _, report = choose(ask(str(folder), runs=13), tmp_path / "choice", World())
    assert any(line.startswith("The budget ended the race in the stage") for line in report.sentences)


def test_the_test_split_is_never_read(folder, ask, choose, tmp_path):
    data = Path(shutil.copytree(folder, tmp_path / "data"))
    for path in data.rglob("test-*.parquet"):
        path.unlink()
    fixed = {"format": ("lines",), "labels": ("text",), "unmentioned": ("pu",), "placement": ("inst-first",)}
    fixed |= {"definitions": ("none",), "reasoning": ("none",)}
    found, report = choose(ask(str(data), fixed=fixed, runs=20), tmp_path / "choice", World())
    # the recommended design is in the data, so nothing of the test split is copied for the final run
    assert found.options.data == str(data) and "The test split was not read." in report.limits[0]


def test_data_without_validation_split_get_one_by_a_hash(rows, ask, choose, tmp_path):
    path = write_rows(tmp_path / "rows.jsonl", 200)
    found, report = choose(ask(source_plan([f"jsonl={path}"], "mabsa")), tmp_path / "choice", World())
    data = found.race.data
    assert 25 <= data.validation_rows <= 55 and data.train_rows + data.validation_rows == 200
    assert "20 % of the training records, by a hash of the document" in report.limits[0]
    # the final run has all of them
    from sde_datasets.dataset.manifest import Manifest

    assert Manifest.load(Path(found.options.data)).split_rows(found.options.config) == {"train": 200}


def test_cross_validation_scores_all_rows(ask, choose, tmp_path):
    path = write_rows(tmp_path / "rows.jsonl", 60)
    found, report = choose(ask(source_plan([f"jsonl={path}"], "mabsa"), folds=3), tmp_path / "choice", World())
    results = found.race.last.results
    assert found.race.data.validation_rows == 60 and len(list((tmp_path / "choice/cells").iterdir())) == 3 * len(
        results
    )
    assert "cross-validation with 3 folds" in report.limits[0]


def test_cheap_recommends_the_fewest_tokens_of_the_set(folder, ask, choose, tmp_path):
    found, _ = choose(ask(str(folder), prefer="cheap"), tmp_path / "choice", World())
    chosen = found.recommendation
    assert chosen.best == chosen.cheapest
    assert chosen.answers[chosen.best].generated == min(
        chosen.answers[row].generated for row in found.race.choice.confidence_set
    )


def test_a_parse_rate_that_no_design_has_is_said(folder, ask, choose, tmp_path):
    _, report = choose(ask(str(folder), min_parse_rate=0.99), tmp_path / "choice", World(parsed=0.9))
    (line,) = [line for line in report.sentences if line.startswith("A wish is not met")]
    assert "99 % of the answers in the form that is asked for" in line and "the highest measured share is" in line


def test_a_run_that_fails_is_left_out_and_said(folder, ask, choose, tmp_path):
    world = World(fails=lambda job: "memory is short" if "json-text-cot" in job.cell.design else "")
    found, report = choose(ask(str(folder)), tmp_path / "choice", world)
    assert found.race.last.failed and any("memory is short" in line for line in report.limits)


def test_scores_at_zero_are_not_ranked(folder, ask, choose, tmp_path):
    # a model that learned nothing gives the same answer to all
    found, report = choose(ask(str(folder)), tmp_path / "choice", World(skill=lambda job: 0.0, varied=False))
    assert found.options is None and report.sentences[0].startswith("Cannot tell at this size")
    assert not (tmp_path / "choice" / "run.toml").exists() and [f.name for f in report.figures] == ["race"]
