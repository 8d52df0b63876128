"""The facts about corpora are whole, of one form, and of words that the Hub knows.

pytest tests/ingest/test_facts.py
"""

from __future__ import annotations

import re
from dataclasses import asdict
from importlib.resources import files
from io import StringIO

import pytest
from rich.console import Console

from sde_datasets.dataset.corpus_facts import CorpusFacts
from sde_datasets.ingest.builder import get_builder
from sde_datasets.ingest.facts import corpora_table, corpus_facts
from sde_datasets.utils.entry_points import BUILDERS, plugin_names

WORDS = (
    "title",
    "language",
    "licence",
    "licence_id",
    "licence_text",
    "attribution",
    "homepage",
    "get",
    "annotators",
    "source",
    "citation",
)
KEYS = {**dict.fromkeys(WORDS, str), "redistribute": bool, "own": bool}
# those of the Hub's licence ids and values of annotations_creators that can occur here
LICENCES = {
    "apache-2.0",
    "mit",
    "cc-by-3.0",
    "cc-by-4.0",
    "cc-by-sa-3.0",
    "cc-by-sa-4.0",
    "cc0-1.0",
    "other",
    "unknown",
}
ANNOTATORS = {"", "found", "crowdsourced", "expert-generated", "machine-generated", "no-annotation", "other"}
NAMES = sorted(
    path.name.removesuffix(".toml") for path in files("sde_datasets.cards").iterdir() if ".toml" in path.name
)
OURS = [n for n in plugin_names(BUILDERS) if get_builder(n).read.__module__.startswith("sde_builders.")]
OWN_DATA = ("brat", "csv", "jsonl", "table", "labelstudio", "doccano", "prodigy", "spacy", "uima", "conll", "bioc")
OWN_DATA += ("pubtator", "oneie", "aste", "asqp", "hf")


def test_every_builder_of_ours_has_its_facts():
    assert len(OURS) >= 9 and set(OURS) <= set(NAMES)


def test_a_corpus_of_another_package_has_none():
    assert corpus_facts("somebody_elses") == CorpusFacts()


@pytest.mark.parametrize("name", NAMES)
def test_keys_types_and_values(name):
    facts = corpus_facts(name)
    values = asdict(facts)
    assert {key: type(value) for key, value in values.items()} == KEYS
    assert all(values[key] for key in ("title", "language", "licence", "get"))
    assert all("\n" not in value for key, value in values.items() if key in WORDS and key != "citation")
    assert facts.licence_id in LICENCES | ({""} if name in OWN_DATA else set())
    assert facts.annotators in ANNOTATORS
    assert re.fullmatch(r"(original|extended(\|[a-z0-9-]+)?)?", facts.source)
    assert facts.language == "any" or re.fullmatch(r"[a-z]{2}(, [a-z]{2})*", facts.language)
    assert re.fullmatch(r"(https?://\S+)?", facts.homepage)
    assert len(facts.get) < 60


@pytest.mark.parametrize("name", NAMES)
def test_only_what_is_licensed_may_be_redistributed(name):
    facts = corpus_facts(name)
    assert (facts.licence == "not stated") == (facts.licence_id == "unknown")
    assert (facts.licence == "yours") == (name in OWN_DATA)
    assert facts.redistribute == (facts.licence_id not in ("", "unknown"))


@pytest.mark.parametrize("name", NAMES)
def test_a_published_corpus_has_a_homepage_and_a_citation_in_bibtex(name):
    facts = corpus_facts(name)
    published = name not in (*OWN_DATA, "synthetic", "samples")
    assert bool(facts.citation) == bool(facts.homepage) == published
    if published:
        entry = facts.citation.strip()
        assert re.match(r"@(article|inproceedings)\{[a-z0-9-]+,\n", entry) and entry.endswith("\n}")
        assert all(f"\n  {field} = {{" in entry for field in ("title", "author", "year", "pages"))
        depth = 0
        for at, mark in enumerate(entry):
            depth += {"{": 1, "}": -1}.get(mark, 0)
            assert depth >= 0 and (depth > 0 or at < entry.index("{") or at == len(entry) - 1)
        assert depth == 0


def test_the_table_of_corpora_shows_them():
    shown = StringIO()
    Console(file=shown, width=200).print(corpora_table(), markup=False, highlight=False)
    lines = {line.split()[0]: line for line in shown.getvalue().splitlines() if line.strip()}
    for name in OURS:
        assert corpus_facts(name).licence in lines[name] and corpus_facts(name).get in lines[name]
