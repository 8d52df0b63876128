"""A study pushed into a dataset repository: its tables load as configs of their own, and other files stay.

pytest tests/hub/test_push_study.py
"""

from __future__ import annotations

import pytest
from huggingface_hub import HfApi

from sde_datasets.study.folder import StudyFolder
from sde_datasets.study.plan import Plan
from sde_datasets.study.report.render import write_report
from sde_datasets.study.results import write_results
from tests.hub.commands import done, fails, sde

pytest.importorskip("matplotlib", reason="the plots extra is not installed")


@pytest.fixture
def study(tmp_path):
    """A study without cells, with a report."""
    folder = StudyFolder(tmp_path / "mine")
    folder.path.mkdir()
    folder.write_plan(Plan("My study", (("ner",),)))
    write_results(folder, [])
    write_report(folder)
    return folder.path


def test_a_study_is_pushed_beside_the_other_files(study, here):
    api = HfApi(endpoint=here.url, token=here.token)
    api.create_repo("org/data", repo_type="dataset")
    api.upload_file(path_or_fileobj=b"x", path_in_repo="other.txt", repo_id="org/data", repo_type="dataset")
    done(sde("push-study", study, "org/data", "--yes"))
    files = set(api.list_repo_files("org/data", repo_type="dataset"))
    assert {"other.txt", "README.md", "studies/mine/results.parquet", "studies/mine/REPORT.md"} <= files


def test_nobody_is_asked_where_nobody_is(study, here):
    fails(sde("push-study", study, "org/data"), 2, "give --yes")


def test_a_study_without_a_report_is_not_pushed(study, here):
    (study / "report" / "REPORT.md").unlink()
    fails(sde("push-study", study, "org/data", "--yes"), 1, "has no report yet")
