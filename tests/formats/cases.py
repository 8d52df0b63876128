"""What the tests of reading share: small schemas, and a reader by names."""

from __future__ import annotations

from sde_datasets.designs.design import get_design
from sde_datasets.formats import NO_ALIASES, Aliases, ParsedAnswer, answer_format
from sde_datasets.tasks.task import get_task

SCHEMAS = {
    "mabsa": get_task("mabsa").schema(("food", "price")),
    "mabsa.zh": get_task("mabsa").schema(("食品评价", "价格水平"), "zh"),
    "ner": get_task("ner").schema(("DNA", "RNA")),
    "ed": get_task("ed").schema(("Motion", "Attack")),
    "ed.zh": get_task("ed").schema(("移动", "袭击"), "zh"),
}
FOOD, PRICE = '{"aspect": "food", "sentiment": "positive"}', '{"aspect": "price", "sentiment": "negative"}'
MOTION = '{"event_type": "Motion", "trigger word": ["flew"]}'


def read(task: str, design: str, text: str, source: str | None = None, aliases: Aliases = NO_ALIASES) -> ParsedAnswer:
    """What a text answers under a design of one of the schemas."""
    return answer_format(get_design(design), SCHEMAS[task], aliases).read(text, source)


def found(reading) -> list[tuple[str, int]]:
    """The defects of a reading with their places, but for those that only follow from others."""
    return [(d.name, d.at) for d in reading.defects if d.name not in ("missing_target", "no_format")]


def check(name: str, task: str, design: str, before: str, wrong: str, after: str = "") -> None:
    """The first defect of before + wrong + after is the error `name`, and it stands where `wrong` begins."""
    reading = read(task, design, before + wrong + after)
    assert found(reading)[:1] == [(name, len(before))] and not reading.is_strict
