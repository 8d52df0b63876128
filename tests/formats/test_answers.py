"""The table of answers that models give (answers.txt): what is read from each, and which defects are noted.

pytest tests/formats/test_answers.py
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from sde_datasets.designs.design import get_design
from sde_datasets.formats import answer_format
from sde_datasets.formats.answers import ERRORS
from sde_datasets.scoring.settings import ScoringSettings
from sde_datasets.tasks.task import get_task
from tests.conftest import SHARED
from tests.formats.claims import Claims

SCHEMAS = {
    "mabsa": get_task("mabsa").schema(("food", "service", "price", "ambience")),
    "mabsa.zh": get_task("mabsa").schema(("食品评价", "饮品评价", "价格水平", "卫生情况"), "zh"),
    "ner": get_task("ner").schema(("DNA", "RNA", "protein", "cell_type", "cell_line")),
    "ed": get_task("ed").schema(("Motion", "Attack")),
    "ed.zh": get_task("ed").schema(("移动", "袭击"), "zh"),
}


class Case(NamedTuple):
    """One answer under one design, with the values and defects that are expected."""

    task: str
    design: str
    answer: str
    values: dict
    defects: frozenset[str]


def cases() -> list:
    """Every answer of the table under each of its designs."""
    text = Path(__file__).with_name("answers.txt").read_text("utf-8")
    found = []
    for block in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        head, rest = block.split("\n", 1)
        answer, values, defects = rest.rsplit("\n--- ", 2)
        names, shows = head.split(" | ", 1)
        task, *designs = names.split()
        noted = frozenset(name for name in defects.split() if name != "-")
        for design in designs:
            case = Case(task, design, answer, _values(task, values.strip()), noted)
            found.append(pytest.param(case, id=f"{task}-{design}-{shows}"))
    return found


def _values(task: str, text: str) -> dict:
    """`DNA=IL-2 gene;kappa B RNA=mRNA` as values."""
    pairs = re.findall(r"(\S+?)=(.*?)(?=\s\S+=|$)", text)
    if SCHEMAS[task].kind == "label":
        return dict(pairs)
    return {target: tuple(surfaces.split(";")) for target, surfaces in pairs}


@pytest.mark.parametrize("case", cases())
def test_an_answer_is_read_as_a_careful_person_would(case):
    schema = SCHEMAS[case.task]
    reading = answer_format(get_design(case.design), schema, ScoringSettings.of(schema).aliases).read(case.answer)
    names = {defect.name for defect in reading.defects}
    assert reading.answer.values == case.values
    assert case.defects <= names
    assert reading.is_strict == (not names & set(ERRORS))


@pytest.mark.parametrize(
    "task, design, answer, values",
    [
        ("ner", "list-text", '["DNA", "IL-2 gene"]\n["RNA", "None"]\n["protein", "N/A"]', {"DNA": ("IL-2 gene",)}),
        ("ed", "lines-text", "Motion: **flew**\nAttack: NONE", {"Motion": ("flew",)}),
    ],
)
def test_an_accepted_answer_is_changed_only_with_its_text(task, design, answer, values):
    """A record may mention the word "None" or a name in asterisks: without the text, law 1 decides."""
    schema = SCHEMAS[task]
    form = answer_format(get_design(design), schema, ScoringSettings.of(schema).aliases)
    with_text = form.read(answer, "the IL-2 gene flew")
    assert with_text.answer.values == values and with_text.is_strict
    alone = form.read(answer)
    assert alone.is_strict and form.read(form.write(alone.answer)).answer.values == alone.answer.values != values


def test_the_table_holds_at_least_four_hundred_answers():
    assert len({(case.values[0].task, case.values[0].answer) for case in cases()}) >= 400


@pytest.mark.slow
def test_most_of_the_answers_that_others_judged_are_read_as_expected():
    path = SHARED / "cases" / "answers.jsonl"
    if not path.exists():
        pytest.skip("the judged answers are not here")
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    right = 0
    for row in rows:
        schema = get_task(row["task"]).schema(tuple(row["targets"]), row["language"])
        values = (
            answer_format(get_design(row["design"]), schema, ScoringSettings.of(schema).aliases)
            .read(row["answer"])
            .answer.values
        )
        right += row["values"] == {t: value if isinstance(value, str) else list(value) for t, value in values.items()}
    assert right >= 0.94 * len(rows)


@pytest.mark.parametrize("case", cases()[::2])
def test_a_cut_answer_claims_nothing_that_it_does_not_hold(case):
    schema = SCHEMAS[case.task]
    form = answer_format(get_design(case.design), schema, ScoringSettings.of(schema).aliases)
    for end in range(0, len(case.answer), 7):
        reading = form.read(case.answer[:end])
        assert all(0 <= defect.at <= end for defect in reading.defects)
        claims = Claims(case.answer[:end])
        for value in reading.answer.values.values():
            assert isinstance(value, str) or all(claims.holds(surface) for surface in value)
