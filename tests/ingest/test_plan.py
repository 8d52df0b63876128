"""Plans: project files and command lines become views with names, and mistakes name the nearest known key.

pytest tests/ingest/test_plan.py
"""

from __future__ import annotations

import pytest

from sde_datasets.building.pipeline import build
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.plan import bundled_plan, read_plan
from sde_datasets.ingest.source_plan import source_plan
from sde_datasets.utils.progress import Progress


def names(*sources: str, task: str = "") -> list[str]:
    return [view.name for view in source_plan(sources, task).view]


def test_the_first_corpus_of_a_task_owns_the_bare_name():
    assert names("genia=a", "brat=b", "maven=c", "maven:all=c") == ["ner", "ner_brat", "ed", "ed_all"]
    assert names("asap=a", "mams=b", "mams:d1=b", "asap:d1=a") == ["mabsa", "mabsa_mams", "mabsa_mams_d1", "mabsa_d1"]
    assert names("jsonl=a", task="ner") == ["ner"]


def test_several_paths_of_one_corpus_and_subset_are_one_view():
    plan = source_plan(["jsonl=a.jsonl", "maven=m", "jsonl=b.jsonl", "maven:all=m"], "ner")
    assert [(view.name, view.path) for view in plan.view] == [
        ("ner", ("a.jsonl", "b.jsonl")),
        ("ed", "m"),
        ("ed_all", "m"),
    ]


def test_keys_of_a_command_line_are_for_one_view():
    (view,) = source_plan(
        ["csv=a"], "mabsa", keys={"labels": {"5": "positive"}, "targets": ("food",), "rename": {}}
    ).view
    assert view.labels == {"5": "positive"} and view.targets == ("food",)
    with pytest.raises(UsageError, match="--targets: for one corpus, and 2 are given"):
        source_plan(["csv=a", "jsonl=b"], "mabsa", keys={"targets": ("food",)})


def test_the_bundled_plan_is_a_project_file_like_any_other():
    plan = read_plan(bundled_plan())
    assert [view.name for view in plan.view] == ["ner", "ed", "mabsa", "mabsa_zh"]
    assert all(view.facts == "samples" for view in plan.view)


def written(tmp_path, text: str):
    path = tmp_path / "sde.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("designz = ['all']\n[[view]]\ncorpus = 'genia'", "unknown key 'designz'.*designs"),
        ("[[view]]\ncorpus = 'genia'\npaht = 'x'", "view 1: unknown key 'paht'.*path"),
        ("[[view]]\npath = 'x'", "view 1: lacks corpus"),
        ("", "has no view"),
        ("[[view]", "not a TOML file"),
        ("dedupe = 'yes'\n[[view]]\ncorpus = 'genia'", "dedupe is 'yes'. Give true or false"),
        ("max_rejected = -1\n[[view]]\ncorpus = 'genia'", "max_rejected is -1. Give a number from 0 to 1"),
        ("[[view]]\ncorpus = 'genia'\npath = []", "path is \\[\\]. Give a path, or a list of paths"),
        ("max_empty = 2\n[[view]]\ncorpus = 'genia'", "max_empty is 2. Give a number from 0 to 1"),
        ("evidence = 'some'\n[[view]]\ncorpus = 'genia'", "evidence is 'some'. Give all or annotated"),
        ("[[view]]\ncorpus = 'genia'\nname = 'my-view'", "my-view"),
        ("[[view]]\ncorpus = 'genia'\n[[view]]\ncorpus = 'genia'", "two views are named 'ner'"),
        ("[[view]]\ncorpus = 'genia'\ntargets = [1]", "targets is \\[1\\]. Give a list of strings"),
    ],
)
def test_mistakes_in_a_plan_are_named(tmp_path, text, says):
    with pytest.raises(InputError, match=says):
        read_plan(written(tmp_path, text))


@pytest.mark.parametrize(
    "text", ["split = '80'\n[[view]]\ncorpus = 'genia'", "[[view]]\ncorpus = 'genia'\nsplit = '1/2/3'"]
)
def test_shares_of_splits_that_are_none(tmp_path, text):
    with pytest.raises(UsageError, match="is not of the form 80/10/10"):
        read_plan(written(tmp_path, text))


def test_a_missing_plan_and_an_unknown_corpus(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_plan(tmp_path / "none.toml")
    with pytest.raises(UsageError, match="genia"):
        read_plan(written(tmp_path, "[[view]]\ncorpus = 'genai'"))


def test_a_plan_with_own_columns_targets_labels_and_designs_builds(tmp_path):
    (tmp_path / "rows.jsonl").write_text(
        '{"nr": "a", "review": "soup fine", "said": [{"about": "food", "verdict": "yay"}]}\n'
        '{"nr": "b", "review": "soup bad, far", "said": [{"about": "food", "verdict": "nay"}, '
        '{"about": "place", "verdict": "nay"}]}\n'
    )
    path = written(
        tmp_path,
        """
name = "Mine"
repository = "me/mine"
designs = ["lines-*"]

[[view]]
name = "reviews"
corpus = "jsonl"
path = "rows.jsonl"
task = "mabsa"
targets = ["food"]
designs = ["es", "reviews-json-text"]
licence = "cc0-1.0"
columns = {id = "nr", text = "review", annotations = "said", target = "about", label = "verdict"}
labels = {yay = "positive", nay = "negative"}
""",
    )
    build(read_plan(path), tmp_path / "out", 1, progress=Progress(quiet=True))
    state = Manifest.load(tmp_path / "out").views["reviews"]
    assert state.designs == ("lines-text", "json-text") and state.schema.targets == ("food",)
    assert state.report.annotations == {"kept": 2, "merged": 0, "outside": 1, "read": 3}
    assert state.report.outside == {"place": 1}
