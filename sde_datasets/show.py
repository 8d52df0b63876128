"""What a person looks at: tables of designs and builds, a design in words, samples with prompt and completion apart."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from rich.console import Group
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from sde_datasets.build import Built
from sde_datasets.card.configs import split_files
from sde_datasets.designs import ALIASES, AXES, DESIGNS, GRID, PAPER, Design, find_design
from sde_datasets.formats import Answer, format_of
from sde_datasets.manifest import read_manifest
from sde_datasets.parquet import row_groups
from sde_datasets.prompts import around
from sde_datasets.tasks import Task, find_task

# for each task a text of our own, its answer with the words that speak for it, and targets that it does not mention
EXAMPLES = {
    ("ner", "en"): (
        "The IL-2 promoter binds NF-kappa B, and Jurkat cells need both.",
        {
            "DNA": (("IL-2 promoter",), "The IL-2 promoter binds NF-kappa B"),
            "RNA": None,
            "protein": (("IL-2", "NF-kappa B"), "The IL-2 promoter binds NF-kappa B"),
            "cell_line": (("Jurkat cells",), "and Jurkat cells need both"),
        },
    ),
    ("ed", "en"): (
        "The storm flooded the port, and crews flew north; a second raid failed.",
        {
            "Catastrophe": (("flooded",), "The storm flooded the port"),
            "Attack": (("raid",), "a second raid failed"),
            "Motion": (("flew",), "and crews flew north"),
            "Killing": None,
        },
    ),
    ("mabsa", "en"): (
        "The tuna was great, but we paid far too much.",
        {
            "food": ("positive", "The tuna was great"),
            "price": ("negative", "but we paid far too much"),
            "parking": None,
        },
    ),
    ("mabsa", "zh"): (
        "菜很好吃，就是价格太贵。",
        {"口味评价": ("正面", "菜很好吃"), "价格水平": ("负面", "就是价格太贵"), "停车便利": None},
    ),
}


def designs_table(view: str, names: tuple[str, ...]) -> Group:
    """The axes with their options, then designs with their choice on each axis, under the config names of a view."""
    axes = Table(box=None, padding=(0, 2, 0, 0))
    for head in ("axis", "option", "in the name", "meaning"):
        axes.add_column(head)
    for axis, options in AXES.items():
        for number, (option, (mark, meaning)) in enumerate(options.items()):
            axes.add_row("" if number else axis, option, f"-{mark}" if mark else "", meaning)
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("config")
    for axis in AXES:
        table.add_column(axis)
    alias_of = {design: alias for alias, design in ALIASES.items()}
    table.add_column("alias")
    for name in names:
        design = find_design(name)
        alias = f"{view}-{alias_of[name]}" if name in alias_of else ""
        table.add_row(f"{view}-{name}", *(str(getattr(design, axis)) for axis in AXES), alias)
    counts = (
        f"\n{len(names)} designs here; paper: {len(PAPER)}, all: {len(GRID)}, with wordings 2 and 3: {len(DESIGNS)}"
    )
    return Group(axes, Text(""), table, Text(counts))


def explained(name: str, view: str) -> Group:
    """One design in words, with a sample of the task of `view`. Raises UsageError for an unknown design or task."""
    design = find_design(name.removeprefix(f"{view}-"))
    task_name, _, rest = view.partition("_")
    task, language = find_task(task_name), "zh" if rest == "zh" else "en"
    words = [f"{axis}: {getattr(design, axis)}, {AXES[axis][str(getattr(design, axis))][1]}" for axis in AXES]
    text, given = _example(task, language)
    schema = task.schema(tuple(given), language)
    answer = _answer(design, schema.kind, given)
    prefix, suffix = around(task.wordings[schema.language], schema, design)
    completion = format_of(design.answer, schema).write(answer)
    return Group(Text(f"{design.name}\n  " + "\n  ".join(words)), sample_panel(prefix + text + suffix, completion))


def _example(task: Task, language: str) -> tuple[str, dict]:
    spoken = task.word_language(language)
    if (task.name, spoken) in EXAMPLES:
        return EXAMPLES[task.name, spoken]
    labels = task.words[spoken].get("labels")
    return "(a text)", {"one": (labels[0] if labels else ("a text",), "a text"), "another": None}


def _answer(design: Design, kind: str, given: dict) -> Answer:
    said = {target: both for target, both in given.items() if both}
    values = {target: value for target, (value, _) in said.items()}
    if design.reasoning == "none":
        return Answer(values, {})
    each = kind == "mention" and design.format == "list"
    described = {target: (words,) * len(value) if each else words for target, (value, words) in said.items()}
    return Answer(values, described)


def sample_panel(prompt: str, completion: str) -> Group:
    """A prompt and its completion, each in a frame of its own."""
    return Group(
        Panel(Text(prompt), title="prompt", title_align="left"),
        Panel(Text(completion), title="completion", title_align="left"),
    )


def samples(folder: Path, config: str, split: str, count: int) -> Group:
    """The first samples of a config, or its records. Raises UsageError for an unknown config or split."""
    files = split_files(folder, read_manifest(folder), config, split)
    rows = (row for path in files for batch in row_groups(folder / path) for row in batch.to_pylist())
    parts = []
    for row in islice(rows, count):
        parts.append(Rule(Text(f"{config} · {split} · {row['id']}"), align="left"))
        if "prompt" in row:
            parts.append(sample_panel(row["prompt"], row["completion"]))
        else:
            parts.append(Panel(Text(row["text"] + "\n\n" + "\n".join(map(_annotation, row["annotations"])))))
    return Group(*parts)


def _annotation(annotation: dict) -> str:
    at = ";".join(f"{span['start']}-{span['end']}" for span in annotation["spans"])
    said = annotation["label"] or f"{annotation['mention']!r} at {at}"
    words = " | ".join(piece["text"] for piece in annotation["evidence"])
    return f"{annotation['target']}: {said}" + (f"  ({annotation['origin']}: {words!r})" if words else "")


def built_table(built: Built, out: Path) -> Group:
    """What a build read, kept and wrote, view by view."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for head in (
        "view",
        "read",
        "kept",
        "rejected",
        "dropped",
        "train",
        "validation",
        "test",
        "annotations",
        "designs",
    ):
        table.add_column(head, justify="left" if head == "view" else "right")
    lines = []
    for view, state in built.manifest["views"].items():
        report = state["report"]
        counts = [report["records"].get(what, 0) for what in ("read", "kept", "rejected", "dropped")]
        counts += [report["splits"].get(split, 0) for split in ("train", "validation", "test")]
        counts += [report["annotations"].get("kept", 0), len(state["designs"])]
        table.add_row(view, *(f"{count:,}" for count in counts))
        lines += [f"{view}: {line}" for line in _remarks(report)]
    lines.append(f"{built.written:,} files written, {built.kept:,} stood already: {out}")
    return Group(table, Text("\n".join(["", *lines])))


def _remarks(report: dict) -> list[str]:
    annotations = report["annotations"]
    counts = [(name, annotations.get(name, 0)) for name in ("merged", "outside", "rejected", "with_record")]
    says = {
        "merged": "equal ones merged",
        "outside": "outside the targets",
        "rejected": "rejected",
        "with_record": "gone with their record",
    }
    lines = [f"splits {report['split_rule']}"]
    parts = [f"{count:,} {says[name]}" for name, count in counts if count]
    if parts:
        lines.append(f"annotations: {annotations['read']:,} read, {', '.join(parts)}")
    lines += [f"{count:,} records dropped: {option}" for option, count in report["dropped"].items()]
    lines += [
        f"{count:,} texts stand in {pair.replace('+', ' and ')}" for pair, count in report["shared_texts"].items()
    ]
    lines += [f"{note}: {count:,}" for note, count in report["notes"].items()]
    described = ", ".join(f"{origin} {count:,}" for origin, count in report["evidence"].items())
    return [*lines, f"evidence: {described}"] if described else lines
