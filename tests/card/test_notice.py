"""NOTICE.md names each corpus once, with licence, attribution and configs, and carries the texts that must go along.

pytest tests/card/test_notice.py
"""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from itertools import pairwise

import pytest

from sde_datasets.card.notice import licence_text, notice
from sde_datasets.ingest.facts import corpus_facts
from tests.card.reading import tokens


def told(**views: str) -> str:
    """The notice of views with the facts of these corpora."""
    return notice({view: corpus_facts(corpus) for view, corpus in views.items()})


def heads(text: str) -> list[str]:
    """The headings of the second level that a Markdown parser sees."""
    found = list(tokens(text))
    return [after.content for token, after in pairwise(found) if token.type == "heading_open" and token.tag == "h2"]


def blocks(text: str) -> list[str]:
    return [token.content for token in tokens(text) if token.type == "fence"]


# a sentence of each licence that makes it itself, blanks aside
SAYS = {
    "genia": ("genia", "belong in their entirety to the GENIA Project"),
    "maven": ("mit", "The above copyright notice and this permission notice shall be included in all copies"),
    "asap": ("apache-2.0", "Apache License Version 2.0, January 2004"),
    "mams": ("apache-2.0", "You must give any other recipients of the Work or Derivative Works a copy of this License"),
}


@pytest.mark.parametrize("corpus", SAYS)
def test_the_text_of_the_licence_goes_along(corpus):
    name, says = SAYS[corpus]
    text = told(view=corpus)
    assert heads(text) == [corpus_facts(corpus).title, f"Licence text: {name}"]
    (block,) = blocks(text)
    assert block.rstrip() == licence_text(name).rstrip()
    assert says.lower() in " ".join(block.split()).lower()


def test_the_copyright_notice_of_mit_stands_above_its_text():
    text = told(view="maven")
    assert 0 < text.index("Copyright (c) 2020 THU-KEG") < text.index("Permission is hereby granted")


def test_apache_is_there_to_its_end():
    assert "END OF TERMS AND CONDITIONS" in licence_text("apache-2.0")


def test_every_licence_that_facts_name_is_there():
    names = [p.name.removesuffix(".toml") for p in files("sde_datasets.cards").iterdir() if p.name.endswith(".toml")]
    for name in {corpus_facts(name).licence_text for name in names} - {""}:
        assert len(licence_text(name)) > 500


def test_a_corpus_of_two_views_stands_once_with_both():
    text = told(ner="genia", ed="maven", more="genia")
    assert heads(text)[:2] == ["GENIA term corpus 3.02", "MAVEN"]
    assert "- Configs: `ner-*`, `more-*`\n" in text and "- Configs: `ed-*`\n" in text
    assert len(blocks(text)) == 2


def test_a_licence_of_two_corpora_stands_once():
    text = told(one="asap", other="mams")
    assert heads(text) == ["ASAP", "MAMS-ACSA", "Licence text: apache-2.0"]


@pytest.mark.parametrize("corpus", ["genia", "maven", "nerel", "samples", "acos"])
def test_whose_it_is_and_under_which_licence(corpus):
    facts = corpus_facts(corpus)
    lines = told(view=corpus).split("\n")
    for word, key in (("Licence", "licence"), ("Attribution", "attribution"), ("Source", "homepage")):
        assert (f"- {word}: {getattr(facts, key)}" in lines) == bool(getattr(facts, key))
        assert any(line.startswith(f"- {word}:") for line in lines) == bool(getattr(facts, key))


def test_without_a_licence_text_there_is_none():
    assert blocks(told(view="acos")) == []


def test_the_same_corpus_under_two_licences_stands_twice():
    acos = corpus_facts("acos")
    text = notice({"a": acos, "b": replace(acos, licence="cc-by-4.0")})
    assert heads(text) == [corpus_facts("acos").title] * 2
    assert "- Licence: not stated" in text and "- Licence: cc-by-4.0" in text
