"""The format inline: what is written is read back with its exact spans, whatever the text and its mentions hold.

pytest tests/formats/test_inline.py
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sde_datasets as sde
from sde_datasets.designs.design import DESIGNS, get_design
from sde_datasets.errors import UsageError
from sde_datasets.formats import Answer, answer_format
from sde_datasets.records.columns import record_rows
from sde_datasets.records.record import Annotation, Record, sort_annotations, surface
from sde_datasets.samples.render import gold_answers
from sde_datasets.tasks.task import get_task
from tests.answer_designs import MARKED
from tests.loops import for_each_design
from tests.properties import examples
from tests.strategies import AWKWARD, answers, any_text, words

WRITTEN = MARKED
GENES = get_task("ner").schema(("DNA", "RNA", "protein"))
TEXT = "The IL-2 promoter binds p50."
# marks, escapes, tags and the separator
PIECES = [*AWKWARD, "[", "]", "|", "\\", "\\+", "\n\\+\n", "<think>", "</s>", "<|end|>", "<DNA>", "</DNA>", "|DNA]"]
NAMES = ["DNA", "a|b", "[x]", "\\", "", " c ", "<d>", "2", "a\nb"]


@st.composite
def records(draw):
    """A record with mentions that may be nested, equal, crossing and discontinuous, and its schema."""
    texts = st.one_of(any_text, st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join))
    text = draw(texts)
    targets = draw(st.lists(st.one_of(st.sampled_from(NAMES), words), min_size=1, max_size=3, unique=True))
    schema = get_task(draw(st.sampled_from(["ner", "ed"]))).schema(tuple(targets))
    edges = st.lists(st.integers(0, len(text)), min_size=2, max_size=4, unique=True).map(sorted)
    annotations = []
    for target, cuts in draw(st.lists(st.tuples(st.sampled_from(targets), edges), max_size=6)):
        spans = tuple(zip(cuts[::2], cuts[1::2], strict=False))
        if all(text[start:end].strip() for start, end in spans):
            annotations.append(Annotation(target, mention=surface(text, spans), spans=spans))
    return Record("r", text, sort_annotations(annotations, schema)), schema


def gold(record: Record, schema) -> Answer:
    return gold_answers(record_rows([record], {}), schema, "inline")[0]


def mentions(values) -> Counter:
    return Counter((target, surface) for target, surfaces in values.items() for surface in surfaces)


@for_each_design(WRITTEN)
@settings(max_examples=examples(150))
@given(drawn=records())
def test_a_record_is_read_back_with_the_spans_of_all_that_is_marked(design, drawn):
    record, schema = drawn
    form, answer = answer_format(design, schema), gold(record, schema)
    written = form.write(answer)
    assert written and written == written.strip()
    with_text, alone = form.read(written, record.text), form.read(written)
    assert with_text.answer == answer and not with_text.defects and with_text.usable
    assert alone.values == answer.values and not alone.defects
    said = Counter((a.target, a.mention) for a in record.annotations)
    assert mentions(answer.values) == said
    marked = Counter((target, spans) for target, each in with_text.spans.items() for spans in each if spans)
    assert not marked - Counter((a.target, a.spans) for a in record.annotations)
    # only what crosses or is in pieces has no spans
    following = sum(len(a.spans) > 1 or crosses(a, record) for a in record.annotations)
    assert said.total() - marked.total() <= following


def crosses(one: Annotation, record: Record) -> bool:
    (start, end) = one.spans[0][0], one.spans[-1][1]
    others = [a.spans[0] for a in record.annotations if len(a.spans) == 1]
    return any(start < s < end < e or s < start < e < end for s, e in others)


@for_each_design(WRITTEN)
@settings(max_examples=examples(50))
@given(data=st.data())
def test_values_without_a_text_follow_the_separator(design, data):
    schema = get_task("ner").schema(tuple(data.draw(st.lists(words, min_size=1, max_size=3, unique=True))))
    answer = data.draw(answers(schema, design).filter(lambda a: all(s.strip() for v in a.values.values() for s in v)))
    form = answer_format(design, schema)
    reading = form.read(form.write(answer))
    assert reading.values == answer.values and not reading.defects


@for_each_design(WRITTEN)
@settings(max_examples=examples(100))
@given(text=st.one_of(st.text(st.characters(), max_size=60), st.lists(st.sampled_from(PIECES)).map("".join)))
def test_any_answer_is_read_and_written_again(design, text):
    form = answer_format(design, GENES)
    reading = form.read(text)
    assert all(0 <= defect.at <= len(text) for defect in reading.defects)
    again = form.read(form.write(reading.answer))
    assert again.answer == reading.answer and not again.defects
    located = form.read(text, TEXT)
    for target, each in located.spans.items():
        for value, spans in zip(located.values[target], each, strict=True):
            assert spans is None or surface(TEXT, spans).casefold().split() == value.casefold().split()


def test_a_repeated_string_that_is_annotated_once_is_ambiguous_in_lists_and_exact_inline():
    schema = get_task("ner").schema(("protein",))
    text = "p50 binds p50."
    first, second = (Record("r", text, [Annotation("protein", mention="p50", spans=((at, at + 3),))]) for at in (0, 10))
    for design in DESIGNS.values():
        if design.reasoning == "none":
            assert sde.render(first, design, schema).completion == sde.render(second, design, schema).completion
    completions = [sde.render(each, "inline-text-ou", schema).completion for each in (first, second)]
    assert completions == ["[p50|protein] binds p50.", "p50 binds [p50|protein]."]
    read = sde.parse(completions, "inline-text-ou", schema, text=[text, text])
    assert [reading.spans for reading in read] == [{"protein": (((0, 3),),)}, {"protein": (((10, 13),),)}]


def written(text: str, *annotations: tuple, targets=("DNA", "RNA", "protein"), design: str = "inline-text-ou") -> str:
    schema = get_task("ner").schema(targets)
    made = [Annotation(target, spans=spans) for target, *spans in annotations]
    return sde.render(Record("r", text, made), design, schema).completion


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        (written(TEXT), TEXT),
        (written(TEXT, ("DNA", (4, 17)), ("protein", (24, 27))), "The [IL-2 promoter|DNA] binds [p50|protein]."),
        (written(TEXT, ("DNA", (4, 17)), ("protein", (4, 8))), "The [[IL-2|protein] promoter|DNA] binds p50."),
        (written("p50", ("protein", (0, 3)), ("DNA", (0, 3))), "[[p50|DNA]|protein]"),
        (written(TEXT, ("protein", (24, 27)), design="inline-num-ou"), "The IL-2 promoter binds [p50|2]."),
        (written("a b c", ("DNA", (0, 3)), ("RNA", (2, 5))), '[a b|DNA] c\n\\+\n["RNA", "b c"]'),
        (written("a b c", ("DNA", (0, 1), (4, 5))), 'a b c\n\\+\n["DNA", "a c"]'),
        (written("a b c", ("RNA", (0, 1), (4, 5)), design="inline-num-ou"), 'a b c\n\\+\n[1, "a c"]'),
        (written(" [1] a|b \\ <DNA> \n"), "\\[1\\] a\\|b \\\\ \\<DNA>"),
        (written(" a ", ("DNA", (0, 3))), "[ a |DNA]"),
        (written("x", ("a|b]", (0, 1)), targets=("a|b]",)), "[x|a\\|b\\]]"),
        (written(" \n"), "\\+"),
    ],
)
def test_marks_are_written_as_the_form_says(completion, expected):
    assert completion == expected


def read(answer: str, source: str | None = TEXT, design: str = "inline-text-ou"):
    return answer_format(get_design(design), GENES).read(answer, source)


def names(reading) -> list[str]:
    return [defect.name for defect in reading.defects]


BOTH = {"DNA": ("IL-2 promoter",), "protein": ("p50",)}


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        ("The [IL-2 promoter|DNA] binds the [p50|protein].", 1 / 9),
        ("[IL-2 promoter|DNA] binds [p50|protein].", 1 / 8),
        ("Here it is: The [IL-2 promoter|DNA] binds [p50|protein].", 4 / 12),
        ("the [IL-2 promoter|DNA] blocks [p50|protein].", 2 / 8),
    ],
)
def test_marks_in_a_copy_that_differs_are_found_in_the_text(answer, share):
    reading = read(answer)
    assert reading.values == BOTH and reading.is_strict and names(reading) == ["copy_differs"]
    assert reading.spans == {"DNA": (((4, 17),),), "protein": (((24, 27),),)}
    assert reading.defects[0].share == pytest.approx(share)


def test_other_blanks_are_no_difference():
    reading = read("The  [IL-2\npromoter|DNA] binds [p50|protein].")
    assert reading.spans == {"DNA": (((4, 17),),), "protein": (((24, 27),),)}
    assert not reading.defects


def test_a_mark_whose_surface_is_not_in_the_text_has_no_span():
    reading = read("The IL-2 promoter binds [p51|protein].")
    assert reading.values == {"protein": ("p51",)} and reading.spans == {"protein": (None,)}
    assert names(reading) == ["copy_differs", "not_in_text"] or names(reading) == ["not_in_text"]


def test_the_nearest_occurrence_is_taken_where_the_copy_lacks_the_words_around_a_mark():
    reading = read("p50 binds and then [p50|protein].", "p50 binds p65 but p50 is here.")
    assert reading.spans == {"protein": (((18, 21),),)}


@pytest.mark.parametrize(
    "answer",
    [
        "The <DNA>IL-2 promoter</DNA> binds <protein>p50</protein>.",
        "The [IL-2 promoter](DNA) binds [p50](protein).",
        "The **IL-2 promoter** (DNA) binds **p50** (protein).",
        '["DNA", "IL-2 promoter"]\n["protein", "p50"]',
        '{"DNA": ["IL-2 promoter"], "protein": ["p50"]}',
        "'DNA': 'IL-2 promoter'\n'protein': 'p50'",
        "'DNA': 'IL-2 promoter'; 'protein': 'p50'",
    ],
)
def test_other_forms_are_read_as_another_format(answer):
    reading = read(answer)
    assert reading.values == BOTH and not reading.is_strict and "other_format" in names(reading)


def test_a_word_before_a_target_in_brackets_is_marked():
    reading = read("The IL-2 promoter [DNA] binds p50 [protein].")
    assert reading.values == {"DNA": ("promoter",), "protein": ("p50",)} and "other_format" in names(reading)


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        ("The [IL-2 promoter|DNA] binds [p50|protein", BOTH),
        ("The [IL-2 promoter|DNA] binds [p50|prot", BOTH),
        ("The [IL-2 promoter|DNA] binds [p5", {"DNA": ("IL-2 promoter",)}),
        ("The [[IL-2|protein] promoter|D", {"DNA": ("IL-2 promoter",), "protein": ("IL-2",)}),
        ('The IL-2 promoter binds p50.\n\\+\n["DNA", "IL', {}),
        ("The IL-2 promoter binds p50.\n\\+", {}),
    ],
)
def test_what_is_open_at_the_end_is_closed_and_the_answer_is_cut_off(answer, values):
    for source in (None, TEXT):
        reading = read(answer, source)
        assert reading.values == values and "truncated" in names(reading) and not reading.is_strict


@pytest.mark.parametrize(
    ("answer", "defect"),
    [
        ("The [IL-2 promoter|DNA] binds ]p50.", "malformed"),
        ("The [IL-2 promoter|DNA] binds |p50.", "malformed"),
        ("The [IL-2 promoter|DNA] [1] binds p50.", "malformed"),
        ("The [IL-2 promoter|DNA] binds [|protein] p50.", "malformed"),
        ("The [IL-2 promoter|DNA] binds \\p50.", "malformed"),
        ("The [IL-2 promoter|DNA] binds p50.\n\\+\nDNA: p50", "malformed"),
    ],
)
def test_marks_out_of_form_are_errors_and_the_others_are_read(answer, defect):
    reading = read(answer)
    assert reading.values == {"DNA": ("IL-2 promoter",)} and defect in names(reading) and not reading.is_strict


@pytest.mark.parametrize(
    ("answer", "defect"),
    [("[p50|7]", "number_out_of_range"), ("[p50|protein]", "malformed"), ("[p50|02]", "malformed")],
)
def test_marks_without_the_number_of_a_target_are_errors(answer, defect):
    assert defect in names(read(answer, "p50", "inline-num-ou"))


def test_a_target_in_other_words_and_an_unknown_one_have_notes():
    reading = read("The [IL-2 promoter|dna] binds [p50|molecule].")
    assert reading.values == {"DNA": ("IL-2 promoter",)} and reading.is_strict
    assert names(reading) == ["reworded_target", "unknown_target"]
    assert reading.unknown == (("molecule", "p50"),)


def test_reasoning_and_special_tokens_are_removed_but_tags_of_the_text_are_kept():
    reading = read("<think>[p50|DNA]?</think>The [IL-2 promoter|DNA] binds [p50|protein].</s>")
    assert reading.values == BOTH and reading.is_strict and names(reading) == ["reasoning_block", "special_token"]
    text = "a </think> b"
    assert read(written(text, ("DNA", (11, 12))), None).values == {"DNA": ("b",)}


def test_of_a_draft_and_a_final_copy_the_final_one_counts():
    reading = read("The [IL-2|DNA] promoter binds p50.\n\nThe [IL-2 promoter|DNA] binds [p50|protein].")
    assert reading.values == BOTH and names(reading) == ["malformed"]


def test_a_text_that_is_no_copy_has_no_format():
    reading = read("I am sorry, but I cannot do that.")
    assert not reading.values and not reading.usable and "no_format" in names(reading)


def test_a_word_for_nothing_says_that_nothing_is_mentioned():
    reading = read("None")
    assert not reading.values and reading.usable and names(reading) == ["other_format"]


def test_a_task_with_labels_has_no_inline():
    with pytest.raises(UsageError, match=r"mabsa has labels, no mentions\. Use another format: natural"):
        sde.parse("x", "inline-text-ou", sde.schema("mabsa", targets=["food"]))


DEEP = 20_000
HOSTILE = [
    "[" * DEEP,
    "]" * DEEP,
    "|" * DEEP,
    "[a|" * DEEP,
    "[" * DEEP + "a" + "|DNA]" * DEEP,
    "\\+ " * DEEP,
    "\\" * DEEP,
]
HOSTILE += [
    "<DNA>" * DEEP,
    "a [DNA]" * DEEP,
    "**a" * DEEP,
    "[a|DNA] " * DEEP,
    "x\n\\+\n" + '["DNA", ' * DEEP,
    "p50 " * DEEP,
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_long_hostile_answers_do_not_raise(number):
    for source in (None, TEXT, "p50 of " * 1000):
        assert set(read(HOSTILE[number], source).values) <= set(GENES.targets)
