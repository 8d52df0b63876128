"""The builders of ASTE and ASQP lines: each rule on small files, and literals that must not be evaluated."""

from __future__ import annotations

import pytest

from sde_builders.drafts import TIE
from sde_builders.quad_lines import LONGEST
from sde_datasets.errors import InputError
from tests.builders.written import read_marks, write
from tests.conftest import read

TRIPLETS = "The soup was cold but the waiters smiled .####[([1], [3], 'NEG'), ([6], [7], 'POS')]\n"
QUADS = "The Soup was cold .####[['soup', 'food quality', 'negative', 'cold']]\n"
NULLS = "Never again !####[['NULL', 'restaurant general', 'negative', 'NULL']]\n"


def test_an_aspect_term_is_a_mention_of_its_polarity_with_the_opinion_as_evidence(tmp_path):
    (record,), _, _ = read("aste", write(tmp_path, "train_triplets.txt", TRIPLETS))
    found = [
        (a.target, record.text[slice(*a.spans[0])], record.text[slice(*a.evidence[0])]) for a in record.annotations
    ]
    assert found == [("negative", "soup", "cold"), ("positive", "waiters", "smiled")]
    assert (record.id, record.split) == ("train_triplets-1", "train")


@pytest.mark.parametrize(
    ("literal", "reason"),
    [
        ("[([1, 3], [3], 'NEG')]", "the tokens [1, 3] are not consecutive"),
        ("[([1], [9], 'NEG')]", "the tokens [9] lie outside the 4 tokens of the text"),
        ("[([1], [3], 'BAD')]", "is not ([tokens], [tokens], 'POS', 'NEG' or 'NEU')"),
        ("[__import__('os').getcwd()]", "is not a list of tuples"),
        ("[" * 1000, "is not a list of tuples"),
        ("[" + "1," * LONGEST + "]", "at most 20,000 are read"),
    ],
)
def test_a_line_of_another_form_is_rejected_and_nothing_is_evaluated(tmp_path, literal, reason):
    _, rejects, _ = read_marks("aste", write(tmp_path, "a.txt", f"{TRIPLETS}The soup was cold####{literal}\n"))
    assert len(rejects) == 1 and reason in rejects[0]


def test_the_evidence_of_a_quadruple_is_its_aspect_and_opinion_whatever_their_case(tmp_path):
    records, _, _ = read("asqp", write(tmp_path, "a.txt", QUADS + NULLS))
    found = [[(a.target, a.label, a.evidence) for a in record.annotations] for record in records]
    assert found == [
        [("food quality", "negative", ((4, 8), (13, 17)))],
        [("restaurant general", "negative", ())],
    ]


def test_the_order_of_the_elements_is_found_out_or_given(tmp_path):
    other = "The soup was cold .####[['FOOD#QUALITY', 'soup', 'cold', 'negative']]\n"
    path = write(tmp_path, "a.txt", other)
    assert read_marks("asqp", path)[0] == [[("food quality", "negative")]]
    assert read_marks("asqp", path, order="category aspect opinion polarity")[0] == [[("food quality", "negative")]]


def test_quadruples_of_one_category_are_merged(tmp_path):
    line = "Cold soup , good tea .####[['soup', 'food', 'negative', 'cold'], ['tea', 'food', 'positive', 'good']]\n"
    found, _, notes = read_marks("asqp", write(tmp_path, "a.txt", line))
    assert (found, notes[TIE]) == ([[("food", "neutral")]], 1)


def test_each_reader_names_the_other_for_its_lines(tmp_path):
    with pytest.raises(InputError, match="--source aste=PATH"):
        read("asqp", write(tmp_path, "a.txt", TRIPLETS))


def test_a_file_without_the_mark_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"a.txt: no line has the form text####"):
        read("aste", write(tmp_path, "a.txt", "The soup was cold .\n"))
