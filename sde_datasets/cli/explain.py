"""The command `explain`. PyTorch and other heavy packages are imported inside the command."""

from __future__ import annotations

from pathlib import Path

import click

from sde_datasets.errors import UsageError

_path = click.Path(path_type=Path)


@click.command()
@click.argument("folder", type=_path)
@click.option("--endpoint", metavar="URL", help="A server with OpenAI's protocol (address up to /v1).")
@click.option("--model", default="", help="With --endpoint: its model. Default: the first one it lists.")
@click.option("--run", type=_path, help="Instead of a server: a run folder, or the repository of a pushed run.")
@click.option("--zero-shot", is_flag=True, help="With --run: the model before training answers.")
@click.option(
    "--replace",
    "replaced",
    multiple=True,
    type=click.Choice(["context", "extracted", "generated"]),
    help="Also ask for descriptions of this origin; may be repeated.",
)
@click.option("--concurrency", type=click.IntRange(1), default=8, show_default=True, help="Requests at a time.")
@click.option(
    "--api-key-name", default="OPENAI_API_KEY", show_default=True, help="Environment variable with the API key."
)
@click.option("--quiet", is_flag=True, help="Show no progress.")
def explain(
    folder: Path,
    endpoint: str | None,
    model: str,
    run: Path | None,
    zero_shot: bool,
    replaced: tuple[str, ...],
    concurrency: int,
    api_key_name: str,
    quiet: bool,
) -> None:
    """Ask a model for a description of every annotation of a built FOLDER that has none.

    An answer is kept if it quotes the text, is short and names no other label. Kept answers have the origin
    "generated", and the card names the model, the question and the share of answers that were kept. A call that was
    killed continues when it is repeated.
    """
    from sde_datasets.cli.predict import require_training_packages
    from sde_datasets.explanation.explain import explain as explain_folder
    from sde_datasets.explanation.models import run_model, server_model
    from sde_datasets.utils.progress import Progress

    if bool(endpoint) == bool(run):
        raise UsageError("give --endpoint URL, or --run RUN")
    if zero_shot and not run:
        raise UsageError("--zero-shot needs --run: a server decides itself which model answers")
    if endpoint:
        answering = server_model(endpoint, model, concurrency, api_key_name)
    else:
        require_training_packages("torch", "transformers", "peft")
        assert run is not None
        answering = run_model(run, zero_shot)
    found = explain_folder(folder, answering, frozenset(("none", *replaced)), Progress(quiet))
    if not found:
        click.echo(f"{folder}: every annotation has a description")
    for view, generated in found.items():
        click.echo(f"{view}: {generated.share} annotations described{generated.reasons}")
