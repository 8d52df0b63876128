"""Small gold for the tests of scoring: the three tasks, both languages, as schemas, answers and completions."""

from __future__ import annotations

from sde_datasets.designs import DESIGNS, Design, find_design
from sde_datasets.formats import Answer, format_of
from sde_datasets.schemas import Schema
from sde_datasets.tasks import find_task

SCHEMAS = {
    "mabsa": find_task("mabsa").schema(("food", "price", "parking")),
    "mabsa.zh": find_task("mabsa").schema(("食品评价", "价格水平"), "zh"),
    "ner": find_task("ner").schema(("DNA", "protein")),
    "ed": find_task("ed").schema(("Motion", "Attack")),
    "ed.zh": find_task("ed").schema(("移动", "袭击"), "zh"),
}
VALUES = {
    "mabsa": [{"food": "positive", "price": "negative"}, {"price": "neutral"}, {}, {"parking": "positive"}],
    "mabsa.zh": [{"食品评价": "正面", "价格水平": "负面"}, {"食品评价": "中性"}, {}],
    "ner": [{"DNA": ("IL-2 gene", "IL-2 gene"), "protein": ("IL-2", "p50")}, {"protein": ("5' cap",)}, {}],
    "ed": [{"Motion": ("flew", "took off"), "Attack": ("raid",)}, {"Attack": ("7",)}, {}],
    "ed.zh": [{"移动": ("起飞",), "袭击": ("空袭", "炸，毁")}, {}, {"移动": ("降落",)}],
}
# the 48 designs that differ in what is written
WRITTEN = sorted({design.answer for design in DESIGNS.values()})


def completions(task: str, design: str | Design) -> list[str]:
    """The completions of a task's samples."""
    found = find_design(design) if isinstance(design, str) else design
    write = format_of(found, SCHEMAS[task]).write
    return [write(Answer(values, {})) for values in VALUES[task]]


def schema(task: str) -> Schema:
    """The schema of a task's samples."""
    return SCHEMAS[task]
