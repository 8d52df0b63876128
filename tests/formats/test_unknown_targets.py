"""Mentions of targets outside the schema are kept on every path of the parser, and prose is no such mention.

pytest tests/formats/test_unknown_targets.py
"""

from __future__ import annotations

import pytest

from sde_datasets.formats.parse import parse
from sde_datasets.tasks.task import get_task

SCHEMAS = {task: get_task(task).schema(targets) for task, targets in
           {"ner": ("DNA", "protein"), "ed": ("Motion", "Attack"), "mabsa": ("food", "price")}.items()}  # fmt: skip
FOUND = [
    ("ner", "lines-text-ou", "'DNA': 'a'\n'gene': 'x', 'y'"),
    ("ner", "lines-text-ou", "gene: x, y\nDNA: a"),
    ("ner", "natural-text-ou", "'DNA': 'a'; 'gene': 'x', 'y'"),
    ("ner", "json-text-ou", '{"entity_type": "gene", "entity_names": ["x", "y"]}'),
    ("ner", "json-text-ou", '[{"type": "DNA", "text": "a"}, {"type": "gene", "text": ["x", "y"]}]'),
    ("ner", "json-text-ou", '```json\n{"entity_type": "gene", "entity_names": ["x", "y"]}\n```'),
    ("ner", "list-text-ou", '["gene", "x"]\n["gene", "y"]\n["DNA", "a"]'),
    ("ner", "list-text-ou", '[("gene", "x"), ("gene", "y"), ("DNA", "a")]'),
    ("ner", "lines-text-ou", '{"gene": ["x", "y"], "DNA": ["a"]}'),
    ("ner", "lines-text-ou", '{"gene": ["x", "y"]}'),
    ("ner", "lines-text-ou", "| type | name |\n|---|---|\n| gene | x, y |\n| DNA | a |"),
    ("ner", "lines-text-ou", "DNA - a\ngene - x, y"),
    ("ner", "json-text-ou", "1. gene – x, y\n2. DNA – a"),
    ("ner", "list-text-ou", "- **gene** -> x, y\n- **DNA** -> a"),
    ("ner", "natural-text-ou", "gene = x, y\nDNA = a"),
    ("ner", "lines-text-cot-ou", "'gene': \"the reason\" -> 'x', 'y'"),
    ("ed", "lines-text-ou", "Motion: flew\ngene: x, y"),
    ("ed", "lines-text-ou", "**gene**: x, y\n**Motion**: flew"),
]


@pytest.mark.parametrize(("task", "design", "answer"), FOUND)
def test_mentions_of_unknown_targets_are_kept(task, design, answer):
    assert parse(answer, design, SCHEMAS[task]).unknown == (("gene", "x"), ("gene", "y"))


@pytest.mark.parametrize(("design", "answer"), [("lines-num-ou", "7: 'x'\n0: 'a'"), ("list-num-ou", '[7, "x"]')])
def test_a_number_out_of_range_is_an_unknown_target(design, answer):
    assert parse(answer, design, SCHEMAS["ner"]).unknown == (("7", "x"),)


@pytest.mark.parametrize(
    ("task", "design", "answer"),
    [
        ("ner", "lines-text-ou", "'gene': ''\n'DNA': 'a'"),
        ("ner", "lines-text-ou", "gene: none\nDNA: a"),
        ("ner", "lines-text-ou", "Here is the answer:\n'DNA': 'a'"),
        ("ner", "lines-text-ou", "Note: there are no proteins in it.\n'DNA': 'a'"),
        ("ner", "lines-text-ou", "'DNA': 'a'\nThat is all - no more"),
        ("ner", "lines-text-ou", "DNA - a\n\nThat is all - no more"),
        ("ner", "lines-text-ou", "DNA - a\nNote - no more"),
        ("ner", "lines-text-ou", "a - DNA\nx - gene"),
        ("mabsa", "lines-text-ou", "food - positive\nsize - negative"),
        ("ner", "lines-text-ou", "<think>'gene': 'x'</think>'DNA': 'a'"),
        ("ner", "json-text-ou", '{"entity_type": "DNA", "entity_names": ["a"], "confidence": "high"}'),
        ("mabsa", "lines-text-ou", "food: positive\nsize: negative"),
    ],
)
def test_prose_placeholders_and_label_tasks_have_no_unknown_mention(task, design, answer):
    assert parse(answer, design, SCHEMAS[task]).unknown == ()
