"""The page in Chromium: what it shows, how it is used by mouse, keyboard and link, and that texts cannot break it.

pytest tests/explorer/test_browser.py
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from sde_datasets.dataset.manifest import Manifest
from sde_datasets.designs.design import EVERY
from sde_datasets.explorer.explorer import Explorer
from sde_datasets.explorer.page import whole_page
from sde_datasets.explorer.study_scores import ScoreGrid
from tests.browser import CONTRAST, PHONE, SCREEN
from tests.explorer.conftest import HOSTILE, SCRIPT, built, running
from tests.explorer.test_explorer import samples

pytestmark = pytest.mark.slow

# the text of an element without what is marked as removed
TEXT = """(id) => {
  const copy = document.getElementById(id).cloneNode(true);
  copy.querySelectorAll("del").forEach((each) => each.remove());
  return copy.textContent;
}"""


@pytest.fixture(scope="session")
def file(explorer, tmp_path_factory) -> Path:
    """The page as a file."""
    path = tmp_path_factory.mktemp("pages") / "page.html"
    path.write_text(whole_page(explorer, 6), encoding="utf-8")
    return path


def show(page, url: str, **words: str) -> None:
    """Open the page at an address and wait until all is shown."""
    page.goto("about:blank")
    page.goto(url + "#" + "&".join(f"{name}={value}" for name, value in words.items()))
    page.wait_for_selector("#grid [aria-pressed=true]")


def config(page, name: str) -> None:
    """Wait until a config is shown, with its sample."""
    page.wait_for_function("name => document.getElementById('config').textContent === name", arg=name)
    page.wait_for_selector(f'#grid [aria-pressed=true][aria-label^="{name.partition("-")[2]}:"]')


@pytest.mark.parametrize("where", ["server", "file"])
@pytest.mark.parametrize("view", ["ner", "mabsa"])
def test_every_config_of_the_dataset_is_shown_as_it_was_built(page, dataset, server, file, where, view):
    url = server.url if where == "server" else file.as_uri()
    show(page, url, view=view, record="r4 <b>", of="train")
    for design in Manifest.load(dataset).views[view].designs:
        row = samples(dataset, f"{view}-{design}")[4]
        page.evaluate(
            "hash => { location.hash = hash; }",
            f"view={view}&record=r4 <b>&of=train&design={design}&against=lines-text",
        )
        config(page, f"{view}-{design}")
        assert (page.evaluate(TEXT, "prompt"), page.evaluate(TEXT, "completion")) == (row["prompt"], row["completion"])


def test_texts_cannot_break_the_page(page, dataset, server, file):
    rows = samples(dataset, "ner-json-text-cot-instlast")
    for url in (server.url, file.as_uri()):
        for number, text in enumerate(HOSTILE):
            show(page, url, view="ner", record=f"r{number} <b>", of="train", design="json-text-cot-instlast")
            assert page.evaluate(TEXT, "prompt") == rows[number]["prompt"]
            assert page.evaluate(TEXT, "completion") == rows[number]["completion"]
            assert page.title() == "ner-json-text-cot-instlast" and text in page.text_content("#annotations")
            assert page.text_content("h1") == f"Small {SCRIPT}"
            assert page.evaluate("[document.images.length, document.scripts.length]") == [0, 2]


def test_characters_that_cannot_be_seen_show_their_codes(page, server):
    show(page, server.url, view="ner", record="r2 <b>", of="train")
    codes = page.eval_on_selector_all("#prompt .unseen", "all => all.map((each) => each.dataset.code)")
    assert codes == ["U+202E", "U+0000", "U+001B", "U+2028", "U+FEFF"]


def test_nothing_is_asked_of_anybody_else(page, server, file):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    show(page, server.url, view="mabsa")
    assert asked and all(url.startswith((server.url, "about:")) for url in asked)
    asked.clear()
    show(page, file.as_uri(), view="mabsa")
    assert {url.partition("#")[0] for url in asked if url != "about:blank"} == {file.as_uri()}


def test_an_axis_is_switched_with_the_keyboard_and_differences_are_marked(page, server):
    show(page, server.url, view="ner", design="lines-text")
    assert not page.query_selector("#completion ins")
    page.focus("#axes input[name=reasoning]:checked")
    page.keyboard.press("ArrowRight")
    config(page, "ner-lines-text-cot")
    assert page.input_value("#against") == str(list(EVERY).index("lines-text"))
    assert page.inner_text("#completion ins").startswith('"')
    # the focus stays on the axis
    page.keyboard.press("ArrowRight")
    config(page, "ner-lines-text-rcot")
    page.keyboard.press("d")
    page.wait_for_function("() => !document.querySelector('#completion ins')")
    page.keyboard.press("s")
    config(page, "ner-lines-text-cot")


def test_an_option_that_excludes_others_changes_them_and_says_so(page, server):
    show(page, server.url, view="ner", design="lines-text-cot")
    page.check("#axes input[name=format][value='4']")
    config(page, "ner-inline-text-ou")
    assert page.text_content("#status") == "changed with it: reasoning none, unmentioned ou"
    page.select_option("#view", "mabsa")
    page.wait_for_function("() => document.getElementById('config').textContent.startsWith('mabsa-')")
    assert page.is_disabled("#axes input[name=format][value='4']")


def test_back_returns_to_the_design_before(page, server):
    show(page, server.url, view="ner", design="lines-text")
    page.check("#axes input[name=labels][value='1']")
    config(page, "ner-lines-num")
    page.go_back()
    config(page, "ner-lines-text")


@pytest.mark.parametrize("where", ["server", "file"])
def test_a_search_narrows_the_list_and_keys_step_through_it(page, server, file, where):
    show(page, server.url if where == "server" else file.as_uri(), view="ner")
    page.keyboard.press("/")
    page.keyboard.type("THE IL-2 GENE.")
    page.wait_for_function("() => document.querySelectorAll('.hit').length === 1")
    page.wait_for_function("() => document.getElementById('id').textContent.startsWith('r4 <b>')")
    assert "the il-2 gene." in page.text_content(".hit").lower()
    page.fill("#words", "nothing has this")
    page.wait_for_selector("text=no record contains this")
    page.fill("#words", "")
    page.wait_for_function("() => document.querySelectorAll('.hit').length > 5")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.wait_for_function("() => document.getElementById('id').textContent.startsWith('r1 <b>')")
    page.focus("#found")
    page.keyboard.press("ArrowUp")
    page.wait_for_function("() => document.getElementById('id').textContent.startsWith('r0 <b>')")


def test_the_list_goes_on_beyond_its_first_part(page, server):
    show(page, server.url, view="ner")
    page.click("#more")
    page.wait_for_function("() => document.querySelectorAll('.hit').length === 65")
    assert page.is_hidden("#more")


def test_a_link_shows_what_its_sender_saw(page, server):
    show(page, server.url, view="mabsa", design="list-text-ou", record="r2 <b>", of="train")
    page.check("#pinned")
    page.check("#axes input[name=format][value='2']")
    config(page, "mabsa-json-text-ou")
    page.click("#link")
    page.wait_for_selector("text=copied")
    link = page.evaluate("navigator.clipboard.readText()")
    seen = {id: page.inner_html(f"#{id}") for id in ("prompt", "completion", "annotations", "grid")}
    page.goto("about:blank")
    page.goto(link)
    config(page, "mabsa-json-text-ou")
    assert {id: page.inner_html(f"#{id}") for id in seen} == seen and page.is_checked("#pinned")


def test_a_link_to_what_is_not_there_says_so_or_takes_the_default(page, file):
    show(page, file.as_uri(), view="none", design="none", split="none")
    config(page, "ner-lines-text")
    page.evaluate("location.hash = 'view=ner&record=none&of=train'")
    page.wait_for_function("() => document.getElementById('status').textContent !== ''")
    assert "does not hold the record none" in page.text_content("#status")


def test_a_copy_is_the_whole_prompt_without_what_was_removed(page, dataset, server):
    show(page, server.url, view="ner", design="json-text-instlast", against="lines-text", record="r0 <b>", of="train")
    page.click("#copy-prompt")
    page.wait_for_selector("text=copied")
    assert page.evaluate("navigator.clipboard.readText()") == samples(dataset, "ner-json-text-instlast")[0]["prompt"]


def test_the_grid_is_walked_with_arrows_and_a_cell_chooses_its_design(page, server):
    show(page, server.url, view="ner", design="lines-text")
    page.focus("#grid [aria-pressed=true]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    config(page, "ner-lines-num-instlast")
    # over the place of inline with placeholders, which there is not
    show(page, server.url, view="ner", design="list-num")
    page.focus("#grid [aria-pressed=true]")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('aria-label').split(':')[0]") == "list-num"
    assert page.evaluate("document.querySelectorAll('#grid [tabindex=\"0\"]').length") == 1


def test_the_grid_shows_the_scores_of_a_study(page, dataset):
    grid = ScoreGrid(
        "ner", "f1 of tiny, 500 samples", {"lines-text": 0.5, "json-text": 0.75}, {"lines-text": 2, "json-text": 1}
    )
    explorer = Explorer(Explorer.open(str(dataset)).files, grids=[grid])
    with running(explorer) as server:
        show(page, server.url, view="ner")
        cells = {
            name: page.get_attribute(f'#grid [aria-label^="{name}:"]', "aria-label")
            for name in ("lines-text", "json-text", "list-text")
        }
        assert cells == {
            "lines-text": "lines-text: .500 (2 seeds)",
            "json-text": "json-text: .750 (1 seed)",
            "list-text": "list-text: no value",
        }
        assert page.evaluate("document.getElementById('measure').selectedOptions[0].text") == grid.name
        show(page, server.url, view="mabsa")
        assert (
            page.evaluate("document.getElementById('measure').selectedOptions[0].text")
            == "characters of the completion"
        )


def test_tokens_and_cost_are_those_of_the_chosen_tokenizer(page, dataset, tmp_path):
    tokenizers = pytest.importorskip("tokenizers")
    for name, split in (
        ("words", tokenizers.pre_tokenizers.WhitespaceSplit()),
        ("lines", tokenizers.pre_tokenizers.CharDelimiterSplit("\n")),
    ):
        tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({"x": 0}, unk_token="x"))
        tokenizer.pre_tokenizer = split
        (tmp_path / name).mkdir()
        tokenizer.save(str(tmp_path / name / "tokenizer.json"))
    row = samples(dataset, "ner-lines-text")[4]
    words = [len(row[side].split()) for side in ("prompt", "completion")]
    with running(Explorer.open(str(dataset), tokenizers=[str(tmp_path / "words"), str(tmp_path / "lines")])) as server:
        show(page, server.url, view="ner", record="r4 <b>", of="train")
        page.wait_for_function("() => document.getElementById('prompt-size').textContent.includes('tokens')")
        assert page.text_content("#prompt-size") == f"{words[0]} tokens"
        page.fill("#prompt-price", "2")
        page.fill("#completion-price", "10")
        page.wait_for_function("() => document.getElementById('total').textContent")
        cost = (2 * words[0] + 10 * words[1]) / 1000
        assert page.text_content("#total").startswith(f"A thousand samples of this size cost {cost:.3g},")
        page.select_option("#tokenizer", "lines")
        page.wait_for_function("() => document.getElementById('completion-size').textContent === '2 tokens'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, SCREEN])
def test_it_fits_a_phone_and_a_screen_and_can_be_read_in_both_schemes(page, server, scheme, size):
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    for design in ("lines-text-cot", "inline-text-ou"):
        show(page, server.url, view="ner", design=design, against="json-text-instlast", record="r0 <b>", of="train")
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        for selector in (
            "#prompt .around",
            "#prompt .inner",
            "#prompt ins",
            "#prompt del",
            "#annotations td",
            "#meaning",
        ):
            assert page.eval_on_selector(selector, CONTRAST) >= 4.5, selector


def test_a_folder_of_592_configs(page, tmp_path):
    folder = built(tmp_path, ("ner", "ner_other", "mabsa", "mabsa_other"), ("all",), "Many")
    assert len(Manifest.load(folder).configs()) == 592
    with running(Explorer.open(str(folder))) as server:
        show(page, server.url)
        for view in ("mabsa_other", "ner_other"):
            page.select_option("#view", view)
            page.wait_for_function(
                "view => document.getElementById('config').textContent === view + '-lines-text'", arg=view
            )
            page.wait_for_function("() => document.querySelectorAll('#grid .built').length === 144")
        page.click('#grid [aria-label^="list-num-rcot-ou-noinst:"]')
        config(page, "ner_other-list-num-rcot-ou-noinst")
        row = samples(folder, "ner_other-list-num-rcot-ou-noinst")[0]
        assert (page.evaluate(TEXT, "prompt"), page.evaluate(TEXT, "completion")) == (row["prompt"], row["completion"])


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("a: x\nb: y\n", "a: x\nb: z\n", [["same", "a: x\nb: "], ["removed", "y"], ["added", "z"], ["same", "\n"]]),
        ("one two\n", "one two\nthree four\n", [["same", "one two\n"], ["added", "three four\n"]]),
        # a line with nothing in common does not keep the next one from its like
        (
            "qqq\nthe colon: a\n",
            "the colon; a\n",
            [["removed", "qqq\n"], ["same", "the colon"], ["removed", ":"], ["added", ";"], ["same", " a\n"]],
        ),
        ("中文：正面", "中文：负面", [["same", "中文："], ["removed", "正"], ["added", "负"], ["same", "面"]]),
        ("", "a", [["added", "a"]]),
    ],
)
def test_differences_are_of_words_in_lines_that_are_alike(browser, before, after, marked):
    script = files("sde_datasets.explorer").joinpath("templates", "differences.js").read_text("utf-8")
    tab = browser.new_page()
    found = tab.evaluate(f"([before, after]) => {{ {script}; return differences(before, after); }}", [before, after])
    tab.close()
    assert found == marked
