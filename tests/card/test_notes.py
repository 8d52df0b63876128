"""The section that a person writes: it comes back as it was, survives every new writing, and is never lost.

pytest tests/card/test_notes.py
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from sde_datasets.card.notes import BEGIN, END, notes_of, notes_section
from sde_datasets.card.writer import notes_in, rewrite_card_files
from sde_datasets.cli.main import main
from sde_datasets.errors import InputError
from tests.card.reading import build_own, card_of, opinion

WORDS = "## Ours\n\nSeen by *two* of us:\n\n| a | $b |\n| --- | --- |\n\n    code ${title}\n- 食物 <!-- not a mark -->"
ROWS = [opinion("good soup"), opinion("cold tea", "test")]

lines = st.lists(
    st.one_of(st.text(st.characters(exclude_categories=("Cs",))), st.sampled_from(["", " ", "---", "# a"]))
)
texts = lines.map("\n".join).filter(lambda text: BEGIN not in text and END not in text)


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    return build_own(tmp_path_factory.mktemp("notes"), ROWS).parent


@pytest.fixture
def folder(own, tmp_path) -> Path:
    """A folder with what it was built from."""
    return Path(shutil.copytree(own, tmp_path / "own"))


def write(out: Path, words: str) -> None:
    card = card_of(out)
    start, end = card.index(BEGIN) + len(BEGIN), card.index(END)
    (out / "README.md").write_text(f"{card[:start]}\n{words}\n{card[end:]}", encoding="utf-8", newline="\n")


@given(texts)
def test_a_text_comes_back_but_for_empty_lines_at_its_edges(text):
    assert notes_of(notes_section(text), "x") == text.strip("\n")


@given(texts, texts, texts)
def test_what_stands_around_the_section_does_not_matter(before, text, after):
    assert notes_of(f"{before}\n{notes_section(text)}\n{after}", "x") == text.strip("\n")


@given(texts)
def test_a_text_that_came_back_is_stable(text):
    once = notes_of(notes_section(text), "x")
    assert notes_of(notes_section(once), "x") == once


@given(texts)
def test_a_card_without_marks_has_no_notes(text):
    assert notes_of(text, "x") == ""


def test_a_fresh_card_has_one_empty_section_at_its_end(folder):
    card = card_of(folder / "out")
    assert card.count(BEGIN) == card.count(END) == 1
    assert card.endswith(f"## Notes\n\n{BEGIN}\n\n{END}\n") and notes_in(folder / "out") == ""


def test_notes_survive_a_build_of_more_designs(folder):
    write(folder / "out", WORDS)
    build_own(folder, ROWS, designs=("lines-text", "json-text"))
    card = card_of(folder / "out")
    assert f"{BEGIN}\n{WORDS}\n{END}" in card and "mabsa-json-text" in card


def test_notes_survive_the_command_card(folder):
    write(folder / "out", WORDS)
    before = card_of(folder / "out")
    assert CliRunner().invoke(main, ["card", str(folder / "out")]).exit_code == 0
    assert card_of(folder / "out") == before


def test_notes_survive_when_all_else_is_gone(folder):
    before = card_of(folder / "out")
    (folder / "out/README.md").write_text(notes_section(WORDS), encoding="utf-8")
    rewrite_card_files(folder / "out")
    assert card_of(folder / "out") == before.replace(f"{BEGIN}\n\n{END}", f"{BEGIN}\n{WORDS}\n{END}")


def test_marks_that_are_indented_still_count(folder):
    write(folder / "out", "mine")
    card = card_of(folder / "out").replace(BEGIN, f"  {BEGIN} ").replace(END, f"\t{END}")
    assert notes_of(card, "x") == "mine"


BROKEN = {
    "no end": (f"{BEGIN}\nmine\n", 1),
    "no begin": (f"mine\n\n{END}\n", 3),
    "two begins": (f"a\n{BEGIN}\nmine\n{BEGIN}\n{END}\n", 2),
    "two ends": (f"{BEGIN}\nmine\n{END}\n{END}\n", 1),
    "turned round": (f"{END}\nmine\n{BEGIN}\n", 3),
    "two sections": (f"{notes_section('mine')}\n{notes_section('more')}\n", 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_marks_are_named_with_file_and_line(name):
    text, line = BROKEN[name]
    with pytest.raises(InputError, match=rf"^here/README\.md:{line}: the marks .* not one pair.*{re.escape(BEGIN)}"):
        notes_of(text, "here/README.md")


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("name", BROKEN)
def test_the_command_card_loses_nothing_where_marks_are_broken(folder, name):
    (folder / "out/README.md").write_text(BROKEN[name][0], encoding="utf-8")
    before = tree(folder)
    done = CliRunner().invoke(main, ["card", str(folder / "out")])
    assert done.exit_code == 1 and f"README.md:{BROKEN[name][1]}:" in done.output
    assert tree(folder) == before


def test_a_build_loses_nothing_and_goes_on_when_the_marks_are_mended(folder):
    whole = card_of(folder / "out")
    broken = whole.replace(END, "mine")
    (folder / "out/README.md").write_text(broken, encoding="utf-8")
    with pytest.raises(InputError, match=r"README\.md:\d+"):
        build_own(folder, ROWS, designs=("lines-text", "json-text"))
    assert card_of(folder / "out") == broken
    (folder / "out/README.md").write_text(whole, encoding="utf-8")
    build_own(folder, ROWS)
    assert card_of(folder / "out") == whole
