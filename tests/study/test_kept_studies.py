"""The studies in docs/studies: the report that is kept is the one that their results give.

pytest tests/study/test_kept_studies.py
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sde_datasets.study.analysis.study_analysis import analyse
from sde_datasets.study.folder import StudyFolder
from sde_datasets.study.report.content import study_report
from sde_datasets.study.report.render import markdown

ROOT = Path(__file__).parents[2]
STUDIES = sorted(path.parent for path in (ROOT / "docs" / "studies").glob("*/plan.toml"))


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_the_report_follows_from_the_results(study):
    report = study_report(analyse(StudyFolder(study)))
    assert markdown(report) == (study / "report" / "REPORT.md").read_text("utf-8")
