"""The page of scores in Chromium: it fits a phone, can be read in both schemes, filters samples, and prints them.

pytest tests/scoring/test_page_in_browser.py
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sde_datasets import score
from sde_datasets.scoring.report_html import page as page_of
from sde_datasets.tasks.task import get_task
from tests.browser import CONTRAST, PHONE, SCREEN

pytestmark = pytest.mark.slow

CHINESE = {"task": "mabsa", "language": "zh", "targets": ["食物", "服务", "一个名字很长很长很长很长很长很长很长的方面"]}
TEXT = "白细胞介素基因" * 20 + " IL-2 gene" * 8 + "x" * 90


# the lines of the text of an element
LINES = """(element) => {
  const range = document.createRange();
  range.selectNodeContents(element);
  return new Set([...range.getClientRects()].map((each) => each.top)).size;
}"""
FOLD_SAMPLES = """() => document.querySelectorAll("details")
  .forEach((each) => { each.open = !each.classList.contains("sample"); })"""
SEEN = "id => document.querySelector(id).checkVisibility({ contentVisibilityAuto: true })"


def shown(page, path: Path, scores) -> None:
    path.write_text(page_of(scores), encoding="utf-8")
    page.goto(path.as_uri())


def mentions(samples: int = 1):
    """Scores of samples with overlapping, missed and wrong mentions, and a word that no line holds."""
    gold = "'DNA': 'IL-2 gene'\n'protein': 'IL-2'"
    rows = [{"id": f"r{n}", "completion": gold, "source_text": TEXT} for n in range(samples)]
    answers = [f"'DNA': 'IL-2 gene', '{'x' * 90}'\n'protein': 'gene'" if n % 2 == 0 else "no" for n in range(samples)]
    return score(rows, answers, design="lines-text", schema={"task": "ner", "targets": ["DNA", "protein"]})


def labels():
    gold = ["食物：正面\n服务：负面\n一个名字很长很长很长很长很长很长很长的方面：未提及"] * 3
    answers = ["食物：负面", gold[0], "<think>想</think>" + gold[0]]
    return score(gold, answers, design="lines-text", schema=get_task("mabsa").schema(CHINESE["targets"], "zh"))


@pytest.mark.parametrize("scores", [mentions, labels])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_a_screen_and_can_be_read(page, tmp_path, scores, scheme):
    page.emulate_media(color_scheme=scheme)
    shown(page, tmp_path / "page.html", scores())
    for size in (PHONE, SCREEN):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    for selector in (".card p", ".values td", ".values th[scope=row]", ".example mark", "pre", "td.shade", ".kind"):
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        if page.query_selector(selector):
            assert page.eval_on_selector(selector, CONTRAST) >= 4.5, selector


def test_a_word_of_a_mention_is_not_broken_on_a_phone(page, tmp_path):
    page.set_viewport_size(PHONE)
    rows = [{"id": "a", "completion": "'DNA': 'monoclonal antibodies'", "source_text": "monoclonal antibodies"}]
    scores = score(rows, ["no"], design="lines-text", schema={"task": "ner", "targets": ["DNA"]})
    shown(page, tmp_path / "page.html", scores)
    assert page.eval_on_selector(".values td", LINES) == 2


def test_a_selection_keeps_the_samples_with_the_defect(page, tmp_path):
    shown(page, tmp_path / "page.html", mentions(4))
    assert page.locator(".sample:visible").count() == 4
    page.select_option("select.by-defect", label="no format (2)")
    assert page.locator(".sample:visible").count() == 2


def test_a_link_of_an_example_unfolds_its_sample(page, tmp_path):
    shown(page, tmp_path / "page.html", mentions(12))
    page.evaluate(FOLD_SAMPLES)
    link = page.locator(".example a").first
    target = link.get_attribute("href")
    assert not page.evaluate(SEEN, target)
    link.click()
    page.wait_for_function(SEEN, arg=target)


def test_print_is_light_and_unfolds_what_the_screen_folds(page, tmp_path):
    page.emulate_media(color_scheme="dark")
    shown(page, tmp_path / "page.html", mentions(12))
    folded = ".sample:not([open]) pre"
    assert not page.locator(folded).first.is_visible()
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator(folded).first.is_visible() and not page.locator(".filters").is_visible()
    assert page.locator(".printed").is_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(29, 33, 38)"
