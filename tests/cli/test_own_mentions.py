"""Own data with mentions, built as their owner builds them: right gold, or a stop with the option to write.

pytest tests/cli/test_own_mentions.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from sde_datasets.cli.main import main
from sde_datasets.dataset.manifest import Manifest


def write(folder: Path, *rows: dict) -> Path:
    """Rows that all belong to the training split, as JSON lines."""
    path = folder / "own.jsonl"
    lines = (json.dumps({"id": str(number), "split": "train"} | row) + "\n" for number, row in enumerate(rows, 1))
    path.write_text("".join(lines), "utf-8")
    return path


def row(text: str, *annotations: dict) -> dict:
    return {"text": text, "annotations": [{"target": "PER"} | annotation for annotation in annotations]}


def build(folder: Path, *options: str, code: int = 0) -> str:
    """What the command says of the rows that `write` wrote."""
    command = ["build", "--source", f"jsonl={folder / 'own.jsonl'}", "--task", "ner", "--designs", "es"]
    result = CliRunner().invoke(main, [*command, "--out", str(folder / "out"), "--quiet", *options])
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def gold(folder: Path) -> list[list[tuple[str, int, int]]]:
    """The mentions of every record with their first and last place."""
    (path,) = (folder / "out" / "data" / "ner-records").glob("train-*.parquet")
    return [
        [(a["mention"], a["spans"][0]["start"], a["spans"][-1]["end"]) for a in record["annotations"]]
        for record in pq.read_table(path).to_pylist()
    ]


UTF16 = row("🙂 Ana met Bo.", {"start": 3, "end": 6})
BYTES = row("Señora Ana met Bo.", {"start": 8, "end": 11})
INCLUSIVE = row("Ana met Bo.", {"start": 0, "end": 2}, {"start": 8, "end": 9})
UNITS = [
    (UTF16, ["--offsets", "utf16"], "UTF-16 units", [("Ana", 2, 5)]),
    (BYTES, ["--offsets", "bytes"], "bytes of UTF-8", [("Ana", 7, 10)]),
    (INCLUSIVE, ["--ends", "inclusive"], "characters with inclusive ends", [("Ana", 0, 3), ("Bo", 8, 10)]),
]
NAMES = ["utf16", "bytes", "inclusive"]


@pytest.mark.parametrize(("given", "options", "unit", "mentions"), UNITS, ids=NAMES)
def test_offsets_in_another_unit_stop_and_the_option_that_is_named_takes_them(tmp_path, given, options, unit, mentions):
    write(tmp_path, given)
    said = build(tmp_path, code=1)
    assert f"probably in {unit}: write" in said and f"or give {' '.join(options)}." in said
    build(tmp_path, *options)
    assert gold(tmp_path) == [mentions]


@pytest.mark.parametrize(("given", "options", "unit", "mentions"), UNITS, ids=NAMES)
def test_the_text_of_mentions_shows_the_unit(tmp_path, given, options, unit, mentions):
    named = [a | {"mention": m[0]} for a, m in zip(given["annotations"], mentions, strict=True)]
    # an annotation without its text is read in the unit of the file
    write(tmp_path, given | {"annotations": named}, given)
    assert f"mentions in own.jsonl whose text shows that its offsets are in {unit}: {len(mentions)}" in build(tmp_path)
    assert gold(tmp_path) == [mentions, mentions]


def test_a_unit_that_the_plan_says_and_that_another_fits_better_stops(tmp_path):
    write(tmp_path, BYTES)
    assert "probably in bytes of UTF-8" in build(tmp_path, "--offsets", "utf16", code=1)


def test_mentions_inside_words_are_counted_and_taken_where_the_plan_says_so(tmp_path):
    write(tmp_path, row("Testing.", {"start": 4, "end": 6}), row("Ana met Bo.", {"start": 0, "end": 3}))
    said = build(tmp_path, code=1)
    assert "1 of 2 mentions that have offsets and no text begin or end inside a word" in said
    assert 'the first: own.jsonl:1: "Test[in]g."' in said and "No other unit fits better" in said
    remark = 'mentions that begin or end inside a word: 1 of 2 (50.00%), the first: own.jsonl:1: "Test[in]g."'
    assert remark in build(tmp_path, "--offsets", "characters")
    assert gold(tmp_path) == [[("in", 4, 6)], [("Ana", 0, 3)]]
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "mentions that begin or end inside a word: 1 of 2" in card.replace("\\", "")


def test_a_fifth_of_mentions_inside_words_goes_on(tmp_path):
    whole = row("Ana met Bo.", {"start": 0, "end": 3})
    write(tmp_path, row("Testing.", {"start": 4, "end": 6}), *[whole] * 4)
    assert "inside a word: 1 of 5 (20.00%)" in build(tmp_path)


def test_offsets_of_chinese_cut_no_word(tmp_path):
    write(tmp_path, row("他在東京都工作", {"start": 2, "end": 4}))
    assert "inside a word" not in build(tmp_path)
    assert gold(tmp_path) == [[("東京", 2, 4)]]


def test_blanks_at_the_edges_of_mentions_are_trimmed_and_counted(tmp_path):
    write(tmp_path, row("Ana met Bo.", {"start": 0, "end": 4, "mention": "Ana "}, {"start": 7, "end": 10}))
    assert "mentions with blanks at their edges, trimmed: 2" in build(tmp_path)
    assert gold(tmp_path) == [[("Ana", 0, 3), ("Bo", 8, 10)]]


def test_mentions_that_are_equal_when_trimmed_are_one(tmp_path):
    write(tmp_path, row("Ana met.", {"start": 0, "end": 4}, {"start": 0, "end": 3}))
    assert "2 read, 1 duplicates merged" in build(tmp_path)
    assert gold(tmp_path) == [[("Ana", 0, 3)]]


def test_a_mention_beside_its_offset_is_re_anchored_and_counted(tmp_path):
    rows = [row("Ana met Bo.", {"start": 8, "end": 10, "mention": "Bo"})] * 10
    write(tmp_path, row("One.\r\nAna met.", {"start": 5, "end": 8, "mention": "Ana"}), *rows)
    assert "one or two characters away from their offset, re-anchored: 1" in build(tmp_path)
    assert gold(tmp_path)[0] == [("Ana", 6, 9)]


def test_mentions_without_offsets_match_whole_words(tmp_path):
    write(tmp_path, row("Testing tin and p500, then p50.", {"mention": "tin"}, {"mention": "p50"}))
    assert "inside words" not in build(tmp_path)
    assert gold(tmp_path) == [[("tin", 8, 11), ("p50", 27, 30)]]


def test_a_mention_that_stands_inside_words_alone_is_taken_there_and_counted(tmp_path):
    write(tmp_path, row("Testing.", {"mention": "in"}))
    assert "mentions without offsets found inside words only: 1" in build(tmp_path)
    assert gold(tmp_path) == [[("in", 4, 6)]]


def test_offsets_as_tables_write_them(tmp_path):
    nan = {"start": float("nan"), "end": float("nan"), "mention": "Bo"}
    write(tmp_path, row("Ana met Bo.", {"start": 0.0, "end": "3"}, nan))
    build(tmp_path)
    assert gold(tmp_path) == [[("Ana", 0, 3), ("Bo", 8, 10)]]


BAD = row("Ana met Bo.", {"mention": "Ana"}, {"mention": "Zed"}, {"start": 40, "end": 50})


@pytest.mark.parametrize(
    ("options", "kept", "remark", "counts"),
    [
        ([], [[("Bo", 8, 10)]], "records rejected for a bad annotation: 1", {"kept": 1, "with_record": 3}),
        (
            ["--bad-annotations", "drop"],
            [[("Ana", 0, 3)], [("Bo", 8, 10)]],
            "bad annotations dropped from records that are kept: 2",
            {"kept": 2, "rejected": 2},
        ),
    ],
)
def test_bad_annotations_take_their_record_along_or_are_dropped(tmp_path, options, kept, remark, counts):
    write(tmp_path, BAD, row("Ana met Bo.", {"mention": "Bo"}))
    assert remark in build(tmp_path, *options)
    assert gold(tmp_path) == kept
    found = Manifest.load(tmp_path / "out").views["ner"].report.annotations
    assert {name: count for name, count in found.items() if count} == {"read": 4} | counts


def test_the_options_of_a_view_stand_in_a_plan(tmp_path):
    write(tmp_path, row("Señora Ana met Bo.", {"start": 8, "end": 10}, {"mention": "Zed"}))
    view = '[[view]]\ncorpus = "jsonl"\npath = "own.jsonl"\ntask = "ner"\n'
    options = 'offsets = "bytes"\nends = "inclusive"\nbad_annotations = "drop"\n'
    (tmp_path / "sde.toml").write_text(f'designs = ["es"]\n{view}{options}')
    command = ["build", "--plan", str(tmp_path / "sde.toml"), "--out", str(tmp_path / "out"), "--quiet"]
    assert CliRunner().invoke(main, command).exit_code == 0
    assert gold(tmp_path) == [[("Ana", 7, 10)]]
    assert options in Manifest.load(tmp_path / "out").plan
    (tmp_path / "sde.toml").write_text(f'designs = ["es"]\n{view}offsets = "words"\n')
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 2 and "offsets is 'words'. Known: characters, utf16, bytes." in result.output
