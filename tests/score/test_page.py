"""The page of scores: well-formed, nothing from outside, nothing unescaped, every figure there.

pytest tests/score/test_page.py
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from score.examples import SCHEMAS, completions
from score.samples_of_scores import FOUL, label_scores, mention_scores, undefined
from sde_datasets.designs import find_design
from sde_datasets.formats import Answer, format_of
from sde_datasets.schemas import Schema
from sde_datasets.score import score
from sde_datasets.score.page import page
from sde_datasets.tasks import find_task

VOID = ("meta", "rect")
HOSTILE = ["<script>alert(1)</script>", "\ud800 & \x00\x1b[31m", "\u202eabc", "'\"><img src=http://x>", "&lt;b&gt;"]


def scores(task: str = "mabsa", **how) -> dict:
    gold = completions(task, "lines-text")
    return score(gold, ["no", *gold[1:]], design="lines-text", schema=SCHEMAS[task], **how)


def hostile() -> dict:
    """Scores in which targets, ids, texts and answers are what could break a page."""
    schema = find_task("ner").schema(tuple(text for text in HOSTILE if text.isprintable()))
    rows = [
        {"id": text, "completion": completion, "source_text": text}
        for text, completion in zip(("<i>", "b&b", "c\x00"), completions_of(schema), strict=True)
    ]
    return score(rows, [*HOSTILE[:3]], design="lines-text", schema=schema)


def completions_of(schema: Schema) -> list[str]:
    write = format_of(find_design("lines-text"), schema).write
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
    assert not [attrs for _, attrs in found.tags if {"src", "href", "onclick", "onload"} & attrs.keys()]
    assert "url(" not in text and "@import" not in text and "http" not in text


@pytest.mark.parametrize("task", SCHEMAS)
def test_every_headline_figure_is_there(task):
    given = scores(task)
    shown = " ".join(Page(page(given)).data)
    for name, each in given["headline"].items():
        assert name.replace("_", " ") in shown
        value = each["value"]
        assert (f"{100 * value:.1f} %" if "rate" in name else f"{value:.3f}") in shown
    for target in SCHEMAS[task].targets:
        assert target in shown
    assert "no format" in shown and given["inputs"]["predictions"] is None


def test_confusion_and_defects_are_there():
    given = scores("mabsa")
    text = page(given)
    cells = re.findall(r'<td class="shade"[^>]*>([\d,]+)</td>', text)
    assert [int(cell) for cell in cells[:16]] == [count for row in given["figures"]["confusion"] for count in row]
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
    given = made()
    # pooled and sample accuracy are the headline again; of soft figures by target only F1 is shown
    figures = {key: value for key, value in given["figures"].items() if key not in ("pooled", "sample_accuracy")}
    for each in figures["by_target"].values() if made is mention_scores else ():
        each["soft"] = {"f1": each["soft"]["f1"]}
    shown = " ".join(Page(page(given)).data)
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


def test_the_lines_that_differ_are_marked():
    text = page(label_scores())
    assert "<span>one</span><span class=missed>two</span>" in text
    assert "<span>one</span><span class=wrong>three</span>" in text
