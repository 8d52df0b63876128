"""Every number in the tables of the card equals one that is counted here, by plain Python, in the Parquet files.

pytest tests/card/test_figures.py
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from tests.card.reading import build_own, card_of, number, opinion, parts, rows_in, sections, tables

SPLITS = ("train", "validation", "test")
VIEWS = {"bundled": ("ner", "ed", "mabsa", "mabsa_zh"), "counted": ("genes", "meals"), "awkward": ("taste",)}
HEADS_OF_TEXTS = ("records that mention it", "records that do not")
ALL = [(name, view) for name, views in VIEWS.items() for view in views]


@pytest.fixture(params=ALL, ids=lambda pair: "-".join(pair))
def place(request) -> tuple[Path, str]:
    """A folder and one of its views."""
    return request.getfixturevalue(request.param[0]), request.param[1]


def configs_of(folder: Path, view: str) -> Iterator[tuple[str, list[dict]]]:
    for path in sorted((folder / "data").glob(f"{view}-*")):
        if path.name != f"{view}-records":
            yield path.name, rows_in(folder, path.name)


def schema_of(folder: Path, view: str) -> dict:
    return json.loads(rows_in(folder, f"{view}-records")[0]["schema"])


def test_rows_and_mean_characters_of_each_design(place):
    folder, view = place
    (listed,) = tables(parts(sections(card_of(folder))["Views and designs"])[view])
    splits = listed[0][1:-2]
    expected = {}
    for config, rows in configs_of(folder, view):
        assert {row["_split"] for row in rows} == set(splits)
        means = [sum(len(row[what]) for row in rows) / len(rows) for what in ("prompt", "completion")]
        counts = [f"{sum(row['_split'] == split for row in rows):,}" for split in splits]
        expected[f"`{config}`"] = [*counts, *(f"{mean:,.0f}" for mean in means)]
    assert splits == [split for split in SPLITS if split in splits]
    assert {row[0]: row[1:] for row in listed[1:]} == expected


def test_records_annotations_and_texts_of_each_corpus(place):
    folder, view = place
    rows = rows_in(folder, f"{view}-records")
    listed = {row[0]: row for row in tables(sections(card_of(folder))["Corpora"])[0][1:]}
    assert [number(cell) for cell in listed[f"`{view}`"][3:]] == [
        len(rows),
        sum(len(row["annotations"]) for row in rows),
        sum(not row["annotations"] for row in rows),
        round(sum(len(row["text"]) for row in rows) / len(rows)),
    ]


def test_labels_and_mentions_of_each_target(place):
    folder, view = place
    rows, schema = rows_in(folder, f"{view}-records"), schema_of(folder, view)
    (listed,) = tables(parts(sections(card_of(folder))["Corpora"])[view])
    said = Counter((a["target"], a["label"]) for row in rows for a in row["annotations"])
    texts = Counter(target for row in rows for target in {a["target"] for a in row["annotations"]})
    values = schema.get("labels") or [None]
    expected = [
        [t.replace("\n", " "), *(said[t, value] for value in values), texts[t], len(rows) - texts[t]]
        for t in schema["targets"]
    ]
    # where a plot cannot show all names, their numbers stand in a column before them
    first = listed[0].index("target")
    assert listed[0][first:] == ["target", *(schema.get("labels") or ["mentions"]), *HEADS_OF_TEXTS]
    assert [[row[first], *map(number, row[first + 1 :])] for row in listed[1:]] == expected


def inside(row: dict) -> int:
    """The number of mentions of a record that are nested in a longer one."""
    spans = [(a["spans"][0]["start"], a["spans"][-1]["end"]) for a in row["annotations"]]
    return sum(any(o[0] <= s[0] and s[1] <= o[1] and s[1] - s[0] < o[1] - o[0] for o in spans) for s in spans)


def test_nested_mentions(place):
    folder, view = place
    said = parts(sections(card_of(folder))["Corpora"])[view]
    if schema_of(folder, view)["kind"] == "label":
        assert "nested in a longer one" not in said
        return
    rows = rows_in(folder, f"{view}-records")
    nested, mentions = sum(map(inside, rows)), sum(len(row["annotations"]) for row in rows)
    share = f"\n{nested:,} of {mentions:,} mentions ({nested / mentions:.1%}) are nested in a longer one."
    assert (share if nested else "\nNo mention is nested in a longer one.") in said


def test_there_are_nested_mentions_to_count(counted, bundled):
    assert sum(map(inside, rows_in(counted, "genes-records"))) == 1
    assert sum(map(inside, rows_in(bundled, "ner-records"))) > 0


def test_texts_in_two_splits(place):
    folder, view = place
    by_split: dict[str, set[str]] = {split: set() for split in SPLITS}
    for row in rows_in(folder, f"{view}-records"):
        by_split[row["_split"]].add(row["text"])
    (line,) = [line for line in sections(card_of(folder))["Splits"].split("\n") if line.startswith(f"- `{view}`")]
    both = {pair: len(by_split[pair[0]] & by_split[pair[1]]) for pair in combinations(SPLITS, 2)}
    said = sorted(f"{count} in {a} and {b}" for (a, b), count in both.items() if count)
    if not said:
        assert line.endswith(". No text occurs in two splits.")
    else:
        assert sorted(line.split("Texts that occur in two splits: ")[1].rstrip(".").split(", ")) == said


def test_there_are_shared_texts_to_count(counted):
    line = next(x for x in sections(card_of(counted))["Splits"].split("\n") if "`genes`" in x)
    assert "2 in train and test" in line and "1 in train and validation" in line


def test_each_way_of_splitting_is_named(tmp_path, counted):
    assert "- `meals`: as published" in sections(card_of(counted))["Splits"]
    hashed = build_own(tmp_path / "hashed", [opinion(f"soup {n}", None) for n in range(40)])
    assert "80/10/10 by a hash" in sections(card_of(hashed))["Splits"]
    some = [opinion("soup"), {"text": "tea", "annotations": []}]
    missing = build_own(tmp_path / "missing", some)
    assert "records without a split went into train" in sections(card_of(missing))["Splits"]


HEADS = ("records read", "kept", "rejected", "dropped", "annotations read", "kept", "merged", "outside the targets")


def left_out(folder: Path, view: str) -> list[int]:
    (listed,) = tables(sections(card_of(folder))["Rejected, merged and left out"])
    assert tuple(listed[0][1:9]) == HEADS
    return next([number(cell) for cell in row[1:]] for row in listed[1:] if row[0] == f"`{view}`")


def test_everything_that_was_read_is_accounted_for(place):
    folder, view = place
    read, kept, rejected, dropped, a_read, a_kept, *a_gone = left_out(folder, view)
    rows = rows_in(folder, f"{view}-records")
    rejects = [json.loads(line) for line in (folder / "rejects.jsonl").read_text("utf-8").splitlines()]
    assert kept == len(rows) and a_kept == sum(len(row["annotations"]) for row in rows)
    assert rejected == sum(r["view"] == view and r["what"] == "record" for r in rejects)
    assert read == kept + rejected + dropped and a_read == a_kept + sum(a_gone)


def test_what_became_of_own_data(counted):
    # by hand: 8 rows, of which one is not annotated and one has offsets outside its text; 7 annotations that are read
    assert left_out(counted, "genes") == [8, 6, 2, 0, 7, 4, 1, 1, 0, 1]
    # by hand: one of 6 rows has a label that is none, its only annotation
    assert left_out(counted, "meals") == [6, 5, 1, 0, 8, 7, 0, 0, 0, 1]


def test_what_an_option_drops_is_named(tmp_path):
    rows = [opinion("same"), opinion("same", "test"), opinion("other"), {"text": "empty", "annotations": []}]
    out = build_own(tmp_path, rows, dedupe=True, max_empty=0.0)
    section = sections(card_of(out))["Rejected, merged and left out"]
    assert "- `mabsa`: records dropped, text also in validation or test: 1" in section
    assert "- `mabsa`: records dropped, without annotations: 1" in section
    assert left_out(out, "mabsa")[:4] == [4, 2, 0, 2]


def test_a_remark_of_a_builder_is_there_with_its_count(tmp_path):
    rows = [{"text": "soup soup", "split": "train", "annotations": [{"target": "food", "mention": "soup"}]}]
    out = build_own(tmp_path, rows, {"task": "ner"})
    assert "- `ner`: mentions found several times: 1" in sections(card_of(out))["Rejected, merged and left out"]


def test_more_than_thirty_rows_are_folded_and_all_there(tmp_path):
    targets = {f"t{n}": "positive" for n in range(31)}
    out = build_own(tmp_path, [opinion("soup", **targets)], designs=("*-text*",))
    card = sections(card_of(out))
    labels = parts(card["Corpora"])["mabsa"]
    assert "<summary>The 31 targets</summary>" in labels and len(tables(labels)[0]) == 32
    views = parts(card["Views and designs"])["mabsa"]
    count = len(list((out / "data").iterdir())) - 1
    assert count > 30 and f"<summary>The {count} configs</summary>" in views and len(tables(views)[0]) == count + 1


def test_the_catalogue_has_the_same_figures(place):
    folder, view = place
    with (folder / "configs.csv").open(encoding="utf-8", newline="") as lines:
        listed = {row["config"]: row for row in csv.DictReader(lines) if row["view"] == view}
    assert set(listed) == {config for config, _ in configs_of(folder, view)}
    for config, rows in configs_of(folder, view):
        line = listed[config]
        paths = list((folder / "data" / config).iterdir())
        assert set(line["splits"].split()) == {row["_split"] for row in rows}
        assert int(line["rows"]) == len(rows) and int(line["bytes"]) == sum(p.stat().st_size for p in paths)
        for name in ("prompt", "completion"):
            assert line[f"mean_{name}"] == f"{sum(len(row[name]) for row in rows) / len(rows):.1f}"


def test_the_catalogue_names_the_axes_of_each_config(bundled):
    with (bundled / "configs.csv").open(encoding="utf-8", newline="") as lines:
        row = next(row for row in csv.DictReader(lines) if row["config"] == "ed-json-num-rcot")
    axes = ("format", "labels", "reasoning", "unmentioned", "placement", "wording")
    assert [row[axis] for axis in axes] == ["json", "num", "rcot", "pu", "inst-first", "1"]
