"""The page of scores: well-formed, nothing from outside, nothing unescaped, every figure there.

pytest tests/scoring/test_page.py
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from sde_datasets import score
from sde_datasets.designs.design import get_design
from sde_datasets.formats import Answer, answer_format
from sde_datasets.records.schema import Schema
from sde_datasets.scoring.report_html import page
from sde_datasets.scoring.scores import Scores
from sde_datasets.tasks.task import get_task
from tests.scoring.examples import SCHEMAS, completions
from tests.scoring.samples_of_scores import FOUL, label_scores, mention_scores, undefined

VOID = ("meta", "rect")
HOSTILE = ["<script>alert(1)</script>", "\ud800 & \x00\x1b[31m", "\u202eabc", "'\"><img src=http://x>", "&lt;b&gt;"]


def scores(task: str = "mabsa", **how) -> Scores:
    gold = completions(task, "lines-text")
    return score(gold, ["no", *gold[1:]], design="lines-text", schema=SCHEMAS[task], **how)


def hostile() -> Scores:
    """Scores in which targets, ids, texts and answers are what could break a page."""
    schema = get_task("ner").schema(tuple(text for text in HOSTILE if text.isprintable()))
    rows = [
        {"id": text, "completion": completion, "source_text": text}
        for text, completion in zip(("<i>", "b&b", "c\x00"), completions_of(schema), strict=True)
    ]
    return score(rows, [*HOSTILE[:3]], design="lines-text", schema=schema)


def completions_of(schema: Schema) -> list[str]:
    write = answer_format(get_design("lines-text"), schema).write
    return [write(Answer({target: ("<b>", "x")}, {})) for target in (*schema.targets, *schema.targets)[:3]]


class Page(HTMLParser):
    """Reads a page and sees that every tag is closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.tags, self.data = [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.data.append(data)


@pytest.mark.parametrize("task", SCHEMAS)
def test_every_tag_is_closed_and_nothing_comes_from_outside(task):
    text = page(scores(task))
    found = Page(text)
    assert not [tag for tag, _ in found.tags if tag in ("script", "link", "img", "iframe", "object")]
    assert not [attrs for _, attrs in found.tags if {"src", "onclick", "onload"} & attrs.keys()]
    anchors = {f"#{attrs['id']}" for _, attrs in found.tags if "id" in attrs}
    assert {attrs["href"] for _, attrs in found.tags if "href" in attrs} <= anchors
    assert "url(" not in text and "@import" not in text and "http" not in text


@pytest.mark.parametrize("task", SCHEMAS)
def test_every_headline_figure_is_there(task):
    given = scores(task)
    shown = " ".join(Page(page(given)).data)
    for name, each in given.headline.items():
        assert name.replace("_", " ") in shown
        value = each.value
        assert (f"{100 * value:.1f} %" if "rate" in name else f"{value:.3f}") in shown
    for target in SCHEMAS[task].targets:
        assert target in shown
    assert "no format" in shown and given.inputs.predictions is None


def test_confusion_and_defects_are_there():
    given = scores("mabsa")
    text = page(given)
    cells = re.findall(r'<td class="shade"[^>]*>([\d,]+)</td>', text)
    assert [int(cell) for cell in cells[:16]] == [count for row in given.figures.confusion for count in row]
    assert "<mark>n</mark>o" in text


def test_what_is_undefined_stands_with_its_reason():
    gold = ["'DNA': ''\n'protein': ''"]
    text = page(score(gold, gold, design="lines-text", schema=SCHEMAS["ner"]))
    assert 'title="neither gold nor predicted"' in text and "no gold" in text and "–" in text
    Page(text)


def test_whatever_answers_hold_cannot_break_the_page():
    text = page(hostile())
    found = Page(text)
    assert not {"script", "img"} & {tag for tag, _ in found.tags}
    assert "<script>" not in text and "<img" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "\\u{d800} &amp; \\u{0}\\u{1b}[31m" in text and "\\u{202e}abc" in text
    text.encode("utf-8")


def test_the_same_scores_give_the_same_page():
    assert page(scores("ner")) == page(scores("ner"))


def floats(value) -> set[float]:
    """Every share that stands anywhere in scores."""
    if isinstance(value, (dict, list)):
        return set().union(*map(floats, value.values() if isinstance(value, dict) else value))
    return {value} if isinstance(value, float) else set()


@pytest.mark.parametrize("made", [label_scores, mention_scores])
def test_each_figure_appears(made):
    given = made().to_json()
    # pooled and sample accuracy are the headline again; of soft figures by target only F1 is shown
    figures = {key: value for key, value in given["figures"].items() if key not in ("pooled", "sample_accuracy")}
    for each in figures["by_target"].values() if made is mention_scores else ():
        each["soft"] = {"f1": each["soft"]["f1"]}
    shown = " ".join(Page(page(made())).data)
    for value in floats(figures) | floats(given["headline"]) | floats(given["format_errors"]):
        assert f"{value:.3f}" in shown or f"{100 * value:.1f} %" in shown, value
    for said in ("5 without a prediction", "1 row rejected", "6,789 samples", "aa11", "bb22", "abc", "12,345 bytes"):
        assert said in shown, said
    for said in (
        "sde-datasets 0.0.7",
        "seed 1",
        "a text",
        "three",
        "2 samples, 3 times",
        "malformed",
        "missing target",
    ):
        assert said in shown, said


@pytest.mark.parametrize("made", [label_scores, mention_scores])
def test_with_everything_undefined_each_reason_stands_in_a_title_and_below(made):
    text = page(undefined(made()))
    shown = " ".join(Page(text).data)
    names = ("kappa", "macro_f1") if made is label_scores else ("precision", "soft_recall", "share")
    for name in (*names, "error_rate", "f1"):
        assert f"no {name} here" in shown
    assert 'title="no f1 here">–' in text and "None" not in text


@pytest.mark.parametrize("made", [label_scores, mention_scores])
def test_hostile_text_is_escaped_wherever_it_stands(made):
    text = page(made(FOUL))
    text.encode("utf-8")
    assert "script" not in {tag for tag, _ in Page(text).tags} and "<script" not in text
    assert all(char.isprintable() or char == "\n" for char in text)
    assert "\\u{d800}\\u{0}\\u{1b}[2J\\u{d}\\u{202e}\\u{2028} \u0633\u0644\u0627\u0645" in text


def test_the_defects_of_a_sample_name_their_targets():
    assert "malformed at 9 (<bdi>price</bdi>)" in page(label_scores())


def values(text: str) -> list[tuple[str, ...]]:
    """The rows of the tables of values: their class and their cells."""
    row = r'<tr class="(\w+)"><th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td></tr>'
    return re.findall(row, text)


def test_values_that_were_read_are_marked_right_missed_or_wrong():
    gold = ["food: positive\nservice: negative\nprice: unmentioned"]
    given = {"task": "mabsa", "targets": ["food", "service", "price"]}
    answer = "service: unmentioned\nfood: negative\nprice: Neutral"
    assert values(page(score(gold, [answer], design="lines-text", schema=given))) == [
        ("wrong", "food", "positive", "negative"),
        ("missed", "service", "negative", "–"),
        ("wrong", "price", "–", "neutral"),
    ]


def test_mentions_are_marked_by_value_in_any_order():
    rows = [{"id": "a", "completion": "'DNA': 'x', 'y'\n'RNA': ''", "source_text": "x y z"}]
    given = {"task": "ner", "targets": ["DNA", "RNA"]}
    text = page(score(rows, ["'DNA': 'y', 'Z'\n'RNA': 'x', 'x'"], design="lines-text", schema=given))
    assert values(text) == [
        ("missed", "DNA", "x", "–"),
        ("right", "DNA", "y", "y"),
        ("wrong", "DNA", "–", "Z"),
        ("wrong", "RNA", "–", 'x <span class="kind">× 2</span>'),
    ]


def test_overlapping_mentions_have_their_own_lines_in_the_text():
    rows = [{"id": "a", "completion": "'DNA': 'IL-2 gene'\n'protein': 'IL-2'", "source_text": "the IL-2 gene"}]
    given = {"task": "ner", "targets": ["DNA", "protein"]}
    text = page(score(rows, ["'DNA': 'IL-2 gene'\n'protein': 'gene'"], design="lines-text", schema=given))
    marked = re.findall(r'<span class="under ([^"]*)">(.*?)</span>', text)
    assert marked == [("right1 missed0", "IL-2"), ("right1", " "), ("right1 wrong0", "gene")]
    assert re.findall(r'<sup class="tag (\w+)">(\w+)</sup>', text) == [
        ("right", "DNA"), ("missed", "protein"), ("wrong", "protein"),
    ]  # fmt: skip


def test_an_example_of_a_defect_links_to_its_sample():
    gold = ["food: positive"] * 30
    answers = ["food: negative"] * 25 + ["Food: positive"] + gold[:4]
    text = page(score(gold, answers, design="lines-text", schema={"task": "mabsa", "targets": ["food"]}))
    anchor = re.search(r'<a href="#([\w-]+)">25</a>', text)[1]
    assert f'<div class="body" id="{anchor}">' in text


def test_a_selection_of_defect_or_target_hides_the_other_samples():
    gold = ["food: positive\nprice: negative"] * 2
    answers = ["Food: negative\nprice: negative", "food: positive\nprice: dear"]
    text = page(score(gold, answers, design="lines-text", schema={"task": "mabsa", "targets": ["food", "price"]}))
    assert re.findall(r'<details class="sample ([^"]*)"', text) == ["d1 t1", "d2 t2"]
    options = re.findall(r'<option value="(\d+)">(.*?)</option>', text)
    assert options == [("1", "reworded target (1)"), ("2", "unknown label (1)"), ("1", "food (1)"), ("2", "price (1)")]
    assert 'body:has(.by-target option[value="2"]:checked) .sample:not(.t2) { display: none; }' in text


@pytest.mark.parametrize("task", ["mabsa", "ner"])
def test_every_headline_figure_is_explained(task):
    assert page(scores(task)).count('<div class="card"') == page(scores(task)).count("</span>\n<p>")
