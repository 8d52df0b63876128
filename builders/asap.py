"""ASAP: Chinese restaurant reviews with a sentiment for each of 18 aspects.

    id,review,star,Location#Transportation,Location#Downtown,...,Food#Recommend
    7,"地铁出口就是，菜有点咸",4.0,1,-2,...,-1

Rules
- The source is one file, or a folder or an archive of *.csv files with train, dev, val or test as a word of the stem.
- Columns are found by name, in either set of names: that of the full release (above) or that of the published sample
  (`index,reviewbody,star,location_traffic,...`). `star` and other columns are not used.
- A record is a row, its id `<file stem>-<id>`; the split is that in the name of the file. Blank lines are skipped.
- 1, 0 and -1, also written 1.0, are the labels of the schema with these numbers; -2 says "not mentioned".
- A row with another label, no id, no text, too few or too many fields is rejected: without one of its labels, the
  record would say that the review does not mention the aspect.
- There is no evidence.
- The subset `d1` has the aspects nearest to D1 of the paper (food, drinks, price, hygiene, staff attitude, parking);
  ASAP has no aspect for drinks, so it has five. `d2` is nearest to D2 (traffic convenience, queuing, serving speed,
  decoration, noise).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from sde_builders import looks
from sde_builders.csv_rows import non_blank_rows, rows
from sde_builders.files import files, is_single, named_for_split
from sde_builders.labels import labels_by_number
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import Builder, ReadContext
from sde_datasets.records.record import Annotation, Record, Reject, split_from_path

# target: its column in the sample, its column in the full release
ASPECTS = {
    "交通便利": ("location_traffic", "Location#Transportation"),
    "商圈距离": ("location_distance_from_business_district", "Location#Downtown"),
    "寻找难易": ("location_easy_to_find", "Location#Easy_to_find"),
    "排队等候": ("service_wait_time", "Service#Queue"),
    "服务态度": ("service_waiters_attitude", "Service#Hospitality"),
    "停车便利": ("service_parking_convenience", "Service#Parking"),
    "上菜速度": ("service_serving_speed", "Service#Timely"),
    "价格水平": ("price_level", "Price#Level"),
    "性价比": ("price_cost_effective", "Price#Cost_effective"),
    "折扣力度": ("price_discount", "Price#Discount"),
    "装修风格": ("environment_decoration", "Ambience#Decoration"),
    "噪音情况": ("environment_noise", "Ambience#Noise"),
    "用餐空间": ("environment_space", "Ambience#Space"),
    "卫生状况": ("environment_cleaness", "Ambience#Sanitary"),
    "分量大小": ("dish_portion", "Food#Portion"),
    "口味评价": ("dish_taste", "Food#Taste"),
    "外观卖相": ("dish_look", "Food#Appearance"),
    "推荐程度": ("dish_recommendation", "Food#Recommend"),
}
SAMPLE = ("index", "reviewbody", *(sample for sample, _ in ASPECTS.values()))
FULL = ("id", "review", *(full for _, full in ASPECTS.values()))
TARGETS = {
    "": tuple(ASPECTS),
    "d1": ("口味评价", "价格水平", "卫生状况", "服务态度", "停车便利"),
    "d2": ("交通便利", "排队等候", "上菜速度", "装修风格", "噪音情况"),
}

_NUMBER = re.compile(r"(-?[0-9]{1,3})(\.0*)?")
_UNMENTIONED = -2


class _Layout(NamedTuple):
    """The number of columns, and the positions of the id, the text and the aspects."""

    width: int
    id: int
    text: int
    aspects: tuple[int, ...]


def _files(context: ReadContext) -> list[tuple[str, str]]:
    """The files to read, each with its stem. Raises InputError if there is none."""
    source, found = context.source, files(context.source, "*.csv")
    if is_single(source):
        return found
    named = named_for_split([name for name, _ in found])
    if not named:
        looked = "Looked for *.csv with train, dev, val or test as a word of the name; give the path of one file."
        raise InputError(source.label, "holds no file of ASAP", looked)
    return [(name, stem) for name, stem in found if name in named]


def _layout(header: list[str], location: str) -> _Layout:
    """The positions of the columns. Raises InputError for a missing or duplicate column."""
    header = [name.strip() for name in header]
    names = max((FULL, SAMPLE), key=lambda names: len(set(names) & set(header)))
    for name in names:
        if header.count(name) != 1:
            wrong = f"has the column {name!r} twice" if name in header else f"has no column {name!r}"
            known = f"The columns of the full release are {','.join(FULL)}; those of the sample are {','.join(SAMPLE)}"
            raise InputError(location, wrong, known)
    id_, text, *aspects = map(header.index, names)
    return _Layout(len(header), id_, text, tuple(aspects))


def _annotations(
    fields: list[str], layout: _Layout, labels: dict[int, str | None]
) -> tuple[list[Annotation], list[str]]:
    """The aspects that a row mentions, and messages about its unknown labels."""
    annotations, bad = [], []
    for target, at in zip(ASPECTS, layout.aspects, strict=True):
        match = _NUMBER.fullmatch(fields[at].strip())
        number = int(match[1]) if match else None
        if number not in labels:
            bad.append(f"unknown label {fields[at][:40]!r} for {target}; known: 1, 0, -1, -2")
        elif labels[number] is not None:
            annotations.append(Annotation(target, labels[number]))
    return annotations, bad


def _record(fields: list[str], layout: _Layout, labels: dict[int, str | None], stem: str) -> tuple[Record, list[str]]:
    """The record of a row, and messages about its unknown labels. Raises ValueError for an invalid row."""
    if len(fields) != layout.width:
        raise ValueError(f"expected {layout.width} fields, as many as the header has, found {len(fields)}")
    if not fields[layout.id].strip():
        raise ValueError("the id is empty")
    if not fields[layout.text].strip():
        raise ValueError("the review is empty")
    annotations, bad = _annotations(fields, layout, labels)
    return Record(f"{stem}-{fields[layout.id].strip()}", fields[layout.text], annotations), bad


def read(context: ReadContext) -> Iterator[Record | Reject]:
    """The reviews of all files. Raises InputError for a file that lacks a column or is not CSV."""
    labels = labels_by_number(context, "ASAP", (1, 0, -1)) | {_UNMENTIONED: None}
    for name, stem in _files(context):
        file, split = context.source.location(name), split_from_path(name)
        table = rows(context.source, name)
        _, header = next(table, (1, []))
        layout = _layout(header, file)
        for line, fields in non_blank_rows(table, context):
            try:
                record, bad = _record(fields, layout, labels, stem)
            except ValueError as error:
                id_ = fields[layout.id].strip() if layout.id < len(fields) else ""
                yield Reject(file, line, str(error), f"{stem}-{id_}" if id_ else None)
            else:
                yield from (Reject(file, line, reason, record.id, "annotation") for reason in bad)
                record.split, record.file, record.line = split, file, line
                yield record


BUILDER = Builder("asap", "mabsa", read, TARGETS, language="zh", recognise=looks.asap)
