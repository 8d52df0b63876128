"""Fixtures of the tests of studies, which are skipped where a library is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.optional_libraries import MISSING

collect_ignore_glob = ["test_*.py"] if MISSING else []


@pytest.fixture(scope="session")
def finished(tmp_path_factory, data, models) -> Path:
    """A folder with a complete study: two designs, two views of two tasks, two seeds."""
    from sde_datasets.study.api import run_study
    from sde_datasets.utils.progress import Progress
    from tests.study.plans import small_plan

    out = tmp_path_factory.mktemp("studies") / "small"
    run_study(small_plan(data, models), out, Progress(quiet=True))
    return out


@pytest.fixture(scope="session")
def measured(tmp_path_factory, data, models) -> Path:
    """A folder with a complete study of one seed and two sizes, which measures all that a plan can ask for."""
    from sde_datasets.study.api import run_study
    from sde_datasets.utils.progress import Progress
    from tests.study.plans import small_plan

    out = tmp_path_factory.mktemp("studies") / "measured"
    plan = small_plan(
        data,
        models,
        views=(("mabsa",),),
        designs=("lines-text-ou-noinst",),
        seeds=(1,),
        sizes=(3, 4),
        test_size=2,
        trained=("greedy", "attention"),
        untrained=("zero-shot", "few-shot", "perplexity", "attention"),
        shots=1,
    )
    run_study(plan, out, Progress(quiet=True))
    return out
