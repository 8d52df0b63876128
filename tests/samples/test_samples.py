"""Samples: the answer of a record, the parts of a prompt, and the Arrow schemas that `datasets` reads.

pytest tests/samples/test_samples.py
"""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from sde_datasets.designs.design import DESIGNS, FORMATS, get_design
from sde_datasets.formats import Answer
from sde_datasets.records.columns import RECORD_SCHEMA, SAMPLE_SCHEMA, record_rows
from sde_datasets.records.record import Annotation, Record
from sde_datasets.samples.prompts import instruction, task_template
from sde_datasets.samples.render import completions, gold_answers, prompts, sample_batch
from sde_datasets.tasks.task import get_task

NER, MABSA, ED_ZH = get_task("ner"), get_task("mabsa"), get_task("ed")
TYPES, ASPECTS = NER.schema(("DNA", "RNA", "protein")), MABSA.schema(("food", "drinks", "price"))

TEXT = "The IL-2 gene, the IL-2 gene; p65."
FIRST, SECOND, LAST = (0, 13), (15, 28), (30, 33)
MENTIONS = [
    Annotation("DNA", None, "IL-2 gene", ((4, 13),), (FIRST,), "context"),
    Annotation("DNA", None, "IL-2 gene", ((19, 28),), (SECOND,), "context"),
    Annotation("protein", None, "IL-2", ((4, 8),), (FIRST,), "context"),
    Annotation("protein", None, "IL-2", ((4, 8),), (FIRST, SECOND, FIRST), "annotated"),
    Annotation("protein", None, "p65", ((30, 33),)),
]
REVIEW = "Good soup, good soup. Dear."
OPINIONS = [
    Annotation("food", "positive", evidence=((0, 9), (11, 20), (0, 4), (0, 9)), origin="annotated"),
    Annotation("price", "negative"),
]


def rows(schema, *records: Record) -> pa.RecordBatch:
    constant = {"corpus": "c", "view": "v", "language": "en", "schema": schema.to_json()}
    return record_rows(records, constant)


def answer(schema, text: str, annotations: list[Annotation], form: str = "lines", described: bool = True) -> Answer:
    return gold_answers(rows(schema, Record("r", text, annotations)), schema, form, described)[0]


def test_the_values_of_a_mention_task_are_surfaces_in_text_order_with_repeats():
    values = {"DNA": ("IL-2 gene", "IL-2 gene"), "protein": ("IL-2", "IL-2", "p65")}
    assert answer(TYPES, TEXT, MENTIONS).values == values


def test_the_values_of_a_label_task_are_labels():
    assert answer(ASPECTS, REVIEW, OPINIONS).values == {"food": "positive", "price": "negative"}


@pytest.mark.parametrize("form", ["natural", "lines", "json"])
def test_a_target_of_a_mention_task_is_described_by_the_distinct_evidence_in_text_order(form):
    assert answer(TYPES, TEXT, MENTIONS, form).descriptions == {
        "DNA": "The IL-2 gene | the IL-2 gene",
        "protein": "The IL-2 gene | the IL-2 gene",
    }


def test_in_the_list_format_a_mention_is_described_by_its_own_distinct_evidence():
    assert answer(TYPES, TEXT, MENTIONS, "list").descriptions == {
        "DNA": ("The IL-2 gene", "the IL-2 gene"),
        "protein": ("The IL-2 gene", "The IL-2 gene | the IL-2 gene", ""),
    }


@pytest.mark.parametrize("form", FORMATS)
def test_a_target_of_a_label_task_is_described_by_its_distinct_evidence(form):
    assert answer(ASPECTS, REVIEW, OPINIONS, form).descriptions == {"food": "Good soup | good soup | Good"}


@pytest.mark.parametrize("form", FORMATS)
def test_targets_without_evidence_are_not_described(form):
    assert answer(TYPES, TEXT, [a._replace(evidence=()) for a in MENTIONS], form).descriptions == {}


@pytest.mark.parametrize("form", FORMATS)
def test_an_answer_without_descriptions_has_the_same_values(form):
    plain = answer(TYPES, TEXT, MENTIONS, form, described=False)
    assert plain == Answer(answer(TYPES, TEXT, MENTIONS, form).values, {})


def test_each_record_has_its_own_answer():
    batch = rows(TYPES, Record("a", TEXT, MENTIONS[:1]), Record("b", TEXT, []), Record("c", TEXT, MENTIONS[4:]))
    assert gold_answers(batch, TYPES, "lines") == [
        Answer({"DNA": ("IL-2 gene",)}, {"DNA": "The IL-2 gene"}),
        Answer({}, {}),
        Answer({"protein": ("p65",)}, {}),
    ]


@pytest.mark.parametrize("form", FORMATS)
def test_the_answers_of_a_slice_of_a_batch(form):
    batch = rows(TYPES, *[Record(str(i), TEXT, MENTIONS[i : i + 2]) for i in range(4)])
    whole = gold_answers(batch, TYPES, form)
    assert gold_answers(batch.slice(1, 2), TYPES, form) == whole[1:3]


def test_no_records_have_no_answers():
    assert gold_answers(rows(TYPES), TYPES, "list") == []


def test_a_completion_for_each_record():
    batch = rows(ASPECTS, Record("a", REVIEW, OPINIONS), Record("b", REVIEW, []))
    said = gold_answers(batch, ASPECTS, "lines")
    written = completions(said, get_design("lines-text-ou"), ASPECTS)
    assert written.to_pylist() == ["food: positive\nprice: negative", "unmentioned"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_design_without_reasoning_leaves_descriptions_out(form):
    for schema, text, given in ((TYPES, TEXT, MENTIONS), (ASPECTS, REVIEW, OPINIONS)):
        said = [answer(schema, text, given, form, described) for described in (True, False)]
        with_, without = completions(said, get_design(f"{form}-text"), schema).to_pylist()
        assert with_ == without


def test_completions_do_not_depend_on_place_and_wording():
    said = [answer(TYPES, TEXT, MENTIONS, "list")]
    one = completions(said, get_design("list-text-cot"), TYPES)
    assert one == completions(said, get_design("list-text-cot-instlast-w3"), TYPES)


# a text with what the joints of a prompt are made of
TRICKY = "---\nOutput:\n{targets} "


@pytest.mark.parametrize(
    ("design", "form"),
    [
        ("lines-text", "{told}\n---\n{text}\nOutput:\n"),
        ("lines-text-instlast", "{text}\n---\n{told}\nOutput:\n"),
        ("lines-text-noinst", "{text}\nOutput:\n"),
        ("json-num-cot-ou-w2", "{told}\n---\n{text}\nOutput:\n"),
    ],
)
def test_the_prompt_of_each_placement(design, form):
    design = get_design(design)
    told = "" if design.placement == "no-inst" else instruction(MABSA.wordings["en"], ASPECTS, design)
    joined = prompts(pa.array([REVIEW, TRICKY]), task_template(MABSA, ASPECTS, design)).to_pylist()
    assert joined == [form.replace("{told}", told).replace("{text}", text) for text in (REVIEW, TRICKY)]


@pytest.mark.parametrize("placement", ["", "-instlast", "-noinst"])
def test_the_cue_of_a_chinese_prompt(placement):
    schema = ED_ZH.schema(("移动",), "zh")
    prompt = prompts(pa.array(["起飞"]), task_template(ED_ZH, schema, get_design(f"lines-text{placement}")))[0].as_py()
    assert prompt.endswith("\n输出：\n")


@pytest.mark.parametrize("name", ["list-text-ou", "json-num-rcot-instlast-w3"])
def test_a_sample_has_the_columns_of_its_record_and_design(name):
    design = get_design(name)
    batch = rows(TYPES, Record("a", TEXT, MENTIONS), Record("b", "x", []))
    written = completions(gold_answers(batch, TYPES, design.format), design, TYPES)
    made = sample_batch(batch, design, task_template(NER, TYPES, design), written)
    assert made.schema.equals(SAMPLE_SCHEMA, check_metadata=True)
    for row, record in zip(made.to_pylist(), batch.to_pylist(), strict=True):
        kept = ("id", "annotations", "corpus", "language", "schema")
        assert {key: row[key] for key in kept} == {key: record[key] for key in kept}
        assert (row["source_text"], row["design"]) == (record["text"], name)
    assert made.column("completion").equals(written)
    assert made.column("prompt").equals(prompts(batch.column("text"), task_template(NER, TYPES, design)))


def test_a_row_of_a_record_holds_what_was_annotated():
    record = Record("r", TEXT, MENTIONS[3:4], "train", "d", "f.xml", 7)
    row = rows(TYPES, record).to_pylist()[0]
    assert row["annotations"] == [
        {
            "target": "protein",
            "label": None,
            "mention": "IL-2",
            "spans": [{"start": 4, "end": 8}],
            "evidence": [
                {"text": TEXT[start:end], "start": start, "end": end} for start, end in (FIRST, SECOND, FIRST)
            ],
            "origin": "annotated",
        }
    ]
    assert (row["split"], row["document"], row["place"]) == ("train", "d", {"file": "f.xml", "line": 7})


@pytest.mark.parametrize("schema", [RECORD_SCHEMA, SAMPLE_SCHEMA], ids=["records", "samples"])
def test_the_metadata_are_the_features_that_datasets_makes_of_the_schema(schema):
    from datasets import Features

    given = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert Features.from_dict(given) == Features.from_arrow_schema(schema.remove_metadata())


@pytest.mark.parametrize("schema", [RECORD_SCHEMA, SAMPLE_SCHEMA], ids=["records", "samples"])
def test_datasets_takes_the_metadata_for_these_very_columns(schema):
    from datasets import Features

    features = Features.from_arrow_schema(schema)
    assert features.arrow_schema.remove_metadata() == schema.remove_metadata()


def test_no_sample_column_has_a_name_that_trainers_take_for_something_else():
    assert not {"text", "messages", "labels", "label", "input_ids", "attention_mask"} & set(SAMPLE_SCHEMA.names)


def test_samples_have_a_prompt_and_a_completion():
    assert SAMPLE_SCHEMA.names[:3] == ["id", "prompt", "completion"]


def test_every_design_makes_a_sample():
    texts = pa.array([REVIEW])
    said = [answer(ASPECTS, REVIEW, OPINIONS)]
    for design in DESIGNS.values():
        whole = (
            prompts(texts, task_template(MABSA, ASPECTS, design))[0].as_py()
            + completions(said, design, ASPECTS)[0].as_py()
        )
        assert REVIEW in whole and whole == whole.strip(), design.name
