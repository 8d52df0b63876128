"""The builder of SemEval: the forms of 2014 and of 2015 and 2016, each rule, and the counts of a real corpus."""

from __future__ import annotations

import pytest

from sde_builders.drafts import MAJORITY, TIE
from sde_builders.semeval import IMPLICIT, OUT_OF_SCOPE, WITHOUT
from sde_datasets.errors import InputError
from tests.builders.written import read_marks, write
from tests.conftest import read

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
TERMS = '<aspectTerms><aspectTerm term="soup" polarity="{}" from="5" to="9"/></aspectTerms>'
CATEGORIES = '<aspectCategories><aspectCategory category="food" polarity="{}"/></aspectCategories>'


def of_2014(*sentences: tuple[str, str]) -> str:
    parts = "".join(f'<sentence id="{n}"><text>{t}</text>{more}</sentence>' for n, (t, more) in enumerate(sentences))
    return f"{HEAD}<sentences>{parts}</sentences>"


def opinion(category: str, polarity: str, target: str = "NULL", start: int = 0, end: int = 0) -> str:
    return f'<Opinion target="{target}" category="{category}" polarity="{polarity}" from="{start}" to="{end}"/>'


def of_2016(opinions: str, scope: str = "") -> str:
    sentence = f'<sentence id="r1:0"{scope}><text>Good soup, slow waiters.</text>{opinions}</sentence>'
    cold = opinion("FOOD#QUALITY", "negative")
    good = f'<sentence id="r1:1"><text>Cold soup.</text><Opinions>{cold}</Opinions></sentence>'
    return f'{HEAD}<Reviews><Review rid="r1"><sentences>{sentence}{good}</sentences></Review></Reviews>'


def test_categories_of_2014_are_labels_and_terms_are_mentions_of_a_polarity(tmp_path):
    text = of_2014(("Good soup.", TERMS.format("positive") + CATEGORIES.format("positive")))
    path = write(tmp_path, "Restaurants_Train.xml", text)
    assert read_marks("semeval", path)[0] == [[("food", "positive")]]
    (record,), _, _ = read("semeval", path, task="ner")
    assert [(a.target, a.mention, a.spans) for a in record.annotations] == [("positive", "soup", ((5, 9),))]
    assert (record.id, record.split) == ("Restaurants_Train-0", "train")


def test_a_sentence_with_conflict_is_rejected_unless_the_plan_maps_it(tmp_path):
    path = write(tmp_path, "a.xml", of_2014(("Good soup.", CATEGORIES.format("conflict"))))
    assert "unknown label 'conflict' for 'food'" in read_marks("semeval", path)[1][0]
    assert read_marks("semeval", path, labels={"conflict": "neutral"})[0] == [[("food", "neutral")]]
    assert read_marks("semeval", path, bad_annotations="drop")[0] == [[]]


def test_opinions_have_their_targets_as_evidence_and_the_review_as_document(tmp_path):
    opinions = opinion("FOOD#STYLE_OPTIONS", "positive", "soup", 5, 9) + opinion("SERVICE#GENERAL", "negative")
    (record, _), _, _ = read("semeval", write(tmp_path, "a.xml", of_2016(f"<Opinions>{opinions}</Opinions>")))
    found = [(a.target, a.label, a.evidence) for a in record.annotations]
    assert found == [("food style options", "positive", ((5, 9),)), ("service general", "negative", ())]
    assert (record.id, record.document) == ("a-r1:0", "r1")


@pytest.mark.parametrize(
    ("polarities", "label", "note"),
    [(("positive", "negative"), "neutral", TIE), (("positive", "negative", "negative"), "negative", MAJORITY)],
)
def test_opinions_of_one_category_are_merged(tmp_path, polarities, label, note):
    opinions = "".join(opinion("FOOD#QUALITY", polarity) for polarity in polarities)
    found, _, notes = read_marks("semeval", write(tmp_path, "a.xml", of_2016(f"<Opinions>{opinions}</Opinions>")))
    assert (found[0], notes[note]) == ([("food quality", label)], 1)


def test_the_target_null_is_no_mention(tmp_path):
    opinions = opinion("FOOD#QUALITY", "positive", "soup", 5, 9) + opinion("SERVICE#GENERAL", "negative")
    path = write(tmp_path, "a.xml", of_2016(f"<Opinions>{opinions}</Opinions>"))
    found, _, notes = read_marks("semeval", path, task="ner")
    assert (found, notes[IMPLICIT]) == ([[("positive", "soup")], []], 2)


def test_a_sentence_out_of_scope_is_left_out_and_one_without_opinions_mentions_nothing(tmp_path):
    found, _, notes = read_marks("semeval", write(tmp_path, "a.xml", of_2016("", ' OutOfScope="TRUE"')))
    assert (len(found), notes[OUT_OF_SCOPE]) == (1, 1)
    found, _, notes = read_marks("semeval", write(tmp_path, "b.xml", of_2016("")))
    assert (found[0], notes[WITHOUT]) == ([], 1)


def test_a_file_that_is_not_annotated_for_the_task_is_refused(tmp_path):
    path = write(tmp_path, "Laptops.xml", of_2014(("Good soup.", TERMS.format("positive"))))
    with pytest.raises(InputError, match=r"Laptops.xml: no sentence has <aspectCategories> or <Opinions>.*--task ner"):
        read("semeval", path)


def test_aspect_terms_of_mams_are_counted_as_published(corpora):
    records, rejects, _ = read("semeval", corpora / "mams" / "MAMS-ATSA", task="ner")
    assert (len(records), sum(len(r.annotations) for r in records), rejects) == (5297, 13854, [])
