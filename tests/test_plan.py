"""Plans: project files and command lines become views with names, and mistakes name the nearest known key.

pytest tests/test_plan.py
"""

from __future__ import annotations

import pytest

from sde_datasets.build import build
from sde_datasets.errors import InputError, UsageError
from sde_datasets.manifest import read_manifest
from sde_datasets.plan import bundled_plan, read_plan, source_plan
from sde_datasets.progress import Progress


def names(*sources: str, task: str = "") -> list[str]:
    return [view.name for view in source_plan(sources, task).view]


def test_the_first_corpus_of_a_task_owns_the_bare_name():
    assert names("genia=a", "brat=b", "maven=c", "maven:all=c") == ["ner", "ner_brat", "ed", "ed_all"]
    assert names("asap=a", "mams=b", "mams:d1=b", "asap:d1=a") == ["mabsa", "mabsa_mams", "mabsa_mams_d1", "mabsa_d1"]
    assert names("jsonl=a", task="ner") == ["ner"]


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
        ("[[view]]\npath = 'x'", "lacks the key 'corpus'"),
        ("", "has no view"),
        ("[[view]", "not a TOML file"),
        ("dedupe = 'yes'\n[[view]]\ncorpus = 'genia'", "dedupe: is 'yes'. Give true or false"),
        ("max_empty = 2\n[[view]]\ncorpus = 'genia'", "share from 0 to 1"),
        ("evidence = 'some'\n[[view]]\ncorpus = 'genia'", "Known: all, annotated"),
        ("[[view]]\ncorpus = 'genia'\nname = 'my-view'", "my-view"),
        ("[[view]]\ncorpus = 'genia'\n[[view]]\ncorpus = 'genia'", "two views are named 'ner'"),
        ("[[view]]\ncorpus = 'genia'\ntargets = [1]", "targets: is \\[1\\]. Give a list of strings"),
    ],
)
def test_mistakes_in_a_plan_are_named(tmp_path, text, says):
    with pytest.raises(InputError, match=says):
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
    state = read_manifest(tmp_path / "out")["views"]["reviews"]
    assert state["designs"] == ["lines-text", "json-text"] and state["schema"]["targets"] == ["food"]
    assert state["report"]["annotations"] == {"kept": 2, "merged": 0, "outside": 1, "read": 3}
    assert state["report"]["outside"] == {"place": 1}
