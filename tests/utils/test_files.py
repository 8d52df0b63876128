"""Atomic files and folders: a reader sees the old content or the complete new one.

pytest tests/utils/test_files.py
"""

from __future__ import annotations

import pytest

from sde_datasets.utils.files import atomic_dir, atomic_file, replace_dir, write_text


def test_text_is_written_with_unix_line_ends(tmp_path):
    write_text(tmp_path / "a.txt", "one\ntwo\n")
    assert (tmp_path / "a.txt").read_bytes() == b"one\ntwo\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_file_is_unchanged_after_an_error(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(ZeroDivisionError), atomic_file(path) as part:
        part.write_text("new")
        raise ZeroDivisionError
    assert path.read_text() == "old" and [other.name for other in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_is_replaced_when_it_is_complete(tmp_path):
    folder = tmp_path / "model"
    for name in ("old", "new"):
        with atomic_dir(folder) as part:
            (part / name).touch()
    assert [path.name for path in folder.iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_folder_is_unchanged_after_an_error(tmp_path):
    folder = tmp_path / "model"
    with atomic_dir(folder) as part:
        (part / "old").touch()
    with pytest.raises(ZeroDivisionError), atomic_dir(folder) as part:
        (part / "new").touch()
        raise ZeroDivisionError
    assert [path.name for path in folder.iterdir()] == ["old"]
    # the next write starts with an empty folder
    with atomic_dir(folder) as part:
        assert not list(part.iterdir())


def test_a_folder_takes_the_place_of_another(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    replace_dir(tmp_path / "a", tmp_path / "b")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["b", "b/a"]
