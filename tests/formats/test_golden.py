"""Golden samples: two records for each task and language, and every completion that can be written for them.

The table in docs/written-form.md can be checked against the files in tests/golden line by line. When a form is changed
on purpose, write them anew and read the difference.

    pytest tests/formats/test_golden.py
    python tests/formats/test_golden.py --write
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from sde_datasets.designs.design import BEYOND, DESIGNS, INLINE, Design, get_design
from sde_datasets.formats import Answer, answer_format
from sde_datasets.records.columns import record_rows
from sde_datasets.records.record import Annotation, Record, record_problem, sort_annotations
from sde_datasets.samples.prompts import task_template
from sde_datasets.samples.render import completions, gold_answers, prompts
from sde_datasets.tasks.task import get_task
from tests.answer_designs import REASONS_AFTER

FOLDER = Path(__file__).resolve().parents[1] / "golden"
ANSWERS = [name for name, design in DESIGNS.items() if design == design.answer]
PROMPTS = ("lines-text", "natural-text-instlast", "json-text-noinst", "list-num-cot-ou-w2", "json-text-post-defs")
ANSWERS += [design.name for design in REASONS_AFTER]
MARKED = [name for name, design in BEYOND.items() if design == design.answer and design.format == INLINE]
MARKED_PROMPTS = ("inline-text-ou", "inline-num-ou-instlast-w2")


class Golden(NamedTuple):
    """A rich text and a text that mentions nothing. `said` has (target, value, number of the occurrence, evidence).

    The value is a label, a surface, or the pieces of a discontinuous surface.
    """

    targets: tuple[str, ...]
    text: str
    said: list[tuple]
    nothing: str


GOLDEN = {
    "ner.en": Golden(
        ("DNA", "RNA", "protein", "5' end", "cell's line"),
        'The 5\'-UTR of the IL-2 gene, "A\\B", binds NF-kB: IL-2 is here.\n'
        "Also the IL-2 gene; p50 or\np65, and 0, stay put.",
        [
            ("DNA", "5'-UTR", 1, ["The 5'-UTR of the IL-2 gene"]),
            ("DNA", "IL-2 gene", 1, ["The 5'-UTR of the IL-2 gene"]),
            ("DNA", "IL-2 gene", 2, ["Also the IL-2 gene"]),
            ("protein", "IL-2", 1, ["The 5'-UTR of the IL-2 gene"]),
            ("protein", "NF-kB", 1, ["binds NF-kB"]),
            ("protein", "IL-2", 2, ["IL-2 is here"]),
            ("protein", "IL-2", 3, []),
            ("protein", "p50 or\np65", 1, ["p50 or\np65"]),
            ("protein", ("p50", "p65"), 1, ["p50 or\np65", "stay put"]),
            ("5' end", "A\\B", 1, ['"A\\B"']),
            ("cell's line", '"A\\B", binds', 1, []),
            ("cell's line", "0", 2, []),
        ],
        "It works.",
    ),
    "ner.zh": Golden(
        ("人名", "时间", "地名", "机构名", "代号'"),
        "小王在北京大学，他叫“小王”；去过中国\n台湾和北京。代号'A\\B',0号：A和\nB大学。",
        [
            ("人名", "小王", 1, ["小王在北京大学"]),
            ("人名", "小王", 2, ["他叫“小王”"]),
            ("地名", "北京", 1, ["小王在北京大学"]),
            ("地名", "中国\n台湾", 1, ["去过中国\n台湾和北京"]),
            ("地名", "北京", 2, ["去过中国\n台湾和北京"]),
            ("机构名", "北京大学", 1, ["小王在北京大学"]),
            ("机构名", ("A", "大学"), 2, []),
            ("代号'", "代号'A\\B',0号", 1, []),
            ("代号'", "A\\B", 1, ["代号'A\\B',0号"]),
            ("代号'", "0", 1, []),
        ],
        "天气很好。",
    ),
    "ed.en": Golden(
        ("Motion", "Attack", "Quit, or stay", "none", "7", "it's"),
        'He flew off, landed; flew "home". The raid: 3, none said. NONE, it\'s over -> quit\nnow, took\noff.',
        [
            ("Motion", "flew", 1, ["He flew off"]),
            ("Motion", "flew off", 1, ["He flew off"]),
            ("Motion", "landed", 1, ["landed"]),
            ("Motion", "flew", 2, ['flew "home"']),
            ("Motion", "took\noff", 1, ["took\noff"]),
            ("Quit, or stay", 'flew "home"', 1, []),
            ("Quit, or stay", ("over", "quit"), 1, ["it's over -> quit\nnow"]),
            ("Quit, or stay", "over -> quit", 1, ["it's over -> quit\nnow"]),
            ("none", "none", 1, []),
            ("none", "NONE", 1, []),
            ("7", "raid: 3", 1, ["The raid: 3"]),
            ("7", "3", 1, ["The raid: 3"]),
            ("it's", "it's", 1, ["it's over -> quit\nnow"]),
        ],
        "All was calm.",
    ),
    "ed.zh": Golden(
        ("灾难", "袭击", "移动", "无", "第1，2类"),
        '飞机起飞，降落：起飞成功。“无”人受伤；3人受惊，\n逃\n离。地震；没有NONE"',
        [
            ("灾难", "地震；没有", 1, ["地震；没有"]),
            ("移动", "起飞", 1, ["飞机起飞"]),
            ("移动", "降落", 1, ["降落"]),
            ("移动", "起飞", 2, ["起飞成功"]),
            ("移动", "起飞成功", 1, ["起飞成功"]),
            ("移动", "逃\n离", 1, ["逃\n离"]),
            ("无", "无", 1, []),
            ("无", "3", 1, []),
            ("无", 'NONE"', 1, ['没有NONE"']),
            ("第1，2类", "“无”人受伤", 1, ["“无”人受伤"]),
            ("第1，2类", "NONE", 1, []),
        ],
        "一切如常。",
    ),
    "mabsa.en": Golden(
        ("food", "drinks", "price, value", "staff's smile", "Positive", "-1", 'the "look"'),
        'Great tuna, "great" soup; great tuna! The bill\nwas -> too high. Staff: fine, so so.',
        [
            ("food", "positive", 0, ["Great tuna", '"great" soup']),
            ("price, value", "negative", 0, ["The bill\nwas -> too high"]),
            ("staff's smile", "neutral", 0, ["Staff: fine"]),
            ("Positive", "positive", 0, []),
            ("-1", "negative", 0, ["too high"]),
            ('the "look"', "neutral", 0, []),
        ],
        "We came on a Sunday.",
    ),
    "mabsa.zh": Golden(
        ("食品评价", "饮品评价", "价格，性价比", "服务'态度", "正面", "2"),
        "菜很“好吃”，汤也好；结账\n时：太贵了。服务'一般'。",
        [
            ("食品评价", "正面", 0, ["菜很“好吃”", "汤也好"]),
            ("价格，性价比", "负面", 0, ["结账\n时：太贵了"]),
            ("服务'态度", "中性", 0, ["服务'一般'"]),
            ("正面", "正面", 0, []),
            ("2", "负面", 0, ["太贵了"]),
        ],
        "周日去的。",
    ),
}


def _place(text: str, piece: str, number: int = 1) -> tuple[int, int]:
    """Where the given occurrence of `piece` stands in `text`; pieces are looked for in the file, never computed."""
    start = -1
    for _ in range(number):
        start = text.index(piece, start + 1)
    return start, start + len(piece)


def _annotation(text: str, kind: str, target: str, value, number: int, evidence: list[str]) -> Annotation:
    spoken = tuple(_place(text, words) for words in evidence)
    origin = "annotated" if evidence else "none"
    if kind == "label":
        return Annotation(target, label=value, evidence=spoken, origin=origin)
    pieces = value if isinstance(value, tuple) else (value,)
    spans = tuple(_place(text, piece, number) for piece in pieces)
    return Annotation(target, mention=" ".join(pieces), spans=spans, evidence=spoken, origin=origin)


class Built(NamedTuple):
    """What the code makes of a golden: the task, its schema, the two records and their rows in Arrow."""

    task: object
    schema: object
    records: list[Record]
    rows: object


def built(name: str) -> Built:
    golden, (task_name, language) = GOLDEN[name], name.split(".")
    task = get_task(task_name)
    schema = task.schema(golden.targets, language)
    said = [_annotation(golden.text, schema.kind, *each) for each in golden.said]
    records = [Record("rich", golden.text, sort_annotations(said, schema)), Record("nothing", golden.nothing, [])]
    constant = {"corpus": "golden", "view": task_name, "language": language, "schema": schema.to_json()}
    return Built(task, schema, records, record_rows(records, constant))


def _shown(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _described(record: Record) -> list[str]:
    lines = ["text:", record.text, "end of text"]
    for a in record.annotations:
        places = " ".join(f"{start}-{end}" for start, end in a.spans)
        what = a.label if a.mention is None else f"{_shown(a.mention)} at {places}"
        evidence = ", ".join(_shown(record.text[start:end]) for start, end in a.evidence)
        lines.append(f"{a.target} = {what}" + (f", evidence {evidence}" if evidence else ""))
    return lines if record.annotations else [*lines, "(mentions nothing)"]


def answered(made: Built, design: Design) -> tuple[list[Answer], list[str]]:
    """The answers of both records as `design` gives them, and their completions."""
    said = gold_answers(made.rows, made.schema, design.format, design.reasoning != "none")
    return said, completions(said, design, made.schema).to_pylist()


def rendered(name: str) -> str:
    """The golden file as the code would write it today."""
    task, schema, records, rows = made = built(name)
    mentions = schema.kind == "mention"
    designs, asked = (ANSWERS + MARKED, PROMPTS + MARKED_PROMPTS) if mentions else (ANSWERS, PROMPTS)
    written = {design: answered(made, get_design(design))[1] for design in designs}
    parts = [f"{name}: golden samples, written by `python tests/formats/test_golden.py --write`\n"]
    parts.append("targets:\n" + "\n".join(f"{i} {target}" for i, target in enumerate(schema.targets)) + "\n")
    for i, record in enumerate(records):
        parts.append(f"######## record {i + 1}, {record.id}\n")
        parts.append("\n".join(_described(record)) + "\n")
        for design in designs:
            parts.append(f"#### {design}, record {i + 1}\n{written[design][i]}\n")
    task = task.define({target: f"what {target!r} means" for target in schema.targets}, schema.language)
    for design in asked:
        prompt = prompts(rows.column("text"), task_template(task, schema, get_design(design)))[0].as_py()
        parts.append(f"#### {design}, prompt of record 1\n{prompt}#### end\n")
    return "\n".join(parts)


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_records_are_valid(name):
    schema, records = built(name).schema, built(name).records
    assert [record_problem(record, schema) for record in records] == [None, None]


@pytest.mark.parametrize("name", GOLDEN)
def test_the_file_holds_what_the_code_writes(name):
    there = (FOLDER / f"{name}.txt").read_bytes().decode("utf-8")
    assert rendered(name).split("\n") == there.split("\n")


@pytest.mark.parametrize("name", GOLDEN)
def test_every_completion_is_read_back(name):
    made = built(name)
    for design in map(get_design, ANSWERS + (MARKED if made.schema.kind == "mention" else [])):
        for record, said, text in zip(made.records, *answered(made, design), strict=True):
            source = record.text if design.format == INLINE else None
            reading = answer_format(design, made.schema).read(text, source)
            assert (reading.answer, reading.defects) == (said, ()), (design.name, text)


def test_there_are_48_published_completions_and_16_with_reasons_after_the_answer():
    assert len(ANSWERS) == 48 + 16


def test_there_is_a_file_for_each_golden_and_no_other():
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(f"{name}.txt" for name in GOLDEN)


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("python tests/formats/test_golden.py --write")
    for each in GOLDEN:
        (FOLDER / f"{each}.txt").write_bytes(rendered(each).encode("utf-8"))
