"""The commands `annotate` and `serve`. PyTorch and other heavy packages are imported inside the commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from sde_datasets.cli.predict import (
    backend_options,
    generation_options,
    open_backend,
    require_engine_packages,
    require_training_packages,
)
from sde_datasets.errors import UsageError

_path = click.Path(path_type=Path)
_JSONL, _LABEL_STUDIO = "jsonl", "label-studio"


@click.command()
@click.argument("run", type=_path)
@click.option(
    "--input",
    "input_path",
    type=_path,
    required=True,
    help="Texts: .jsonl, .csv, .tsv, .parquet, or a .txt with one per line.",
)
@click.option("--out", type=_path, required=True, help="File to write.")
@click.option(
    "--format",
    "form",
    type=click.Choice([_JSONL, _LABEL_STUDIO]),
    help="Form of --out. Default: label-studio for .json, else jsonl.",
)
@click.option("--text-column", default="text", show_default=True, help="Key or column of the text.")
@click.option(
    "--id-column",
    default="id",
    show_default=True,
    help="Key or column of the id. Default without it: the number of the row.",
)
@click.option(
    "--max-chars", type=click.IntRange(0), default=0, help="Answer longer texts in windows of sentences, joined again."
)
@click.option("--stride", type=click.IntRange(0), default=0, help="With --max-chars: characters that windows share.")
@backend_options
def annotate(
    run: Path,
    input_path: Path,
    out: Path,
    form: str | None,
    text_column: str,
    id_column: str,
    max_chars: int,
    stride: int,
    quiet: bool,
    **settings: Any,
) -> None:
    """Annotate the texts of a file: JSON lines, or tasks with predictions for Label Studio.

    RUN is a run folder, or the repository org/name of a pushed run. A call that was killed continues when it is
    repeated. For Label Studio, the rows are kept in a .jsonl file, and its labelling configuration is written as .xml.
    """
    from sde_datasets.utils.progress import Progress

    options, progress = generation_options(settings), Progress(quiet)
    require_engine_packages(options.engine)
    from sde_datasets.prediction.documents import WindowSize
    from sde_datasets.prediction.predictions import PredictionRequest, predict

    form = form or (_LABEL_STUDIO if out.suffix == ".json" else _JSONL)
    rows = out.with_suffix(".jsonl") if form == _LABEL_STUDIO else out
    if form == _LABEL_STUDIO and rows == out:
        raise UsageError("--format label-studio writes one JSON file: give an --out that ends in .json")
    request = PredictionRequest(
        input=input_path,
        out=rows,
        text_column=text_column,
        id_column=id_column,
        window=WindowSize(max_chars, stride),
    ).validated()
    path = predict(run, request, options, open_backend(run, options, settings, progress), progress)
    if form == _LABEL_STUDIO:
        from sde_datasets.prediction.label_studio import write_tasks
        from sde_datasets.runs.run_folder import RunFolder

        with rows.open(encoding="utf-8") as lines:
            annotated = map(json.loads, lines)
            path = write_tasks(annotated, out, RunFolder.open(run).read_template().schema, run.absolute().name)
    click.echo(path)


@click.command()
@click.argument("run", type=_path)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Port of the server.")
@click.option("--text", default="Your text.", show_default=True, help="Text of the request that is shown.")
def serve(run: Path, port: int, text: str) -> None:
    """Print the commands that serve the model of a RUN with vLLM and llama.cpp, and a request to it."""
    require_training_packages("torch", "transformers")
    from sde_datasets.prediction.serve_commands import serve_commands

    click.echo(str(serve_commands(run, port, text)))
