"""Some answers beside their gold, for a person."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from rich.table import Table
from rich.text import Text

from sde_datasets.score.answers_file import AnswersById
from sde_datasets.score.terminal import visible
from sde_datasets.train.folder import RunFolder
from sde_datasets.train.predict import Asked, split_of
from sde_datasets.train.samples import Template

SHOWN = 5


def beside_table(run: Path, asked: Asked, path: Path) -> Table:
    """Text, gold and answer of the first samples that were asked; what only gold or answer says is set apart."""
    folder = RunFolder.of(run)
    split = split_of(folder, asked, Template.from_dict(folder.read("template")))
    samples = split.chosen(min(asked.limit, SHOWN), folder.options().seed) if asked.limit else islice(split, SHOWN)
    answers = AnswersById(path)
    table = Table(show_lines=True)
    for head in ("text", "gold", "answer"):
        table.add_column(head, overflow="fold")
    for sample in samples:
        gold, answer = sample.completion.splitlines(), (answers.take(sample.id) or "").splitlines()
        text = Text("\n".join(map(visible, sample.text.splitlines())))
        table.add_row(text, _marked(gold, answer, "green"), _marked(answer, gold, "red"))
    return table


def _marked(lines: list[str], others: list[str], style: str) -> Text:
    """Lines, those in a colour that do not stand among the others."""
    return Text("\n").join(Text(visible(line), style="" if line in others else style) for line in lines)
