"""Own data with anything in them: the card stays one card, and `check` knows it again.

pytest tests/card/test_awkward.py
"""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sde_datasets.building.check import check
from sde_datasets.card import plots
from sde_datasets.card.markdown import cell, code, inline, link, table
from sde_datasets.card.notes import notes_section
from sde_datasets.card.recipe import plan_toml
from sde_datasets.card.writer import rewrite_card_files
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.dataset.view_state import ViewFigures
from sde_datasets.errors import InputError
from sde_datasets.ingest.plan import Plan, ViewPlan
from tests.card.reading import (
    QUIET,
    body_of,
    build_own,
    build_views,
    card_of,
    front_of,
    opinion,
    raw_html,
    sections,
    tables,
    tags,
    tokens,
    write_rows,
)


def is_right(folder: Path) -> bool:
    return "all right" in [*check(folder, 1, QUIET)][-1]


@pytest.mark.parametrize("row", [opinion("good\r\nsoup"), opinion("good soup", **{"fo\rod": "positive"})])
def test_carriage_returns_in_texts_and_targets(tmp_path, row):
    assert is_right(build_own(tmp_path, [row]))


def test_blank_lines_around_notes_are_no_change(tmp_path):
    out = build_own(tmp_path, [opinion("good soup")])
    changed = card_of(out).replace(notes_section(""), notes_section("\nmine\n"))
    (out / "README.md").write_text(changed, encoding="utf-8", newline="\n")
    assert "mine" in changed and is_right(out)


def test_a_card_written_without_matplotlib_has_no_plots_left(tmp_path, monkeypatch):
    out = build_own(tmp_path, [opinion("good soup")])
    assert list((out / "plots").iterdir())
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    rewrite_card_files(out)
    assert not list((out / "plots").iterdir()) and "plots/" not in card_of(out) and is_right(out)


def test_texts_taken_out_of_training_stand_in_no_two_splits(tmp_path):
    out = build_own(tmp_path, [opinion("same"), opinion("same", "test"), opinion("x")], dedupe=True)
    found = sections(card_of(out))
    assert "No text occurs in two splits." in found["Splits"]
    assert "more than one split" not in found["Known limits"]


@pytest.mark.parametrize(
    "line", ['licence_text = "own"', 'licence_id = "mine"', 'annotators = "me"', 'source = "my cellar"']
)
def test_facts_that_the_hub_does_not_know_are_refused(tmp_path, line):
    (tmp_path / "facts.toml").write_text(f'title = "x"\n{line}\n')
    with pytest.raises(InputError, match=rf"facts\.toml: unknown {line.split()[0]}"):
        build_own(tmp_path, [opinion("soup")], {"facts": "facts.toml"})


def test_records_alone_have_no_code_for_samples(tmp_path):
    out = build_own(tmp_path, [opinion("soup")], designs=())
    assert 'row["design"]' not in card_of(out) and is_right(out)


def test_the_default_is_the_first_view_that_has_designs(tmp_path):
    write_rows(tmp_path / "mine.jsonl", [opinion("soup")])
    view = {"corpus": "jsonl", "path": "mine.jsonl", "task": "mabsa"}
    out = build_views(tmp_path, [view | {"name": "a"}, view | {"name": "b"}], designs=("b-es",))
    configs = front_of(card_of(out))["configs"]
    assert [config["config_name"] for config in configs if config.get("default")] == ["b-lines-text"]


@pytest.mark.parametrize("text", ["a|b", "<b>", "![](y) [l](x) *b* _c_ ~~d~~", "&lt;", "`tick", "a\rb", "\\"])
def test_a_text_is_no_mark_in_a_head_a_cell_or_a_line(text):
    shown = text.replace("\r", " ")
    assert tables(table((text, "c"), [(text, 1)])) == [[[shown, "c"], [shown, "1"]]]
    marks = {"image", "link_open", "em_open", "strong_open", "s_open", "html_inline", "code_inline"}
    assert not marks & {token.type for token in tokens(f"{table(('a',), [(text,)])}\n\n{inline(text)}")}
    assert "\r" not in cell(text)


@pytest.mark.parametrize("text", ["a", "a|b", "`", "a``b", "x\ny", "<b>"])
def test_code_shows_the_text_as_it_is(text):
    shown = [token.content for token in tokens(code(text)) if token.type == "code_inline"]
    assert shown == [text.replace("\n", " ")]


def test_an_address_stays_within_its_link():
    found = [token.attrs["href"] for token in tokens(link("a]b", "x) <b> [y\n](z")) if token.type == "link_open"]
    assert len(found) == 1


@pytest.mark.parametrize("name", ["A <script>alert(1)</script>", "A\nB", "A\n\n## Load it"])
def test_the_name_of_a_plan_is_one_title(tmp_path, name):
    out = build_own(tmp_path, [opinion("soup")], name=name)
    assert "script" not in [tag for tag, _ in tags(raw_html(body_of(card_of(out))))]
    found = sections(card_of(out))
    assert len(found) == 14 and found[""].count("\n\n") == 1
    assert front_of(card_of(out))["pretty_name"] == " ".join(name.split())


def test_a_title_of_facts_opens_no_tag(tmp_path):
    (tmp_path / "facts.toml").write_text('title = "A <script>x</script> <!-- b"\n')
    out = build_own(tmp_path, [opinion("soup")], {"facts": "facts.toml"})
    assert "script" not in raw_html(body_of(card_of(out))) + raw_html((out / "NOTICE.md").read_text("utf-8"))


def test_a_language_of_no_list_is_left_out(tmp_path):
    out = build_own(tmp_path, [opinion("soup")], {"language": "qq"})
    assert "language" not in front_of(card_of(out))


@pytest.mark.parametrize("licence", ["自有许可", "House terms (own)"])
def test_a_licence_of_ones_own_has_a_name_that_the_hub_takes(tmp_path, licence):
    out = build_own(tmp_path, [opinion("soup")], {"licence": licence})
    assert re.fullmatch("[a-z0-9.]+(-[a-z0-9.]+)*", front_of(card_of(out))["license_name"])


def test_settings_of_this_machine_do_not_change_a_plot(tmp_path):
    out = build_own(tmp_path, [opinion("soup")])
    (tmp_path / "matplotlibrc").write_text("axes.facecolor: black\nfont.family: serif\n")
    before = (out / "plots" / "mabsa-labels.png").read_bytes()
    again = (
        "import sys, pathlib; from sde_datasets.card.writer import rewrite_card_files; "
        "rewrite_card_files(pathlib.Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", again, str(out)], check=True, cwd=tmp_path)
    assert (out / "plots" / "mabsa-labels.png").read_bytes() == before


def test_a_label_that_begins_with_an_underscore_is_in_the_legend():
    figures = ViewFigures(values={"a": {"_x": 1, "y": 2}})
    legend = plots.label_plot("view", figures).axes[0].get_legend()
    assert [text.get_text().strip() for text in legend.get_texts()] == ["_x", "y"]


def test_broken_marks_are_said_before_building(tmp_path):
    out = build_own(tmp_path, [opinion("soup")])
    (out / "README.md").write_text(card_of(out).replace("<!-- end of notes -->", ""), encoding="utf-8")
    with pytest.raises(InputError, match=r"README\.md"):
        build_own(tmp_path, [opinion("soup")], designs=("json-text",))
    assert Manifest.load(out).views["mabsa"].designs == ("lines-text",)


def test_options_of_any_type_are_written_as_toml():
    options = {"day": datetime.date(2020, 1, 1), "high": float("inf"), "on": True, "many": [1, 2.5]}
    written = tomllib.loads(plan_toml(Plan((ViewPlan("csv", options=options),))))
    assert written["view"][0]["options"] == options | {"day": datetime.date(2020, 1, 1)}
