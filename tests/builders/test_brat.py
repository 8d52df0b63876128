"""The builder of brat standoff: NEREL's published counts, each rule on small pairs, and bad input."""

from __future__ import annotations

import tarfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sde_builders.brat import BUILDER, ORDERED, OTHER
from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.builder import ReadContext, resolve_targets
from sde_datasets.ingest.mentions import RE_ANCHORED
from sde_datasets.ingest.sources import Source
from sde_datasets.records.record import record_problem, surface
from sde_datasets.tasks.task import get_task
from tests.conftest import read
from tests.properties import examples


def pair(folder: Path, text: str | bytes, *lines: str, name: str = "d") -> Path:
    """Write one document and give its folder."""
    path = folder / f"{name}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.with_suffix(".ann").write_bytes("".join(f"{line}\n" for line in lines).encode())
    return folder


def entity(text: str, *pieces: str, type: str = "X", n: int = 1) -> str:
    """A T line for the first occurrences of the pieces."""
    spans = ";".join(f"{text.index(piece)} {text.index(piece) + len(piece)}" for piece in pieces)
    return f"T{n}\t{type} {spans}\t{' '.join(pieces)}"


def all_of(path: Path):
    return read("brat", path, targets=("X", "Y"))


def texts(path: Path) -> list[str]:
    return [record.text for record in all_of(path)[0]]


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        all_of(path)
    return str(caught.value)


@pytest.fixture(scope="module")
def nerel(corpora):
    return read("brat", corpora / "nerel", language="ru")


def test_published_counts(nerel):
    records, rejects, context = nerel
    assert Counter(r.split for r in records for _ in r.annotations) == {
        "train": 44_867,
        "validation": 5_590,
        "test": 5_827,
    }
    documents = {(r.split, r.document) for r in records}
    assert Counter(split for split, _ in documents) == {"train": 746, "validation": 94, "test": 93}
    assert context.notes == {f"{OTHER}: R": 31_388 + 4_012 + 4_096, f"{OTHER}: N": 30_831 + 3_598 + 3_896, ORDERED: 8}
    (reject,) = rejects
    assert (reject.file, reject.what) == ("nerel/NEREL-v1.1.tar.gz/NEREL-v1.1/train/21013_text.ann", "annotation")
    assert "По словам очевидцев пешехо" in reject.reason


def test_real_discontinuous_types_and_targets(nerel):
    records, _, context = nerel
    found = Counter(r.split for r in records for a in r.annotations if len(a.spans) > 1)
    assert found == {"train": 127, "validation": 7, "test": 17}
    assert len(context.schema.targets) == 29
    assert context.schema.targets[:4] == ("PERSON", "PROFESSION", "ORGANIZATION", "EVENT")


def test_real_records_are_valid_and_mentions_are_slices(nerel):
    records, _, context = nerel
    assert len({r.id for r in records}) == len(records)
    for record in records:
        assert record_problem(record, context.schema) is None
        assert all(a.mention == surface(record.text, a.spans) for a in record.annotations)


def test_no_real_character_is_lost(nerel, corpora):
    records, _, _ = nerel
    source = Source(corpora / "nerel" / "NEREL-v1.1.tar.gz")
    pieces: dict[str, list[str]] = {}
    for record in records:
        pieces.setdefault(record.document, []).extend(record.text.split())
    for name in source.find("*.txt"):
        assert pieces[name.rsplit("/", 1)[-1][:-4]] == source.text(name).split()


def test_a_record(tmp_path):
    text = "First one.\r\n\n  Anna😀 is here. Bo too."
    folder = pair(tmp_path / "c" / "dev", text, entity(text, "Bo"), entity(text, "Anna😀", type="Y", n=2)).parent
    records, rejects, _ = all_of(folder)
    assert rejects == []
    assert [(r.id, r.text, r.line) for r in records] == [
        ("d-1", "First one.", 1),
        ("d-2", "Anna😀 is here.", 3),
        ("d-3", "Bo too.", 3),
    ]
    assert {(r.file, r.split, r.document) for r in records} == {("c/dev/d.txt", "validation", "d")}
    assert [[(a.target, a.mention, a.spans) for a in r.annotations] for r in records] == [
        [],
        [("Y", "Anna😀", ((0, 5),))],
        [("X", "Bo", ((0, 2),))],
    ]


def test_discontinuous_crossing_nested_and_repeated_entities(tmp_path):
    text = "The North and South Banks Hall."
    lines = [
        entity(text, "North", "Banks"),
        entity(text, "South Banks", n=2),
        entity(text, "Banks Hall", n=3),
        entity(text, "Banks", n=4),
        entity(text, "Banks", n=5),
        "T6\tX 4 9;9 13\tNorth  and",
    ]
    (record,), rejects, _ = all_of(pair(tmp_path, text, *lines))
    assert rejects == []
    assert sorted((a.mention, a.spans) for a in record.annotations) == [
        ("Banks", ((20, 25),)),
        ("Banks", ((20, 25),)),
        ("Banks Hall", ((20, 30),)),
        ("North  and", ((4, 9), (9, 13))),
        ("North Banks", ((4, 9), (20, 25))),
        ("South Banks", ((14, 25),)),
    ]


def test_pieces_in_another_order_are_put_in_that_of_the_text(tmp_path):
    text = "He took it off."
    (record,), rejects, context = all_of(pair(tmp_path, text, entity(text, "off", "took")))
    assert [(a.mention, a.spans) for a in record.annotations] == [("took off", ((3, 7), (11, 14)))]
    assert (rejects, context.notes) == ([], {ORDERED: 1})


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["Yahoo! Inc"], ["See Yahoo! Inc here.", "It is", "long.", "End."]),
        (["See", "It"], ["See Yahoo! Inc here. It is", "long.", "End."]),
        (["is\nlong"], ["See Yahoo!", "Inc here.", "It is\nlong.", "End."]),
        (["Yahoo", "End"], ["See Yahoo! Inc here. It is\nlong. End."]),
    ],
)
def test_an_entity_over_the_end_of_a_sentence_joins_the_sentences(tmp_path, pieces, expected):
    text = "See Yahoo! Inc here. It is\nlong. End."
    records, _, _ = all_of(pair(tmp_path, text, entity(text, *pieces).replace("\n", " ")))
    assert [r.text for r in records] == expected
    (annotation,) = [a for r in records for a in r.annotations]
    assert annotation.mention == " ".join(pieces)


def test_blanks_at_the_edges_of_an_entity_stay(tmp_path):
    text = "One.\n  Two \nThree."
    records, _, _ = all_of(pair(tmp_path, text, "T1\tX 6 11\t Two "))
    assert [r.text for r in records] == ["One.", " Two ", "Three."]
    assert records[1].annotations[0].mention == " Two "


def pieces(text: str, spans) -> list[str]:
    """The pieces of a mention without blanks at their edges."""
    return [piece for start, end in spans if (piece := text[start:end].strip())]


alphabet = st.sampled_from(list('aB1. !?…。！？\n\r\t"»)-г字😀\u00a0'))


@settings(max_examples=examples(100))
@given(st.data())
def test_reading_loses_no_entity_and_no_character(tmp_path_factory, data):
    text = "".join(data.draw(st.lists(alphabet, min_size=1, max_size=60)))
    spans = []
    for at in data.draw(st.lists(st.lists(st.integers(0, len(text)), min_size=2, max_size=4, unique=True), max_size=4)):
        at = sorted(at[: len(at) // 2 * 2])
        spans.append(tuple(zip(at[::2], at[1::2], strict=True)))
    good = [given for given in spans if surface(text, given).strip()]
    lines = []
    for n, given_spans in enumerate(good):
        shown = " ".join(surface(text, given_spans).split())
        lines.append(f"T{n}\tX {';'.join(f'{start} {end}' for start, end in given_spans)}\t{shown}")
    records, rejects, _ = all_of(pair(tmp_path_factory.mktemp("b"), text, *lines))
    assert "".join("".join(r.text.split()) for r in records) == "".join(text.split())
    assert [reject.what for reject in rejects] == ([] if text.strip() else ["record"])
    # blanks at the edges of a piece are trimmed here or by the core, so they do not count
    mentions = [pieces(r.text, a.spans) for r in records for a in r.annotations]
    assert sorted(mentions) == sorted(pieces(text, given_spans) for given_spans in good)
    assert all(a.mention == surface(r.text, a.spans) for r in records for a in r.annotations)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("just words", "the line 'just words' is broken"),
        ("T1 X 0 3 One", "is broken"),
        ("T1\tX 0 3", "is broken"),
        ("T1\tX 0 -3\tOne", "is broken"),
        ("T1\tX 0 3;\tOne", "is broken"),
        ("T1\tX 0 99999999999\tOne", "is broken"),
        ("Also this", "is broken"),
        ("T1\tX 0 15\tOne and two", "the offsets 0 15 are empty or outside the text of 11 characters"),
        ("T1\tX 3 3\t", "the offsets 3 3 are empty or outside"),
        ("T1\tX 4 1\tOne", "the offsets 4 1 are empty or outside"),
        ("T1\tX 0 3;2 7\tOne e an", "the pieces overlap at 2 7"),
        ("T1\tX 0 3\tTwo", "the text at the offsets is 'One', and the line says 'Two'"),
        ("T1\tX 3 4\t ", "the entity is blank"),
    ],
)
def test_a_bad_line_is_rejected_alone(tmp_path, line, reason):
    folder = pair(tmp_path / "c", "One and two", "T8\tX 8 11\ttwo", line, "", "T9\tY 4 7\tand")
    (record,), (reject,), _ = all_of(folder)
    assert [a.mention for a in record.annotations] == ["and", "two"]
    assert (reject.file, reject.line, reject.id, reject.what) == ("c/d.ann", 2, "d", "annotation")
    assert reason in reject.reason


def test_other_lines_are_counted_by_letter(tmp_path):
    lines = ["R1\tA Arg1:T1", "N1\tR", "E1\tX:T1", "A1\tM T1", "M1\tM T1", "#1\tNote T1\tx", "*\tEquiv T1 T2", "R2\tB"]
    (record,), rejects, context = all_of(pair(tmp_path, "One", *lines))
    assert (record.annotations, rejects) == ([], [])
    assert context.notes == {f"{OTHER}: {letter}": 1 for letter in "NEAM#*"} | {f"{OTHER}: R": 2}


@pytest.mark.parametrize("shift", [0, 1])
def test_a_byte_order_mark_is_counted_or_not(tmp_path, shift):
    text = "No no no. Bo."
    lines = [f"T1\tX {3 + shift} {5 + shift}\tno", f"T2\tX {10 + shift} {12 + shift}\tBo", "T3\tX 0 1\t?"]
    records, rejects, _ = all_of(pair(tmp_path, text.encode("utf-8-sig"), *lines))
    assert [r.text for r in records] == ["No no no.", "Bo."]
    assert [(a.mention, a.spans) for r in records for a in r.annotations] == [("no", ((3, 5),)), ("Bo", ((0, 2),))]
    assert len(rejects) == 1


def test_ends_of_line_are_not_translated(tmp_path):
    text = "One\r\nTwo"
    records, rejects, _ = all_of(pair(tmp_path, text, "T1\tX 5 8\tTwo\r"))
    assert rejects == []
    assert records[1].annotations[0].mention == "Two"


def test_what_has_no_partner_or_no_text_is_rejected(tmp_path):
    folder = pair(tmp_path / "c", "One")
    (folder / "alone.txt").write_text("Text.")
    (folder / "lost.ann").write_text("T1\tX 0 1\tx\n")
    pair(folder, " \n", name="empty")
    records, rejects, _ = all_of(folder)
    assert [r.id for r in records] == ["d-1"]
    assert [(r.id, r.file, r.what) for r in rejects] == [
        ("alone", "c/alone.txt", "record"),
        ("empty", "c/empty.txt", "record"),
        ("lost", "c/lost.ann", "record"),
    ]
    for reject, reason in zip(rejects, ("the .txt has no .ann", "no text", "the .ann has no .txt"), strict=True):
        assert reason in reject.reason


def test_repeated_stems_are_told_apart_by_path(tmp_path):
    for name in ("train/d", "test/d", "test/e"):
        pair(tmp_path, "One", name=name)
    records, _, _ = all_of(tmp_path)
    assert [(r.id, r.split) for r in records] == [("test/d-1", "test"), ("e-1", "test"), ("train/d-1", "train")]


def test_discover_puts_the_frequent_first_then_the_alphabet(tmp_path):
    text = "a b c"
    types = ["Z", "B", "B", "A", "Z"]
    pair(tmp_path, text, *[entity(text, "a", type=t, n=n) for n, t in enumerate(types)], "R1\tQ Arg1:T1")
    context = ReadContext(Source(tmp_path), get_task("ner"))
    assert resolve_targets(BUILDER, context) == ("B", "Z", "A")
    assert not context.notes


def test_no_type_anywhere_is_refused(tmp_path):
    with pytest.raises(InputError, match="no target is annotated"):
        read("brat", pair(tmp_path, "One"))


def pack(folder: Path, path: Path) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, "corpus")
    return path


def test_an_archive_alone_and_inside_of_a_folder(tmp_path):
    pack(pair(tmp_path / "raw", "One", "T1\tX 0 3\tOne"), tmp_path / "c.tgz")
    (record,), _, _ = all_of(tmp_path / "c.tgz")
    assert record.file == "c.tgz/corpus/d.txt"
    (tmp_path / "folder").mkdir()
    (tmp_path / "c.tgz").rename(tmp_path / "folder" / "c.tgz")
    (record,), _, context = read("brat", tmp_path / "folder")
    assert record.file == "folder/c.tgz/corpus/d.txt"
    assert list(context.source.inputs()) == ["folder/c.tgz"]
    pack(tmp_path / "raw", tmp_path / "folder" / "e.tgz")
    assert "holds 2 archives (c.tgz, e.tgz)" in refused(tmp_path / "folder")


def test_bad_sources_are_refused(tmp_path):
    folder = pair(tmp_path / "c", "Один".encode("cp1251"), "T1\tX 0 1\tx")
    assert "c/d.txt: is not UTF-8" in refused(folder)
    assert "d.txt: is one file" in refused(folder / "d.txt")
    pair(folder, "One")
    (folder / "d.ann").write_bytes(b"\xff")
    assert "c/d.ann: is not UTF-8" in refused(folder)
    (folder / "d.ann").unlink()
    assert "c: holds no .ann" in refused(folder)
    cut = tmp_path / "cut.tgz"
    cut.write_bytes(pack(pair(tmp_path / "x", "One"), tmp_path / "x.tgz").read_bytes()[:-60])
    assert "cut.tgz: is not a complete tar archive" in refused(cut)


EVENTS = [
    "T1\tPerson 0 2\tBo",
    "T2\tAttack 3 6\thit",
    "T3\tAttack 11 14\thit",
    "E1\tAttack:T2 Agent:T1",
    "E2\tAttack:T3",
    "E3\tAttack:T3",
]


def test_the_triggers_of_ed_are_of_the_types_that_event_lines_name(tmp_path):
    records, rejects, context = read("brat", pair(tmp_path, "Bo hit. Cy hit.", *EVENTS), task="ed")
    assert context.schema.targets == ("Attack",) and context.schema.task == "ed" and not rejects
    given = [a.mention for record in records for a in record.annotations if a.target in context.schema.index]
    assert given == ["hit", "hit"]
    _, _, context = read("brat", tmp_path, task="ner")
    assert context.schema.targets == ("Attack", "Person")


def test_ed_without_an_event_and_a_label_task_are_refused(tmp_path):
    pair(tmp_path, "Bo hit.", EVENTS[0])
    with pytest.raises(InputError, match=r"has no event \(E line\), only entities. Read it with --task ner"):
        read("brat", tmp_path, task="ed")
    with pytest.raises(UsageError, match="'mabsa' is a label task"):
        read("brat", tmp_path, task="mabsa")


@pytest.mark.parametrize(
    ("text", "line", "unit"),
    [
        ("😀 Bo left.", "T1\tX 3 5\tBo", "UTF-16 units"),
        ("Señora Bo left.", "T1\tX 8 10\tBo", "bytes of UTF-8"),
        ("At home Bo left.", "T1\tX 8 9\tBo", "characters with inclusive ends"),
    ],
)
def test_offsets_in_another_unit_are_taken_where_the_entities_show_it(tmp_path, text, line, unit):
    (record,), rejects, context = all_of(pair(tmp_path, text, line))
    assert [surface(record.text, a.spans) for a in record.annotations] == ["Bo"] and not rejects
    assert context.notes == {f"documents whose entities show that their offsets are in {unit}": 1}


def test_an_entity_beside_its_offset_is_re_anchored(tmp_path):
    (record,), rejects, context = all_of(pair(tmp_path, "At home Bo and Cy left.", "T1\tX 7 9\tBo", "T2\tX 15 17\tCy"))
    assert [a.spans for a in record.annotations] == [((8, 10),), ((15, 17),)] and not rejects
    assert context.notes == {RE_ANCHORED: 1}
