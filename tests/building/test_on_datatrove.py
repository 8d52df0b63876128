"""A build by an executor of datatrove has the bytes of a local build.

pytest tests/building/test_on_datatrove.py
"""

from __future__ import annotations

from functools import partial

import pytest

from sde_datasets.building.pipeline import build
from sde_datasets.errors import InputError
from sde_datasets.ingest.source_plan import source_plan
from sde_datasets.utils.progress import Progress
from tests.building.test_on_ray import content

QUIET = Progress(quiet=True)
PLAN = source_plan(["synthetic=40"], "ner", designs=("lines-text", "json-num-cot"))


class Submitted:
    """An executor that returns before its jobs run."""

    def __init__(self, pipeline) -> None:
        pass

    def run(self) -> None:
        pass


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_executor_writes_the_bytes_of_a_local_build(tmp_path):
    pytest.importorskip("datatrove")
    from datatrove.executor import LocalPipelineExecutor

    from sde_datasets.building.on_datatrove import OnDatatrove

    with pytest.raises(InputError, match="3 of 3 shards are not written yet"):
        build(PLAN, tmp_path / "out", progress=QUIET, write=OnDatatrove(Submitted))
    local = partial(LocalPipelineExecutor, tasks=2, workers=1, logging_dir=str(tmp_path / "logs"))
    build(PLAN, tmp_path / "out", progress=QUIET, write=OnDatatrove(local))
    build(PLAN, tmp_path / "local", 1, progress=QUIET)
    assert content(tmp_path / "out") == content(tmp_path / "local")
