"""A table of some answers next to their gold completions."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from rich.table import Table
from rich.text import Text

from sde_datasets.prediction.predictions import PredictionRequest, open_split
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.scoring.predictions import FilePredictions
from sde_datasets.scoring.report_terminal import visible

SHOWN = 5


def prediction_table(run: Path, request: PredictionRequest, path: Path) -> Table:
    """Return a table of text, gold and answer of the first samples; lines in only one of the two are coloured."""
    folder = RunFolder.open(run)
    split = open_split(folder, request, folder.read_template())
    limit = request.limit
    samples = split.draw(min(limit, SHOWN), folder.options().seed) if limit else islice(split, SHOWN)
    answers = FilePredictions(path)
    table = Table(show_lines=True)
    for head in ("text", "gold", "answer"):
        table.add_column(head, overflow="fold")
    for sample in samples:
        gold, answer = sample.completion.splitlines(), (answers.take(sample.id) or "").splitlines()
        text = Text("\n".join(map(visible, sample.text.splitlines())))
        table.add_row(text, _coloured(gold, answer, "green"), _coloured(answer, gold, "red"))
    return table


def _coloured(lines: list[str], others: list[str], style: str) -> Text:
    """Return lines; those that are not among the others have a colour."""
    return Text("\n").join(Text(visible(line), style="" if line in others else style) for line in lines)
