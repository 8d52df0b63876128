"""The folders that several tests of the card read. They are built once and must not be changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sde_datasets.tasks import task as tasks
from tests.card.reading import AWKWARD, SAMPLES, build_own, build_views, opinion, write_rows

DESIGNS = ("natural-text-instlast", "lines-text", "lines-text-cot", "list-text-ou", "json-num-rcot")


@pytest.fixture(scope="session")
def bundled(tmp_path_factory) -> Path:
    """The bundled corpora in four views, two tasks of mentions and two of labels, English and Chinese."""
    views = [
        {"corpus": "genia", "path": str(SAMPLES / "ner"), "facts": "samples"},
        {"corpus": "maven", "path": str(SAMPLES / "ed"), "facts": "samples"},
        {"corpus": "acos", "path": str(SAMPLES / "mabsa"), "facts": "samples"},
        {"corpus": "asap", "path": str(SAMPLES / "mabsa_zh"), "name": "mabsa_zh", "facts": "samples"},
    ]
    return build_views(tmp_path_factory.mktemp("bundled"), views, designs=DESIGNS, name="Four samples")


def mention(target: str, start: int, end: int) -> dict:
    return {"target": target, "start": start, "end": end}


@pytest.fixture(scope="session")
def counted(tmp_path_factory) -> Path:
    """Own data with something to count of everything: shared texts, nesting, doubles, rejects, foreign targets."""
    folder = tmp_path_factory.mktemp("counted")
    gene = "the IL-2 gene of T cells"
    genes = [
        # one within another, one that is equal to another of another type, one that merges, one outside the targets
        {"text": gene, "annotations": [mention("DNA", 4, 13), mention("protein", 4, 8), mention("protein", 4, 8)]},
        {
            "text": gene + " grows",
            "annotations": [mention("DNA", 4, 13), mention("RNA", 4, 13), mention("cell", 17, 24)],
        },
        {"text": gene, "split": "test", "annotations": []},
        {"text": "nothing here", "split": "dev", "annotations": []},
        {"text": "nothing here", "split": "test", "annotations": []},
        {"text": "nothing here", "split": "train", "annotations": []},
        {"text": "offsets lie outside", "annotations": [mention("DNA", 4, 99)]},
        {"text": "not annotated"},
    ]
    write_rows(folder / "genes.jsonl", genes)
    meals = [
        opinion("good soup, bad waiters", food="positive", service="negative"),
        opinion("good soup", food="positive"),
        opinion("good soup", "test", food="positive", price="neutral"),
        opinion("dear soup", "dev", food="neutral", price="negative"),
        opinion("splendid soup", food="splendid"),
        {"text": "we came at noon", "annotations": []},
    ]
    write_rows(folder / "meals.jsonl", meals)
    views = [
        {
            "corpus": "jsonl",
            "path": "genes.jsonl",
            "task": "ner",
            "targets": ("DNA", "RNA", "protein"),
            "name": "genes",
        },
        {"corpus": "jsonl", "path": "meals.jsonl", "task": "mabsa", "name": "meals", "licence": "cc-by-4.0"},
    ]
    return build_views(folder, views, designs=("lines-text", "json-text-cot"), dedupe=False)


@pytest.fixture(scope="session")
def awkward(tmp_path_factory) -> Path:
    """Own data whose targets, labels, texts, name and facts are full of marks of Markdown and HTML."""
    folder = tmp_path_factory.mktemp("awkward")
    words = (Path(tasks.__file__).parent / "mabsa.toml").read_text("utf-8")
    labels = ["`good", "$so$", "*bad*"]
    words = words.replace('labels = ["positive", "neutral", "negative"]', f"labels = {labels!r}", 1)
    (folder / "taste.toml").write_text(words.replace('name = "mabsa"', 'name = "taste"', 1), encoding="utf-8")
    facts = {
        "title": "A | B \\ `c` $d$ *e*",
        "licence": "mine | yours \\ `x`",
        "licence_id": "other",
        "source": "original",
    }
    (folder / "mine.toml").write_text("".join(f"{key} = '{value}'\n" for key, value in facts.items()), encoding="utf-8")
    texts = [
        "one | two || three \\| four \\",
        "</pre></td></table></details><script>alert(1)</script>\n\n# no heading\n\n| a | b |",
        "```python\nprint(1)\n```\n<!-- end of notes -->\n---\n$title ${notes} `tick",
        "&lt;b&gt; &amp; <b> \t *x* _y_ [z](w)\n\n    four blanks",
    ]
    rows = [
        opinion(
            text, ("train", "test")[i % 2], **{t: labels[(i + j) % 3] for j, t in enumerate(AWKWARD) if (i + j) % 4}
        )
        for i, text in enumerate(texts)
    ]
    view = {"task": "taste.toml", "facts": "mine.toml", "name": "taste", "targets": tuple(AWKWARD)}
    return build_own(folder, rows, view, designs=DESIGNS, name="Own | data \\ `x` $y$ *z* \u4e2d")
