"""The card is written again without building: to the same bytes, with the same plots, and checked against its files.

pytest tests/card/test_rewrite.py
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from sde_datasets.building.check import check
from sde_datasets.card import plots
from sde_datasets.card.notes import notes_section
from sde_datasets.cli.main import main
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.errors import InputError
from tests.card.reading import QUIET, build_own, build_views, card_of, opinion, write_rows

BESIDE = ("README.md", "configs.csv", "NOTICE.md", "manifest.json", "rejects.jsonl")


@pytest.fixture
def folder(counted, tmp_path) -> Path:
    return Path(shutil.copytree(counted, tmp_path / "out"))


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def write_again(folder: Path):
    return CliRunner().invoke(main, ["card", str(folder)])


def checked(folder: Path) -> str:
    return "\n".join(check(folder, 1, QUIET))


def damage(folder: Path, old: str, new: str) -> None:
    card = card_of(folder)
    assert old in card
    (folder / "README.md").write_text(card.replace(old, new, 1), encoding="utf-8", newline="\n")


@pytest.mark.parametrize("name", ["README.md", "configs.csv", "NOTICE.md", "plots/genes-labels.png"])
@pytest.mark.parametrize("how", ["gone", "damaged"])
def test_what_is_gone_or_damaged_is_written_to_the_same_bytes(folder, name, how):
    before = tree(folder)
    (folder / name).unlink()
    if how == "damaged":
        (folder / name).write_text("something else\n")
    done = write_again(folder)
    assert done.exit_code == 0 and done.output == f"{folder}/README.md\n"
    assert tree(folder) == before


def test_no_data_file_is_touched(folder):
    paths = list(folder.glob("data/*/*"))
    before = [(path.stat().st_ino, path.stat().st_mtime_ns) for path in paths]
    write_again(folder)
    assert [(path.stat().st_ino, path.stat().st_mtime_ns) for path in paths] == before


def test_a_folder_that_is_none_of_ours_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("ten years")
    done = write_again(tmp_path)
    assert done.exit_code == 1 and "not a folder that sde-datasets built" in done.output
    assert tree(tmp_path) == {"thesis.txt": b"ten years"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# Annotated records under every sample design", "# My records"),
        ("| `genes` |", "| `genes`  |"),
        ("\n## Citation", "\n\n## Citation"),
        ("license:", "license_of_mine: x\nlicense:"),
        ("default: true", "default: false"),
    ],
)
def test_a_change_outside_the_notes_is_found(folder, old, new):
    damage(folder, old, new)
    with pytest.raises(InputError, match=r"README\.md.*sde-datasets card"):
        checked(folder)


def test_a_changed_figure_in_the_manifest_is_found(folder):
    manifest = (folder / "manifest.json").read_text("utf-8")
    characters = Manifest.load(folder).views["genes"].figures.characters
    assert manifest.count(f'"characters": {characters}') == 1
    (folder / "manifest.json").write_text(manifest.replace(f'"characters": {characters}', '"characters": 7'))
    with pytest.raises(InputError, match=r"README\.md: differs from the card that these files give"):
        checked(folder)


def test_a_change_within_the_notes_is_accepted(folder):
    damage(folder, notes_section(""), notes_section("seen by me,\n\non *Monday*"))
    assert "all right" in checked(folder)


def test_a_missing_card_is_found(folder):
    (folder / "README.md").unlink()
    with pytest.raises(InputError, match=r"README\.md"):
        checked(folder)


def test_without_matplotlib_there_are_no_images_and_the_check_passes(tmp_path, monkeypatch):
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    out = build_own(tmp_path, [opinion("good soup"), opinion("cold tea", "test")])
    assert not list(out.rglob("*.png")) and ".png" not in card_of(out) + (out / "manifest.json").read_text("utf-8")
    assert "all right" in checked(out)


def test_with_matplotlib_again_the_images_come(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(plots, "find_spec", lambda name: None)
        out = build_own(tmp_path, [opinion("good soup"), opinion("cold tea", "test")])
    assert write_again(out).exit_code == 0
    assert "![" in card_of(out) and "plots/mabsa-labels.png" in Manifest.load(out).outputs
    assert "all right" in checked(out)


# --- the same bytes


@pytest.fixture(scope="module")
def twice(tmp_path_factory) -> tuple[Path, Path]:
    """The same data, facts and task in two places, given by absolute paths."""
    made = []
    for name in ("first", "second"):
        folder = tmp_path_factory.mktemp(name)
        write_rows(folder / name / "mine.jsonl", [opinion("good soup"), opinion("cold tea", "test"), {"text": "x"}])
        (folder / name / "mine.toml").write_text('title = "Mine"\n')
        view = {"corpus": "jsonl", "path": str(folder / name / "mine.jsonl"), "task": "mabsa"}
        view["facts"] = str(folder / name / "mine.toml")
        made.append(build_views(folder, [view], designs=("lines-text", "json-text"), base=folder))
    return made[0], made[1]


@pytest.mark.parametrize("name", [*BESIDE, "plots/mabsa-labels.png", "plots/mabsa-completions.png"])
def test_two_builds_in_two_places_give_the_same_bytes(twice, name):
    assert (twice[0] / name).read_bytes() == (twice[1] / name).read_bytes()


@pytest.mark.parametrize("name", [*BESIDE, "plots/mabsa-labels.png", "plots/mabsa-completions.png"])
def test_nothing_says_where_it_was_made(twice, name):
    written = (twice[0] / name).read_bytes()
    for place in (twice[0].parent, Path.cwd(), Path.home(), Path(shutil.__file__).parent):
        assert len(place.parts) < 2 or os.fsencode(str(place) + "/") not in written
