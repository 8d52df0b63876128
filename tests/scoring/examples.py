"""Small gold for the tests of scoring: the three tasks, both languages, as schemas, answers and completions."""

from __future__ import annotations

from sde_datasets.designs.design import Design, get_design
from sde_datasets.formats import Answer, answer_format
from sde_datasets.records.schema import Schema
from sde_datasets.tasks.task import get_task
from tests.answer_designs import MARKED as INLINE
from tests.answer_designs import PUBLISHED, REASONS_AFTER

SCHEMAS = {
    "mabsa": get_task("mabsa").schema(("food", "price", "parking")),
    "mabsa.zh": get_task("mabsa").schema(("食品评价", "价格水平"), "zh"),
    "ner": get_task("ner").schema(("DNA", "protein")),
    "ed": get_task("ed").schema(("Motion", "Attack")),
    "ed.zh": get_task("ed").schema(("移动", "袭击"), "zh"),
}
VALUES = {
    "mabsa": [{"food": "positive", "price": "negative"}, {"price": "neutral"}, {}, {"parking": "positive"}],
    "mabsa.zh": [{"食品评价": "正面", "价格水平": "负面"}, {"食品评价": "中性"}, {}],
    "ner": [{"DNA": ("IL-2 gene", "IL-2 gene"), "protein": ("IL-2", "p50")}, {"protein": ("5' cap",)}, {}],
    "ed": [{"Motion": ("flew", "took off"), "Attack": ("raid",)}, {"Attack": ("7",)}, {}],
    "ed.zh": [{"移动": ("起飞",), "袭击": ("空袭", "炸，毁")}, {}, {"移动": ("降落",)}],
}
# the designs of all tasks that differ in what is written, and those of mention tasks that mark the text
WRITTEN, MARKED = PUBLISHED + REASONS_AFTER, INLINE


def completions(task: str, design: str | Design) -> list[str]:
    """The completions of a task's samples."""
    found = get_design(design) if isinstance(design, str) else design
    write = answer_format(found, SCHEMAS[task]).write
    return [write(Answer(values, {})) for values in VALUES[task]]


def schema(task: str) -> Schema:
    """The schema of a task's samples."""
    return SCHEMAS[task]
