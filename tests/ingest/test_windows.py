"""Windows of long documents: whole sentences, no mention cut, the same words, and counts that add up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sde_datasets.building.pipeline import build
from sde_datasets.ingest.source_plan import source_plan
from sde_datasets.ingest.windows import windows
from sde_datasets.records.record import Annotation, Record
from tests.builders.written import write

TEXT = "Ana met Bo. It rained all day. They left. Nobody came."


def record(split: str | None = None) -> Record:
    spans = [(0, 3), (8, 26)]
    annotations = [Annotation("X", mention=TEXT[a:b], spans=((a, b),), evidence=((a, b),)) for a, b in spans]
    return Record("r", TEXT, annotations, split)


def test_a_window_holds_whole_sentences_and_no_mention_is_cut():
    found = list(windows(record(), 35, 0))
    assert [(w.id, w.document, w.text) for w in found] == [
        ("r#0", "r", "Ana met Bo. It rained all day."),
        ("r#31", "r", "They left. Nobody came."),
    ]
    assert [[(a.mention, w.text[slice(*a.spans[0])]) for a in w.annotations] for w in found] == [
        [("Ana", "Ana"), (TEXT[8:26], TEXT[8:26])],
        [],
    ]


def test_windows_of_training_share_sentences_by_the_stride_and_others_do_not():
    shared = [w.text for w in windows(record("train"), 42, 12)]
    assert shared == ["Ana met Bo. It rained all day. They left.", "They left. Nobody came."]
    assert [w.text for w in windows(record("test"), 42, 12)][1] == "Nobody came."


@given(
    st.lists(st.sampled_from(["Ana met Bo.", "It rained.", "No!", "So it was, they said."]), min_size=1),
    st.integers(1, 60),
)
def test_windows_hold_all_words_of_the_text_in_order(sentences, size):
    text = " ".join(sentences)
    found = list(windows(Record("r", text, []), size, 0))
    assert " ".join(window.text for window in found).split() == text.split()


def test_a_build_with_windows_adds_up_and_keeps_the_windows_of_a_text_in_one_split(tmp_path, quiet):
    rows = [
        {"id": n, "text": TEXT, "annotations": [{"target": "X", "mention": "Ana"}, {"target": "X", "mention": "They"}]}
        for n in range(3)
    ]
    plan = source_plan([f"jsonl={write(tmp_path, 'a.jsonl', rows)}"], "ner", keys={"max_chars": 35}, designs=("es",))
    report = build(plan, tmp_path / "out", workers=1, progress=quiet).manifest.views["ner"].report
    assert (report.records["kept"], report.annotations["kept"]) == (6, 6)
    assert report.notes == {"records cut into windows (max_chars)": 3}
