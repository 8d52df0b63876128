"""The builder of ACOS: the published counts, each rule on a small file, and bad input."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from sde_builders import acos
from sde_builders.acos import BUILDER, LAPTOP, RESTAURANT, words
from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.ingest.sources import Source
from sde_datasets.records.record import record_problem
from sde_datasets.tasks.task import get_task
from tests.conftest import read


def rows(tmp_path: Path, *lines: str, name: str = "rest16_quad_train.tsv") -> Path:
    path = tmp_path / name
    path.write_text("".join(f"{line}\n" for line in lines), newline="")
    return path


def test_published_counts(corpora):
    quadruples = pairs = texts = 0
    for subset in ("", "laptop"):
        records, rejects, context = read("acos", corpora / "acos", subset)
        assert rejects == []
        assert context.notes[acos.OTHER_DOMAIN] == 3
        quadruples += context.notes[acos.QUADRUPLES]
        pairs += sum(len(r.annotations) for r in records)
        texts += len(records)
        assert [record_problem(r, context.schema) for r in records if record_problem(r, context.schema)] == []
        assert {r.split for r in records} == {"train", "validation", "test"}
        assert len({r.id for r in records}) == len(records)
        assert {a.target for r in records for a in r.annotations} == set(context.schema.targets)
    assert (quadruples, pairs, texts) == (9_434, 7_958, 6_360)


def test_evidence_of_the_real_corpus_is_whole_tokens(corpora):
    for subset in ("", "laptop"):
        for record in read("acos", corpora / "acos", subset)[0]:
            for annotation in record.annotations:
                assert (annotation.origin == "annotated") is bool(annotation.evidence)
                for start, end in annotation.evidence:
                    assert f" {record.text} "[start] == f" {record.text} "[end + 1] == " "


def test_target_names_are_distinct():
    assert len(RESTAURANT) == 13
    assert len(LAPTOP) == 121
    for categories in (RESTAURANT, LAPTOP):
        names = list(map(words, categories))
        assert len(set(names)) == len(names)
        assert names == sorted(names)
    assert not set(RESTAURANT) & set(LAPTOP)
    assert BUILDER.targets == {"": tuple(map(words, RESTAURANT)), "laptop": tuple(map(words, LAPTOP))}
    assert words("FOOD#STYLE_OPTIONS") == "food style options"


def test_a_line(tmp_path):
    line = "the soup was cold but the waiter smiled .\t6,7 SERVICE#GENERAL 2 7,8\t1,2 FOOD#QUALITY 0 3,4\r"
    [record], rejects, context = read("acos", rows(tmp_path, line))
    assert rejects == []
    assert (record.id, record.split, record.document) == ("restaurant-train-1", "train", None)
    assert (record.file, record.line) == ("rest16_quad_train.tsv", 1)
    assert record.text == "the soup was cold but the waiter smiled ."
    given = [(a.target, a.label, [record.text[slice(*s)] for s in a.evidence], a.origin) for a in record.annotations]
    assert given == [
        ("service general", "positive", ["waiter", "smiled"], "annotated"),
        ("food quality", "negative", ["soup", "cold"], "annotated"),
    ]
    assert context.notes == {acos.QUADRUPLES: 2}


def test_implicit_spans_are_no_evidence(tmp_path):
    lines = ("never again !\t-1,-1 RESTAURANT#GENERAL 0 -1,-1", "so good\t-1,-1 FOOD#QUALITY 2 1,2")
    records, _, _ = read("acos", rows(tmp_path, *lines))
    assert [(a.evidence, a.origin) for r in records for a in r.annotations] == [((), "none"), (((3, 7),), "annotated")]


def test_a_span_of_no_token_is_implicit_and_counted(tmp_path):
    [record], _, context = read("acos", rows(tmp_path, "so good\t1,1 FOOD#QUALITY 2 1,2"))
    assert record.annotations[0].evidence == ((3, 7),)
    assert context.notes[acos.EMPTY] == 1


@pytest.mark.parametrize(
    ("sentiments", "label", "note"),
    [
        ("2 2", "positive", None),
        ("0 2 0", "negative", acos.MAJORITY),
        ("0 2", "neutral", acos.TIE),
        ("0 1 2", "neutral", acos.TIE),
        ("2 2 0 0 1", "neutral", acos.TIE),
        ("1 2 2", "positive", acos.MAJORITY),
    ],
)
def test_quadruples_of_one_category_are_merged(tmp_path, sentiments, label, note):
    fields = [f"1,2 FOOD#QUALITY {s} {i},{i + 1}" for i, s in enumerate(sentiments.split())]
    [record], _, context = read("acos", rows(tmp_path, "\t".join(["a b c d e f", *fields])))
    [annotation] = record.annotations
    assert annotation.label == label
    assert annotation.evidence == tuple(sorted({(2, 3), *((2 * i, 2 * i + 1) for i in range(len(fields)))}))
    assert context.notes[acos.QUADRUPLES] == len(fields)
    assert context.notes[acos.MERGED] == len(fields) - 1
    assert {n for n in context.notes if n in (acos.MAJORITY, acos.TIE)} == ({note} if note else set())


def test_labels_are_those_of_the_schema(tmp_path):
    path = rows(tmp_path, "a b\t0,1 FOOD#QUALITY 0 -1,-1\t0,1 FOOD#PRICES 1 -1,-1\t0,1 FOOD#GENERAL 2 -1,-1")
    [record], _, _ = read("acos", path, language="zh")
    assert [a.label for a in record.annotations] == ["负面", "中性", "正面"]


def test_a_schema_without_the_numbers_is_refused(tmp_path):
    context = ReadContext(Source(rows(tmp_path, "a\t0,1 FOOD#QUALITY 0 -1,-1")))
    schema = get_task("mabsa").schema(BUILDER.targets[""])
    context.schema = dataclasses.replace(schema, labels=("good", "bad"), numbers=(1, 2))
    with pytest.raises(UsageError, match=r"\[-1, 0\] are missing"):
        list(BUILDER.read(context))


def test_an_unknown_category_is_left_to_the_caller(tmp_path):
    [record], rejects, _ = read("acos", rows(tmp_path, "a b\t0,1 SHOES#QUALITY 0 -1,-1"))
    assert [a.target for a in record.annotations] == ["shoes quality"]
    assert rejects == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a b", "no quadruple"),
        ("a b\t", "the field '' is not"),
        ("a b\t0,1 FOOD#QUALITY 2", "is not `start,end CATEGORY"),
        ("a b\t0,1  FOOD#QUALITY 2 0,1", "is not `start,end CATEGORY"),
        ("a b\t-1,0 FOOD#QUALITY 2 0,1", "is not `start,end CATEGORY"),
        ("a b\t0,x FOOD#QUALITY 2 0,1", "is not `start,end CATEGORY"),
        ("a b\t0," + "9" * 5000 + " FOOD#QUALITY 2 0,1", "is not `start,end CATEGORY"),
        ("a b\t0,3 FOOD#QUALITY 2 0,1", "the span 0,3 lies outside the 2 tokens"),
        ("a b\t0,1 FOOD#QUALITY 2 5,5", "the span 5,5 lies outside"),
        ("a b\t2,1 FOOD#QUALITY 2 0,1", "the span 2,1 lies outside"),
        ("a b\t0,1 FOOD#QUALITY 3 0,1", "unknown sentiment '3'"),
        ("\t0,1 FOOD#QUALITY 2 0,1", "lies outside the 0 tokens"),
    ],
)
def test_a_malformed_line_is_rejected_whole(tmp_path, line, reason):
    good = "a b\t0,1 FOOD#QUALITY 2 0,1"
    records, [reject], context = read("acos", rows(tmp_path, good, line, "", good))
    assert [r.id for r in records] == ["restaurant-train-1", "restaurant-train-4"]
    assert (reject.file, reject.line, reject.id) == ("rest16_quad_train.tsv", 2, "restaurant-train-2")
    assert reason in reject.reason
    assert len(reject.reason) < 200
    assert context.notes[acos.QUADRUPLES] == 2


GOOD = {"restaurant": "a b\t0,1 FOOD#QUALITY 2 0,1", "laptop": "a b\t0,1 LAPTOP#GENERAL 2 0,1"}


def test_files_of_a_folder(tmp_path):
    for name in ("rest16_quad_dev.tsv", "Rest_test.tsv", "rest16.tsv", "rest_train.txt", "rest_pretrain.tsv"):
        rows(tmp_path, GOOD["restaurant"], name=name)
    rows(tmp_path, GOOD["laptop"], name="laptop_quad_dev.tsv")
    rows(tmp_path, "other\tdata", name="train.tsv")
    rows(tmp_path, GOOD["restaurant"], name="dev_other.tsv")
    records, _, context = read("acos", tmp_path)
    assert sorted(r.file.split("/")[-1] for r in records) == ["Rest_test.tsv", "dev_other.tsv", "rest16_quad_dev.tsv"]
    assert context.notes[acos.OTHER_DOMAIN] == context.notes[acos.NO_DOMAIN] == 1
    assert [r.id for r in read("acos", tmp_path, "laptop")[0]] == ["laptop-validation-1"]


@pytest.mark.parametrize(("subset", "domain"), [("", "restaurant"), ("laptop", "laptop")])
def test_the_domain_of_a_file_alone_is_that_of_its_categories(tmp_path, subset, domain):
    path = rows(tmp_path, "x\tbroken", "a\t0,1 SHOES#X 2 0,1", GOOD[domain], name="mine.tsv")
    records, [reject], _ = read("acos", path, subset)
    assert [r.id for r in records] == [f"{domain}-all-2", f"{domain}-all-3"]
    assert [r.split for r in records] == [None, None]
    assert reject.id == f"{domain}-all-1"


def test_laptop_files_alone_ask_for_the_subset(tmp_path):
    path = rows(tmp_path, GOOD["laptop"], name="mine.tsv")
    for source in (path, rows(tmp_path, GOOD["laptop"], name="laptop_quad_dev.tsv")):
        with pytest.raises(InputError, match=r"holds no restaurant file.*acos:laptop"):
            read("acos", source)
    with pytest.raises(InputError, match=r"holds no laptop file.*Leave out the subset"):
        read("acos", rows(tmp_path, GOOD["restaurant"]), "laptop")


def test_sources_without_a_corpus(tmp_path):
    with pytest.raises(InputError, match=r"holds no file of ACOS\. Looked for"):
        read("acos", tmp_path)
    with pytest.raises(InputError, match="holds no file of ACOS"):
        read("acos", rows(tmp_path, "just text", name="x.tsv"))
    with pytest.raises(UsageError, match="has no subset"):
        read("acos", tmp_path, "hotels")


@pytest.mark.parametrize(("data", "message"), [(b"a\nb\xff", ":2: is not UTF-8"), (b"", ": is empty")])
def test_broken_files(tmp_path, data, message):
    for name in ("rest_train.tsv", "mine.tsv"):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=name + message):
            read("acos", tmp_path / name)


def test_the_word_piece_copies_of_the_corpus_s_own_repository_are_skipped(tmp_path):
    line = "the tempura was good\t1,2 FOOD#QUALITY 2 3,4\n"
    copy = tmp_path / "Extract-Classify-ACOS" / "tokenized_data" / "rest16_train_quad_bert.tsv"
    data = tmp_path / "data" / "Restaurant-ACOS" / "rest16_quad_train.tsv"
    for path, text in ((copy, line.replace("tempura", "te ##mp ##ura")), (data, line)):
        path.parent.mkdir(parents=True)
        path.write_text(text)
    records, _, context = read("acos", tmp_path)
    assert [record.text for record in records] == ["the tempura was good"]
    assert context.notes["files of word pieces skipped"] == 1
