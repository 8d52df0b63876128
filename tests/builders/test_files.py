"""Choosing files: which are read, the stems of their ids, and the words of their names."""

from __future__ import annotations

import zipfile

import pytest

from sde_builders.files import archives, files, is_single, named_for_split, stem_words, stems
from sde_datasets.errors import InputError
from sde_datasets.ingest.sources import Source


def test_stems_have_their_folder_only_where_they_repeat():
    names = ["dev_1.csv", "reviews/old/train.csv", "reviews/train.csv"]
    assert [stem for _, stem in stems(names)] == ["dev_1", "reviews/old/train", "reviews/train"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/train.csv", True),
        ("my-DEV_1.tsv", True),
        ("x.test.json", True),
        ("train/a.csv", False),
        ("trains.csv", False),
    ],
)
def test_a_word_of_the_stem_names_the_split(name, expected):
    assert named_for_split([name]) == [name] * expected


def test_words_of_a_stem_leave_out_folder_and_ending():
    assert stem_words("train-x/a_b-c.d.csv") == ["a", "b", "c", "d"]


def test_a_file_a_folder_and_an_archive(tmp_path):
    (tmp_path / "own.data").write_text("x")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("a.csv", "x")
    single, folder, packed = Source(tmp_path / "own.data"), Source(tmp_path), Source(tmp_path / "all.zip")
    assert [is_single(source) for source in (single, folder, packed)] == [True, False, False]
    assert [archives(source) for source in (single, folder, packed)] == [[], ["all.zip"], []]
    assert files(single, "*.csv") == [("own.data", "own")]
    assert files(packed, "*.csv") == [("a.csv", "a")]
    with pytest.raises(InputError, match=r"holds no \*\.csv"):
        files(folder, "*.csv")
