"""The facts of a corpus and whether it may be published, with and without values of the plan.

pytest tests/card/test_published_as.py
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sde_datasets.dataset.corpus_facts import CorpusFacts
from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.facts import corpus_facts, view_facts
from sde_datasets.ingest.plan import ViewPlan

OWN_CORPORA = ("brat", "csv", "jsonl")


def published(corpus: str, base: Path = Path(), **view) -> CorpusFacts:
    return view_facts(ViewPlan(corpus, **view), base)


@pytest.mark.parametrize("corpus", ["genia", "maven", "asap", "mams", "synthetic"])
def test_a_licence_that_allows_it_is_enough(corpus):
    found = published(corpus)
    assert found.redistribute is True and found.own is False
    assert found == corpus_facts(corpus)


def test_without_a_licence_it_is_not_published():
    found = published("acos")
    assert found.redistribute is False and found.own is False
    assert (found.licence, found.licence_id) == ("not stated", "unknown")


def test_the_plan_can_take_the_responsibility():
    found = published("acos", redistribute=True)
    assert found.redistribute is True and found.licence == "not stated"


def test_a_licence_in_the_plan_does_not_publish_the_corpus_of_others():
    found = published("acos", licence="mit")
    assert found.redistribute is False and found.licence_id == "mit"


def test_the_plan_cannot_take_back_what_the_licence_allows():
    assert published("genia", redistribute=False).redistribute is True


@pytest.mark.parametrize("corpus", OWN_CORPORA)
def test_own_data_without_a_licence_are_not_published(corpus):
    found = published(corpus)
    assert found.own is True and found.redistribute is False
    assert (found.licence, found.licence_id) == ("not stated", "unknown")
    assert found.title == f"Own data ({corpus})" and found.get == ""


@pytest.mark.parametrize("corpus", OWN_CORPORA)
def test_own_data_with_a_licence_are(corpus):
    found = published(corpus, licence="cc-by-4.0")
    assert found.own is True and found.redistribute is True
    assert (found.licence, found.licence_id) == ("cc-by-4.0", "cc-by-4.0")


def test_own_data_may_be_published_without_a_licence_where_the_plan_says_so():
    found = published("jsonl", redistribute=True)
    assert found.redistribute is True and found.licence_id == "unknown"


@pytest.mark.parametrize(
    ("licence", "licence_id"),
    [
        ("MIT", "mit"),
        ("CC-BY-SA-4.0", "cc-by-sa-4.0"),
        ("Apache-2.0", "apache-2.0"),
        ("CC BY 4.0", "other"),
        ("House terms", "other"),
        ("cc-by-9.0", "other"),
    ],
)
def test_a_licence_that_is_no_id_of_the_hub_is_other(licence, licence_id):
    found = published("jsonl", licence=licence)
    assert (found.licence, found.licence_id) == (licence, licence_id)


def test_facts_of_another_name():
    found = published("brat", facts="nerel", path="x")
    assert found.title == "NEREL 1.1" and found.own is False and found.redistribute is False
    assert published("genia", facts="samples").licence_id == "apache-2.0"


@pytest.mark.parametrize(("name", "says"), [("geniaa", "Did you mean genia"), ("GENIA.tml", "TOML file")])
def test_unknown_facts_are_named(name, says):
    with pytest.raises(UsageError, match=f"unknown facts '{name}'.*{says}"):
        published("jsonl", facts=name)


@pytest.fixture
def facts(tmp_path):
    """Write own facts; the facts of own data with them."""

    def read(text: str, **view) -> CorpusFacts:
        (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
        return published("jsonl", tmp_path, facts="mine.toml", **view)

    return read


def test_own_facts_are_taken_and_the_rest_is_unknown(facts):
    found = facts('title = "Meals"\nlicence = "CC BY 4.0"\nlicence_id = "cc-by-4.0"\nredistribute = true\n')
    assert found == CorpusFacts(title="Meals", licence="CC BY 4.0", licence_id="cc-by-4.0", redistribute=True)


def test_own_facts_without_a_title_have_that_of_their_file(facts):
    assert facts("").title == "mine"


def test_own_facts_are_not_published_unless_they_or_the_plan_say_so(facts):
    assert facts('licence = "mine"').redistribute is False
    assert facts('licence = "mine"', redistribute=True).redistribute is True


def test_a_licence_in_the_plan_stands_before_that_of_own_facts(facts):
    assert facts('licence = "mine"\nlicence_id = "other"', licence="mit").licence_id == "mit"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('license = "mit"', r"unknown key 'license'.*licence"),
        ("[title]\na = 1", r"title is \{'a': 1\}"),
        ("licence = 4", "licence is 4"),
        ('redistribute = "yes"', "redistribute is 'yes'. Give true or false"),
        ("redistribute = 1", "redistribute is 1"),
        ("title = ", "not a TOML file"),
    ],
)
def test_mistakes_in_own_facts_are_named_with_their_file(facts, text, says):
    with pytest.raises(InputError, match=rf"mine\.toml: .*{says}"):
        facts(text)


def test_own_facts_that_are_not_there(tmp_path):
    with pytest.raises(InputError, match=r"gone\.toml: does not exist"):
        published("jsonl", tmp_path, facts="gone.toml")


def test_own_facts_are_found_from_the_folder_of_the_plan(tmp_path, monkeypatch):
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan/mine.toml").write_text('title = "Right"')
    (tmp_path / "mine.toml").write_text('title = "Wrong"')
    monkeypatch.chdir(tmp_path)
    assert published("jsonl", tmp_path / "plan", facts="mine.toml").title == "Right"


def test_a_builder_of_another_package_has_its_name_as_title():
    found = published("somebody_elses")
    assert found.title == "somebody_elses" and found.redistribute is False and found.own is False


def test_the_facts_that_are_kept_are_not_changed_by_a_plan():
    before = corpus_facts("jsonl")
    published("jsonl", licence="mit")
    assert corpus_facts("jsonl") == before
