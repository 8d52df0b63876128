"""Whole corpora through the whole chain: the bundled ones, and the real ones where they are beside the checkout.

pytest tests/building/test_corpora.py
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sde_datasets.building.check import check
from sde_datasets.building.pipeline import build
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.ingest.plan import bundled_plan, read_plan
from sde_datasets.ingest.source_plan import source_plan
from sde_datasets.utils.progress import Progress
from tests.scoring.examples import WRITTEN
from tests.scoring.test_gold_is_right import SOME, check_all

pytestmark = pytest.mark.slow

QUIET = Progress(quiet=True)


def checked(plan, out: Path) -> dict:
    """The reports of the views of a plan that was built and checked."""
    build(plan, out, 1, progress=QUIET)
    assert [*check(out, 1, QUIET)][-1].startswith("all right")
    return {name: state.report for name, state in Manifest.load(out).views.items()}


def test_the_bundled_corpora_have_600_records_each_and_every_config_loads(tmp_path):
    reports = checked(read_plan(bundled_plan()), tmp_path / "out")
    assert list(reports) == ["ner", "ed", "mabsa", "mabsa_zh"]
    for report in reports.values():
        assert report.records == {"kept": 600, "read": 600}
        assert report.splits == {"test": 60, "train": 480, "validation": 60}
        assert report.shared_texts == {}
    assert reports["ner"].evidence == {"context": 1818} and reports["mabsa_zh"].evidence == {"extracted": 3032}


# the check reads them with their texts, and compares all that is marked with the spans of the annotations
MARKED = ("inline-text-ou", "inline-num-ou")
REAL = {
    "genia": (["genia=genia_term"], {"ner": (18546, 46234 + 4722 + 5123)}),
    "maven": (["maven=maven", "maven:all=maven"], {"ed": (8094, 2957 + 2911), "ed_all": (8094, 9639 + 9698)}),
    "mams": (["mams=mams", "mams:d1=mams", "mams:d2=mams"], {"mabsa": (3949, 7090 + 888 + 901)}),
    "asap": (["asap=asap", "asap:d1=asap", "asap:d2=asap"], {"mabsa": (300, 597 + 641 + 571)}),
    "acos": (["acos=acos", "acos:laptop=acos"], {}),
    "brat": (["brat=nerel"], {"ner": (13715, 44867 + 5590 + 5827)}),
}


@pytest.mark.parametrize("corpus", REAL)
def test_a_real_corpus_is_built_and_proved_right(tmp_path, corpora, corpus):
    sources, expected = REAL[corpus]
    sources = [f"{name}={corpora / folder}" for name, _, folder in (source.partition("=") for source in sources)]
    designs = ("natural-num-cot", "list-text-ou", *(MARKED if corpus in ("genia", "maven", "brat") else ()))
    reports = checked(source_plan(sources, "", designs=designs), tmp_path / "out")
    # gold as prediction scores 1.0 under every written design
    assert check_all(tmp_path / "out") >= SOME * len(WRITTEN)
    for view, (records, read) in expected.items():
        found = reports[view].annotations
        assert reports[view].records["kept"] == records
        assert found["kept"] + found["merged"] == read
    if corpus == "acos":
        pairs = sum(report.annotations["kept"] for report in reports.values())
        quadruples = sum(report.notes["quadruples"] for report in reports.values())
        assert (quadruples, pairs) == (9434, 7958)
