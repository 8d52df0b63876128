"""The first answers beside their gold, for a person."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from rich.table import Table

from sde_datasets.score.answers_file import AnswersById
from sde_datasets.score.terminal import visible
from sde_datasets.train.folder import RunFolder
from sde_datasets.train.predict import Asked, split_of
from sde_datasets.train.samples import Template

SHOWN = 5


def beside_table(run: Path, asked: Asked, path: Path) -> Table:
    """Text, gold and answer of the first samples of a split, line by line; an answer's line in red where it differs."""
    folder = RunFolder(run)
    split = split_of(folder, asked, Template.from_dict(folder.read("template")))
    answers = AnswersById(path)
    table = Table(show_lines=True)
    for head in ("text", "gold", "answer"):
        table.add_column(head, overflow="fold")
    for sample in islice(split, SHOWN):
        gold, answer = sample.completion.splitlines(), (answers.take(sample.id) or "").splitlines()
        table.add_row(*("\n".join(map(visible, lines)) for lines in (sample.text.splitlines(), gold, answer)))
    return table
