"""JSON lines of one's own: every form of an annotation, and every bad line named and left out."""

from __future__ import annotations

import json
import re
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sde_builders.jsonl import BUILDER
from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.ingest.sources import Source
from sde_datasets.records.record import Record, Reject, record_problem
from sde_datasets.tasks.task import get_task
from tests.conftest import read
from tests.properties import examples

TEXT = "the IL-2 gene and the IL-2 promoter"
GOOD = {"id": "good", "text": TEXT, "annotations": []}
FOOD = {"target": "food", "label": "positive"}


def write(path, *rows):
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), "utf-8")
    return path


def mentions(tmp_path, *annotations, text=TEXT, **options):
    path = write(tmp_path / "own.jsonl", {"id": "r", "text": text, "annotations": annotations}, GOOD)
    options = {"targets": ("DNA", "protein")} | options
    records, rejects, context = read("jsonl", path, task="ner", **options)
    assert all(record_problem(record, context.schema) is None for record in records)
    return records, rejects, context


def labels(tmp_path, *annotations, text="Good soup.", **options):
    path = write(tmp_path / "own.jsonl", {"id": "r", "text": text, "annotations": annotations}, GOOD)
    options = {"targets": ("food", "service")} | options
    return read("jsonl", path, task="mabsa", **options)


def only(rejects):
    (reject,) = rejects
    assert (reject.file, reject.line, reject.id, reject.what) == ("own.jsonl", 1, "r", "record")
    return reject.reason


def line(tmp_path, row, place=1, name="own.jsonl"):
    """The reject of one row that stands before a good one."""
    _, rejects, _ = read("jsonl", write(tmp_path / name, row, GOOD), task="ner", targets=("DNA",))
    (reject,) = rejects
    assert (reject.file, reject.line) == (name, place)
    return reject.reason


def test_offsets_with_and_without_the_mention(tmp_path):
    given = [
        {"target": "DNA", "mention": "IL-2 gene", "start": 4, "end": 13},
        {"target": "DNA", "start": 22, "end": 26},
    ]
    given.append({"target": "DNA", "spans": [[4, 8], [27, 35]], "evidence": [0, 13]})
    records, rejects, _ = mentions(tmp_path, *given)
    assert not rejects
    # the caller fills in a mention that the file does not give
    assert [(a.mention, a.spans) for a in records[0].annotations] == [
        ("IL-2 gene", ((4, 13),)),
        (None, ((22, 26),)),
        (None, ((4, 8), (27, 35))),
    ]
    assert [(a.evidence, a.origin) for a in records[0].annotations][1:] == [((), "none"), (((0, 13),), "annotated")]


def test_a_mention_without_offsets_is_taken_everywhere_and_once(tmp_path):
    given = [{"target": "DNA", "mention": "IL-2"}, {"target": "DNA", "mention": "IL-2", "start": None}]
    records, _, context = mentions(tmp_path, *given, {"target": "protein", "mention": "gene"})
    assert [(a.target, *a.spans) for a in records[0].annotations] == [
        ("DNA", (4, 8)),
        ("DNA", (22, 26)),
        ("protein", (9, 13)),
    ]
    assert context.notes == {"mentions found several times": 1, "mentions without offsets given again": 1}


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"target": "DNA", "mention": "IL-3"}, "the mention 'IL-3' does not occur in the text"),
        ({"target": "DNA", "mention": ""}, "expected mention or offsets for 'DNA', found neither"),
        ({"target": "DNA"}, "expected mention or offsets"),
        ({"target": "DNA", "label": "positive"}, "'ner' is a mention task: an annotation has 'mention', not 'label'"),
        ({"mention": "IL-2"}, "target: expected the name of a target, found nothing"),
        ({"target": "", "mention": "IL-2"}, "target: expected the name of a target, found an empty string"),
        ({"target": 3, "mention": "IL-2"}, "target: expected a string, found 3"),
        ({"target": "DNA", "mention": ["IL-2"]}, "mention: expected a string, found a list"),
        ({"target": "DNA", "start": 4}, "start, end: expected whole numbers, found nothing"),
        ({"target": "DNA", "start": True, "end": 3}, "start, end: expected whole numbers, found true"),
        ({"target": "DNA", "start": 1.5, "end": 3}, "start, end: expected whole numbers, found 1.5"),
        ({"target": "DNA", "start": "-1", "end": 3}, "start, end: expected whole numbers, found '-1'"),
        ({"target": "DNA", "start": 4, "end": 8, "spans": [[4, 8]]}, "either spans or start and end, not both"),
        ({"target": "DNA", "spans": []}, "spans: expected a list of [start, end], found an empty list"),
        ({"target": "DNA", "spans": {}}, "spans: expected a list of [start, end], found an object"),
        ({"target": "DNA", "spans": [4, 8]}, "spans: expected [start, end], found 4"),
        ({"target": "DNA", "spans": [[4, 8, 9]]}, "spans: expected [start, end], found a list"),
        ({"target": "DNA", "spans": [[4, False]]}, "spans: expected whole numbers, found false"),
        ("DNA", "expected an object, found 'DNA'"),
        (None, "expected an object, found nothing"),
    ],
)
def test_a_mention_that_cannot_be_taken_rejects_its_record(tmp_path, item, reason):
    records, rejects, _ = mentions(tmp_path, {"target": "DNA", "mention": "gene"}, item)
    assert [record.id for record in records] == ["good"]
    said = only(rejects)
    assert said.startswith("$.annotations[1]: ") and reason in said


def test_offsets_that_do_not_fit_are_left_to_the_check_of_the_caller(tmp_path):
    for start, end in ((-3, 2), (5, 5), (0, 10**30)):
        row = {"text": "abc", "annotations": [{"target": "DNA", "start": start, "end": end}]}
        (record,), _, context = read("jsonl", write(tmp_path / "a.jsonl", row), task="ner", targets=("DNA",))
        assert "lie outside the text" in record_problem(record, context.schema)


@pytest.mark.parametrize("value", ["positive", " Positive ", "POS", "正面", 1, "1", 1.0, "1.0", "+1"])
def test_labels_in_every_language_and_as_numbers(tmp_path, value):
    for language, word in (("en", "positive"), ("zh", "正面")):
        given = [{"target": "food", "label": value}, {"target": "service", "label": -1}]
        records, rejects, context = labels(tmp_path, *given, language=language)
        assert not rejects and records[0].annotations[0].label == word
        assert record_problem(records[0], context.schema) is None


@pytest.mark.parametrize("value", ["unmentioned", "未提及", -2, "-2"])
def test_the_placeholder_makes_no_annotation(tmp_path, value):
    records, rejects, _ = labels(tmp_path, {"target": "food", "label": value, "evidence": [0, 4]})
    assert not rejects and records[0].annotations == []


def test_evidence_is_one_span_or_several_or_words_of_the_text(tmp_path):
    several = ([[0, 4], [5, 9]], ["Good", "soup"])
    given = [([0, 4], ((0, 4),)), ("Good", ((0, 4),)), *((value, ((0, 4), (5, 9))) for value in several)]
    for value, spans in (*given, ([], ()), (None, ())):
        records, _, context = labels(tmp_path, FOOD | {"evidence": value})
        (annotation,) = records[0].annotations
        assert (annotation.evidence, annotation.origin) == (spans, "annotated" if spans else "none")
        assert record_problem(records[0], context.schema) is None


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (
            {"target": "food", "label": "tasty"},
            "unknown label 'tasty' for 'food'; known: positive, neutral, negative",
        ),
        ({"target": "food", "label": "conflict"}, 'map it in the plan: labels = { "conflict" = "..." }'),
        ({"target": "food", "label": "N/A"}, "label: expected a label for 'food', found 'N/A'"),
        ({"target": "food", "label": True}, "expected a word or a number, found true"),
        ({"target": "food", "label": ["positive"]}, "expected a word or a number, found a list"),
        ({"target": "food", "label": None}, "label: expected a label for 'food', found nothing"),
        ({"target": "food", "mention": "soup"}, "'mabsa' is a label task: an annotation has 'label', not 'mention'"),
        (FOOD | {"start": 0, "end": 4}, "an annotation has 'label', not 'start'"),
        (FOOD | {"spans": [[0, 4]]}, "an annotation has 'label', not 'spans'"),
        (FOOD | {"evidence": "soap"}, "evidence: 'soap' does not occur in the text"),
        (FOOD | {"evidence": [0]}, "evidence: expected [start, end], found a list"),
        (FOOD | {"evidence": [[0, 4], 5]}, "evidence: expected [start, end], found 5"),
        (FOOD | {"evidence": [0, 4.5]}, "evidence: expected whole numbers, found 4.5"),
    ],
)
def test_a_label_that_cannot_be_taken_rejects_its_record(tmp_path, item, reason):
    _, rejects, _ = labels(tmp_path, item)
    assert reason in only(rejects)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"text": "a"}, "unlabelled: annotations is missing"),
        ({"text": "a", "annotations": None}, "unlabelled: annotations is null"),
        ({"text": "a", "annotations": {}}, "annotations: expected a list of objects, found an object"),
        ({"text": "a", "annotations": False}, "annotations: expected a list of objects, found false"),
        ({"annotations": []}, "text: expected a text, found nothing"),
        ({"text": " ", "annotations": []}, "text: expected a text, found ' '"),
        ({"text": 5, "annotations": []}, "text: expected a string, found 5"),
        ({"text": "a", "id": True, "annotations": []}, "id: expected a string, found true"),
        ({"text": "a", "id": float("inf"), "annotations": []}, "id: expected a string, found inf"),
        ({"text": "a", "id": 1.5, "annotations": []}, "id: expected a string, found 1.5"),
        ({"text": "a", "document": [], "annotations": []}, "document: expected a string, found an empty list"),
        ({"text": "a", "split": 1, "annotations": []}, "split: expected a string, found 1"),
        ({"text": "a", "split": "holdout", "annotations": []}, "unknown split 'holdout'; known: train, dev"),
        ('{"text": "a", "text": "b", "annotations": []}', "duplicate key 'text' in one object"),
        ('{"text": "a", "annotations": ' + "9" * 10_000 + "}", "a number has too many digits"),
        ('{"text": ' + "[" * 100_000, "nested too deeply"),
        ('{"text": "a", "annotations": NaN}', "unlabelled: annotations is null"),
        ("[1]", "expected a JSON object, found a list"),
        ("17", "expected a JSON object, found 17"),
        ('{"text": "a"} x', "not JSON: Extra data, column 15"),
        ('{"text": "a"},', "a comma after the object; write one object a line, not an array"),
        ('{"text" "a"}', "not JSON: Expecting ':' delimiter, column 9"),
        ('{"text": "a', "not JSON: Unterminated string starting at, column 10"),
    ],
)
def test_a_bad_line_is_named_and_left_out(tmp_path, row, reason):
    said = line(tmp_path, row)
    assert reason in said and "cut off" not in said


def test_the_last_line_may_be_cut_off(tmp_path):
    whole = json.dumps({"text": "a", "annotations": [{"target": "DNA", "mention": "a"}]})
    for end in range(1, len(whole)):
        path = tmp_path / "own.jsonl"
        path.write_text(json.dumps(GOOD) + "\n" + whole[:end], "utf-8")
        _, (reject,), _ = read("jsonl", path, task="ner", targets=("DNA",))
        assert reject.line == 2 and reject.reason.endswith("cut off here"), whole[:end]


@pytest.mark.parametrize("row", ['{"text": ' + "[" * 100_000, '{"a": ' + "9" * 10_000 + "}", '{"a": 1, "a": 2}'])
def test_what_json_allows_but_cannot_be_read_is_no_reason_to_refuse_the_file(tmp_path, row):
    records, rejects, _ = read("jsonl", write(tmp_path / "a.jsonl", row), task="ner", targets=("DNA",))
    assert not records and len(rejects) == 1


@pytest.mark.parametrize(
    ("content", "hint"),
    [("id,text\n1,a\n", "one object a line."), ("1\n2\n", "one object a line.")],
)
def test_a_file_without_an_object_is_refused(tmp_path, content, hint):
    (tmp_path / "own.jsonl").write_text(content, "utf-8")
    for targets in ((), ("DNA",)):
        with pytest.raises(InputError, match=r"own.jsonl: is not JSON lines") as error:
            read("jsonl", tmp_path / "own.jsonl", task="ner", targets=targets)
        assert error.value.hint.endswith(hint) or hint in error.value.hint


def test_blank_lines_are_skipped_and_a_lone_surrogate_is_passed_on(tmp_path):
    row = '{"id": "s", "text": "a\\ud800", "annotations": [{"target": "DNA\\ud800", "mention": "a"}]}'
    path = write(
        tmp_path / "own.jsonl", "", row, "  ", GOOD | {"annotations": [{"target": "DNA", "mention": "gene"}]}, ""
    )
    records, rejects, context = read("jsonl", path, task="ner")
    assert context.schema.targets == ("DNA",) and context.notes == {"blank lines": 3}
    assert [(r.id, r.line) for r in records] == [("s", 2), ("good", 4)] and not rejects
    assert "lone surrogate" in record_problem(records[0], context.schema)


def test_ids_splits_and_documents(tmp_path):
    row = {"text": "a", "annotations": []}
    rows = [
        row,
        row | {"id": 7, "split": "dev", "document": 12},
        row | {"id": "x", "split": "Validation", "document": "d"},
    ]
    records, _, _ = read("jsonl", write(tmp_path / "test_own.jsonl", *rows), task="ner", targets=("DNA",))
    assert [(r.id, r.split, r.document) for r in records] == [
        ("test_own-1", "test", None),
        ("7", "validation", "12"),
        ("x", "validation", "d"),
    ]
    records, _, _ = read("jsonl", write(tmp_path / "own.jsonl", row | {"split": ""}), task="ner", targets=("DNA",))
    assert (records[0].id, records[0].split) == ("own-1", None)


def test_a_folder_and_an_archive_give_the_same(tmp_path):
    folder = tmp_path / "corpus"
    for name, target in (("train", "b"), ("dev", "a"), ("more/dev", "c")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write(folder / f"{name}.jsonl", {"text": "x y", "annotations": [{"target": target, "mention": "x"}]})
    (folder / "README.md").write_text("no data")
    with tarfile.open(tmp_path / "corpus.tgz", "w:gz") as archive:
        archive.add(folder, "corpus")
    records, _, context = read("jsonl", folder, task="ner")
    assert context.schema.targets == ("a", "c", "b")
    assert [(r.id, r.split, r.file) for r in records] == [
        ("dev-1", "validation", "corpus/dev.jsonl"),
        ("more/dev-1", "validation", "corpus/more/dev.jsonl"),
        ("train-1", "train", "corpus/train.jsonl"),
    ]
    packed, _, _ = read("jsonl", tmp_path / "corpus.tgz", task="ner")
    assert [(r.text, r.split, r.annotations) for r in packed] == [(r.text, r.split, r.annotations) for r in records]
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match=r"none: holds no \*.jsonl"):
        read("jsonl", tmp_path / "none", task="ner")


def test_the_plan_renames_keys_and_maps_labels(tmp_path):
    row = {"key": "k", "review": "fine", "part": "test", "group": "g"}
    row["opinions"] = [{"aspect": "food", "stars": 5, "where": [0, 4]}, {"aspect": "service", "stars": "n/a"}]
    columns = {"id": "key", "text": "review", "split": "part", "document": "group", "annotations": "opinions"}
    columns |= {"target": "aspect", "label": "stars", "evidence": "where"}
    mapped = {"5": "positive", "n/a": "unmentioned", "meh": "0"}
    path = write(tmp_path / "own.jsonl", row)
    (record,), rejects, context = read("jsonl", path, task="mabsa", columns=columns, labels=mapped)
    assert not rejects and context.schema.targets == ("food", "service")
    assert (record.id, record.split, record.document) == ("k", "test", "g")
    assert [(a.target, a.label, a.evidence) for a in record.annotations] == [("food", "positive", ((0, 4),))]


@pytest.mark.parametrize(
    ("task", "options", "message"),
    [
        ("mabsa", {"columns": {"txt": "a"}}, "columns: unknown key 'txt'. Did you mean text"),
        ("mabsa", {"columns": {"text": 3}}, "columns: text must be the name of a column, found 3"),
        ("mabsa", {"columns": "text"}, "columns must be a table"),
        ("mabsa", {"labels": ["a"]}, "labels must be a table"),
        (
            "mabsa",
            {"labels": {"good": "positiv"}},
            "'good' is mapped to 'positiv', which is not a label. Did you mean positive",
        ),
        ("mabsa", {"labels": {"good": []}}, "'good' is mapped to an empty list"),
        ("ner", {"labels": {"good": "positive"}}, "the task 'ner' is a mention task and has no labels"),
    ],
)
def test_options_of_the_wrong_shape(tmp_path, task, options, message):
    with pytest.raises(UsageError) as error:
        read("jsonl", write(tmp_path / "own.jsonl", GOOD), task=task, targets=("x",), **options)
    assert message in str(error.value)


def test_targets_are_found_in_order_and_too_many_are_refused(tmp_path):
    row = {"text": "a", "annotations": [{"target": "b", "label": -2}, {"target": "a", "label": 1}, 5, {"target": 1}]}
    _, _, context = read("jsonl", write(tmp_path / "own.jsonl", row, "{", {"annotations": 1}), task="mabsa")
    assert context.schema.targets == ("b", "a")
    many = [{"text": "a", "annotations": [{"target": f"t{i}", "label": -1}]} for i in range(1001)]
    with pytest.raises(InputError, match=r"own.jsonl: has more than 1,000 different targets; 'target' is"):
        read("jsonl", write(tmp_path / "own.jsonl", *many), task="mabsa")
    read("jsonl", write(tmp_path / "own.jsonl", *many[1:]), task="mabsa")
    with pytest.raises(InputError, match="no target is annotated anywhere"):
        read("jsonl", write(tmp_path / "own.jsonl", GOOD), task="mabsa")


WORDS = st.sampled_from(["food", "a", "positive", "", "train", "\ud800"])
NUMBERS = st.one_of(st.integers(-3, 5), st.floats(), st.just(10**400))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, WORDS, st.text(max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
    max_leaves=5,
)
ITEMS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(["target", "mention", "start", "end", "spans", "label", "evidence"], VALUES)
)
ROWS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(["id", "text", "split", "document"], VALUES)
    | {"annotations": st.one_of(VALUES, st.lists(st.one_of(ITEMS, VALUES), max_size=3))},
)


@settings(max_examples=examples(300))
@given(st.lists(st.one_of(ROWS, VALUES), max_size=4), st.sampled_from(["ner", "mabsa"]))
def test_any_json_gives_a_record_or_a_reject(tmp_path_factory, rows, task):
    path = write(tmp_path_factory.getbasetemp() / "any.jsonl", *map(json.dumps, rows), GOOD)
    context = ReadContext(Source(path), get_task(task))
    context.schema = context.task.schema(("food", "a"))
    try:
        BUILDER.discover(context)
        found = list(BUILDER.read(context))
    except InputError as error:
        assert re.search("no (line|item) |are not objects|are numbers", str(error))
        return
    whole = [item for item in found if isinstance(item, Record) or item.what == "record"]
    assert [item.line for item in whole] == list(range(1, len(rows) + 2))
    for item in found:
        assert isinstance(item, Record | Reject) and item.file == "any.jsonl"
        assert item.reason if isinstance(item, Reject) else record_problem(item, context.schema) is None or item.text
