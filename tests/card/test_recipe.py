"""The plan in a card: TOML that reads back as the plan that was built, and says nothing of where its inputs stood.

pytest tests/card/test_recipe.py
"""

from __future__ import annotations

import shlex
import tomllib
from dataclasses import replace
from pathlib import Path, PurePath

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from sde_datasets.building.pipeline import build
from sde_datasets.card.recipe import plan_toml
from sde_datasets.cli.main import main
from sde_datasets.ingest.plan import Plan, ViewPlan, bundled_plan, completed, read_plan
from sde_datasets.utils.progress import Progress
from tests.card.reading import build_own, card_of, code, opinion, sections, write_rows

QUIET = Progress(quiet=True)

any_text = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
words = st.lists(any_text, max_size=3).map(tuple)
names = st.from_regex(r"[a-z0-9]{1,6}(_[a-z0-9]{1,4})?", fullmatch=True)
numbers = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False))
values = st.recursive(
    st.one_of(any_text, st.booleans(), numbers),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(any_text, inner, max_size=3)),
    max_leaves=6,
)
# the last part of a path, by which a card names it
parts = any_text.filter(lambda text: PurePath(text).name == text)
tables = st.dictionaries(any_text, any_text, max_size=3)


@st.composite
def views(draw, name: str) -> ViewPlan:
    return ViewPlan(
        corpus=draw(st.sampled_from(["jsonl", "csv", "genia"])),
        path=draw(st.one_of(parts, st.lists(parts, min_size=2, max_size=3, unique=True).map(tuple))),
        name=name,
        task=draw(st.sampled_from(["ner", "mabsa", "own.toml"])),
        language=draw(st.sampled_from(["en", "zh", "ru"])),
        subset=draw(any_text),
        targets=draw(words),
        designs=draw(words),
        columns=draw(tables),
        labels=draw(tables),
        rename=draw(st.dictionaries(any_text, any_text.filter(str.strip), max_size=3)),
        split=draw(st.sampled_from(["", "70/20/10"])),
        options=draw(st.dictionaries(any_text, values, max_size=3)),
        facts=draw(parts),
        licence=draw(any_text),
        redistribute=draw(st.booleans()),
    )


@st.composite
def plans(draw) -> Plan:
    return Plan(
        view=tuple(draw(views(name)) for name in draw(st.lists(names, min_size=1, max_size=3, unique=True))),
        name=draw(any_text),
        repository=draw(any_text),
        designs=draw(words),
        evidence=draw(st.sampled_from(["all", "annotated"])),
        dedupe=draw(st.booleans()),
        max_empty=draw(st.floats(0, 1)),
        max_rejected=draw(st.floats(0, 1)),
        split=draw(st.sampled_from(["", "100/0/0"])),
    )


@pytest.mark.slow
@given(plans())
def test_a_plan_is_toml_and_reads_back(tmp_path_factory, plan):
    text = plan_toml(plan)
    tomllib.loads(text)
    path = tmp_path_factory.mktemp("plan") / "sde.toml"
    path.write_text(text, encoding="utf-8", newline="\n")
    assert replace(read_plan(path), base=plan.base) == plan


def test_a_path_is_its_last_part():
    view = ViewPlan(
        "jsonl", "/home/me/secret/mine.jsonl", task="/home/me/own.toml", facts="../facts/mine.toml", name="a"
    )
    read = tomllib.loads(plan_toml(Plan((view,), base=Path("/home/me"))))["view"][0]
    assert read == {
        "corpus": "jsonl",
        "path": "mine.jsonl",
        "name": "a",
        "task": "own.toml",
        "facts": "mine.toml",
    }


def test_several_paths_are_as_much_of_them_as_tells_them_apart():
    view = ViewPlan("csv", ("/home/me/a/train.csv", "/home/me/b/train.csv", "/home/me/test.csv"), "own", task="mabsa")
    (read,) = tomllib.loads(plan_toml(Plan((view,))))["view"]
    assert read["path"] == ["a/train.csv", "b/train.csv", "test.csv"]


def test_what_is_at_its_default_is_left_out():
    read = tomllib.loads(plan_toml(Plan((ViewPlan("genia", "x", "ner"),))))
    assert set(read) <= {"designs", "view"} and read["view"] == [{"corpus": "genia", "path": "x", "name": "ner"}]


def built_again(card: str, folder: Path) -> Path:
    """Do what the section says, in `folder`."""
    section = sections(card)["Build it again"]
    (folder / "sde.toml").write_text(code(section, "toml"), encoding="utf-8", newline="\n")
    words = shlex.split(code(section, "bash"))
    assert words[:2] == ["sde-datasets", "build"] and words[-2:] == ["--out", "out"]
    words[words.index("--plan") + 1] = str(folder / "sde.toml")
    done = CliRunner().invoke(main, [*words[1:-1], str(folder / "out"), "--quiet"])
    assert done.exit_code == 0, done.output
    return folder / "out"


def test_what_the_card_says_builds_the_same_card_again(tmp_path):
    rows = [opinion("good soup"), opinion("cold tea", "test"), opinion("cold tea")]
    made = {"designs": ("json-*-cot", "es"), "dedupe": True, "evidence": "annotated", "name": 'My "own" \\ data'}
    view = {"targets": ("food", "a\tb"), "licence": "cc-by-4.0", "language": "ru"}
    out = build_own(tmp_path / "first", rows, view, **made)
    write_rows(tmp_path / "second" / "mine.jsonl", rows)
    assert card_of(built_again(card_of(out), tmp_path / "second")) == card_of(out)


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [{"designs": ("lines-text",)}, {"designs": ("mabsa-json-text", "ner-es", "list-*-ou"), "max_empty": 0.25}],
)
def test_the_bundled_corpora_are_built_again_by_the_command_alone(tmp_path, settings):
    plan = replace(completed(read_plan(bundled_plan()), "x"), **settings)
    build(plan, tmp_path / "first", 1, progress=QUIET)
    section = sections(card_of(tmp_path / "first"))["Build it again"]
    words = shlex.split(code(section, "bash"))
    assert "```toml" not in section and words[-2:] == ["--out", "out"]
    done = CliRunner().invoke(main, [*words[1:-1], str(tmp_path / "second"), "--quiet"])
    assert done.exit_code == 0, done.output
    assert card_of(tmp_path / "second") == card_of(tmp_path / "first")
