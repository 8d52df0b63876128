"""Tables of designs, a design explained with a sample, and the samples of a config."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from sde_datasets.cli.examples import example_record
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.dataset.parquet import row_groups
from sde_datasets.designs.design import ALIASES, AXES, EVERY, GRID, PAPER, ViewTraits, every_design, get_design, select
from sde_datasets.records.schema import Kind
from sde_datasets.samples.render import BETWEEN_EVIDENCE
from sde_datasets.samples.sample import render
from sde_datasets.tasks.task import get_task, task_names


def designs_table(view: str, wanted: tuple[str, ...]) -> Group:
    """Return a table of the axes with their options, and one of the designs that `wanted` selects for a view.

    Raises UsageError for a word that selects nothing.
    """
    traits = ViewTraits(view, _kind_of(view))
    names = select(wanted, traits, [traits])
    counts = (
        f"{len(names)} designs here; paper: {len(PAPER)}, all: {len(GRID)}, every: {len(every_design(traits))}, "
        f"with wordings 2 and 3: {sum(map(traits.allows, EVERY.values()))}"
    )
    return Group(_axes_table(), Text(""), _grid_table(view, names), Text(f"\n{counts}"))


def _kind_of(view: str) -> Kind:
    """The kind of the task that a view begins with; a view of an unknown task is shown with all designs."""
    task = view.partition("_")[0]
    return get_task(task).kind if task in task_names() else "mention"


def _axes_table() -> Table:
    table = _table("axis", "option", "in the name", "meaning")
    for axis, options in AXES.items():
        for number, (option, (mark, meaning)) in enumerate(options.items()):
            table.add_row("" if number else axis, option, f"-{mark}" if mark else "", meaning)
    return table


def _grid_table(view: str, names: tuple[str, ...]) -> Table:
    table = _table("config", *AXES, "alias")
    alias_of = {design: alias for alias, design in ALIASES.items()}
    for name in names:
        design = get_design(name)
        alias = f"{view}-{alias_of[name]}" if name in alias_of else ""
        table.add_row(f"{view}-{name}", *(str(getattr(design, axis)) for axis in AXES), alias)
    return table


def _table(*heads: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for head in heads:
        table.add_column(head)
    return table


def explained(name: str, view: str) -> Group:
    """Explain one design, with a sample of the task of `view`. Raises UsageError for an unknown design or task."""
    design = get_design(name.removeprefix(f"{view}-"))
    task_name, _, rest = view.partition("_")
    task, language = get_task(task_name), "zh" if rest == "zh" else "en"
    example = example_record(task, language)
    sample = render(example.record, design, task.schema(example.targets, language), task=task)
    axes = [f"{axis}: {getattr(design, axis)}, {AXES[axis][str(getattr(design, axis))][1]}" for axis in AXES]
    return Group(Text("\n  ".join([design.name, *axes])), sample_panel(sample.prompt, sample.completion))


def sample_panel(prompt: str, completion: str) -> Group:
    """Return a prompt and its completion, each in its own frame."""
    return Group(
        Panel(Text(prompt), title="prompt", title_align="left"),
        Panel(Text(completion), title="completion", title_align="left"),
    )


def samples(folder: Path, config: str, split: str | None, count: int) -> Group:
    """Return the first samples of a config, or its records, by default of its first split.

    Raises UsageError for an unknown config or split.
    """
    manifest = Manifest.load(folder)
    split = split or manifest.splits(config)[0]
    files = manifest.files(config, split)
    rows = (row for path in files for batch in row_groups(folder / path) for row in batch.to_pylist())
    parts: list[RenderableType] = []
    for row in islice(rows, count):
        parts.append(Rule(Text(f"{config} · {split} · {row['id']}"), align="left"))
        if "prompt" in row:
            parts.append(sample_panel(row["prompt"], row["completion"]))
        else:
            parts.append(Panel(Text(row["text"] + "\n\n" + "\n".join(map(_annotation_line, row["annotations"])))))
    return Group(*parts)


def _annotation_line(annotation: dict[str, Any]) -> str:
    offsets = ";".join(f"{span['start']}-{span['end']}" for span in annotation["spans"])
    value = annotation["label"] or f"{annotation['mention']!r} at {offsets}"
    evidence = BETWEEN_EVIDENCE.join(piece["text"] for piece in annotation["evidence"])
    return f"{annotation['target']}: {value}" + (f"  ({annotation['origin']}: {evidence!r})" if evidence else "")
