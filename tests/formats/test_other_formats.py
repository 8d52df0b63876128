"""The answer of one format is never taken for one of another.

pytest tests/formats/test_other_formats.py
"""

from __future__ import annotations

from itertools import permutations

import pytest

from sde_datasets.designs.design import FORMATS, LABELS, REASONING, UNMENTIONED, Design
from sde_datasets.formats import Answer, answer_format
from tests.formats.cases import SCHEMAS
from tests.loops import for_each

# answers as records give them: values, a description for each target, and for each mention
REALISTIC = {
    "mabsa": [{"food": "positive", "price": "negative"}, {"price": "neutral"}, {}],
    "mabsa.zh": [{"食品评价": "正面", "价格水平": "负面"}, {"食品评价": "中性"}, {}],
    "ner": [{"DNA": ("IL-2 gene", "kappa B"), "RNA": ("mRNA",)}, {"DNA": ("5'-UTR",)}, {}],
    "ed": [{"Motion": ("flew", "took off"), "Attack": ("raid",)}, {"Attack": ("7", "none")}, {}],
    "ed.zh": [{"移动": ("起飞", "降落"), "袭击": ("空袭",)}, {"袭击": ("无", "炸，毁")}, {}],
}


def _answer(values: dict, design: Design, kind: str) -> Answer:
    if design.reasoning == "none":
        return Answer(values, {})
    each = design.format == "list" and kind == "mention"
    return Answer(values, {t: tuple("so, it is" for _ in v) if each else "so, it is" for t, v in values.items()})


@pytest.mark.parametrize("task", REALISTIC)
@for_each("formats", permutations(FORMATS, 2))
def test_the_answer_of_another_format_is_never_accepted(task, formats):
    schema, (own, other) = SCHEMAS[task], formats
    for labels, reasoning, unmentioned in [(a, b, c) for a in LABELS for b in REASONING for c in UNMENTIONED]:
        for values in REALISTIC[task]:
            design, reader = Design(other, labels, reasoning, unmentioned), Design(own, labels, reasoning, unmentioned)
            text = answer_format(design, schema).write(_answer(values, design, schema.kind))
            if text != answer_format(reader, schema).write(_answer(values, reader, schema.kind)):
                assert not answer_format(reader, schema).read(text).is_strict, (reader.name, text)
