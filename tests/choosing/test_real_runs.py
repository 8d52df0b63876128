"""Trials that train a model: what a run leaves, and what a race reads from it.

pytest tests/choosing/test_real_runs.py
"""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.train, pytest.mark.slow]


def test_a_trial_trains_a_model_scores_its_answers_and_keeps_no_weights(folder, tmp_path, quiet):
    pytest.importorskip("peft", reason="the train extra is not installed")
    from sde_datasets.choosing.candidates import candidates_of
    from sde_datasets.choosing.data import prepare_data
    from sde_datasets.choosing.folder import ChoiceFolder
    from sde_datasets.choosing.journal import Journal
    from sde_datasets.choosing.probe import measure, spread_arms
    from sde_datasets.choosing.runner import CellPlan, StudyRunner
    from sde_datasets.choosing.source import open_source
    from sde_datasets.choosing.trials import Trial, TrialResult
    from sde_datasets.designs.design import get_design
    from sde_datasets.study.arms import Arm
    from sde_datasets.study.launch import local

    out = ChoiceFolder(tmp_path / "choice")
    data = prepare_data(open_source(str(folder), "", out.source, quiet), out.data)
    arms = [Arm(get_design("lines-text-ou-noinst")), Arm(get_design("lines-text-ou-noinst"), 1.0)]
    plan = CellPlan(data, out, "tiny", {"steps": 2, "order": "text"}, limit=4)
    journal = Journal(out.journal, "key", candidates_of(arms))
    runner = StudyRunner(plan, arms, journal, local, quiet)
    (result,) = runner.run([Trial(1, 24, 0)])
    assert isinstance(result, TrialResult) and result.draws.shape == (1000,) and 0 <= result.parse_rate <= 1
    cells = runner.cells(Trial(1, 24, 0))
    assert result.answer_tokens > 0 and plan.usage(cells).prompts / 4 > 10 and result.cost > 0
    place = plan.place(cells[0])
    assert not (place.run / "model").exists()
    stamp = (place.path / "training.json").stat().st_mtime_ns
    (again,) = runner.run([Trial(1, 24, 0)])
    assert again.score == result.score and (place.path / "training.json").stat().st_mtime_ns == stamp
    probe = measure(plan, spread_arms(arms, 3), local, quiet)
    assert len(probe.usages) == 2 and probe.speed > 0
    assert all(usage.trained > 0 and usage.seconds > 0 for usage in probe.usages)
