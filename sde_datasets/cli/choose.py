"""The command `choose`. Heavy packages are imported inside the command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sde_datasets.cli.build import own_data_options, plan_of_sources
from sde_datasets.cli.predict import require_training_packages
from sde_datasets.cli.study import LAUNCHERS, launcher_of, train_options
from sde_datasets.errors import UsageError
from sde_datasets.utils.console import print_rich

if TYPE_CHECKING:
    from sde_datasets.choosing.request import ChoiceRequest

_path = click.Path(path_type=Path)


@click.command()
@click.option("--data", help="A built folder, org/name, a project file (sde.toml), or bundled.")
@click.option("--view", default="", help="The view to choose for, such as mabsa, if the data have several.")
@click.option("--source", "sources", multiple=True, metavar="[CORPUS=]PATH", help="Raw annotations instead of --data.")
@click.option("--task", default="", help="With --source: ner, ed, mabsa, or the TOML file of your own task.")
@click.option("--language", default="", help="With --source: the language of the texts (en, zh, ...).")
@own_data_options
@click.option("--model", default="", help="Model: hub id, folder, or tiny.")
@click.option("--out", type=_path, help="Folder of the choice. A choice continues in it. Default: choose/VIEW-MODEL.")
@click.option("--budget", default="", metavar="TIME", help="Time for all runs: 30min, 2h.")
@click.option("--budget-tokens", default="", metavar="N", help="Tokens of training, prompts and answers: 500k, 5M.")
@click.option("--budget-runs", type=click.IntRange(0), default=0, metavar="N", help="Number of training runs: 40.")
@click.option("--fix", multiple=True, metavar="AXIS=OPTION", help="Options that designs must have; may be repeated.")
@click.option("--no-cot", is_flag=True, help="No descriptions before or within the answer.")
@click.option("--max-answer-tokens", type=click.IntRange(0), default=0, help="The most tokens of a mean answer.")
@click.option("--min-parse-rate", type=click.FloatRange(0, 1), default=0.0, help="The least share of parsed answers.")
@click.option(
    "--prefer",
    type=click.Choice(("best", "cheap")),
    default="best",
    show_default=True,
    help="Of the designs that cannot be told apart: the one with the best expected score, or the fewest tokens.",
)
@click.option("--train-size", type=click.IntRange(0), default=0, help="Samples of a full run. Default: all.")
@click.option(
    "--validation-size", type=click.IntRange(0), default=300, show_default=True, help="Samples that are scored; 0: all."
)
@click.option("--folds", type=click.IntRange(0), default=0, help="Cross-validation with N folds, for few rows.")
@click.option(
    "--prior",
    type=click.Choice(("none", "paper")),
    default="none",
    show_default=True,
    help="paper: expect the effects that the paper published, weakly.",
)
@click.option(
    "--train-option", "train_words", multiple=True, metavar="KEY=VALUE", help="Option of training for all runs."
)
@click.option("--train", "then_train", is_flag=True, help="Then train the recommended design on all samples.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Runs at a time; cores are divided.")
@click.option("--launcher", type=click.Choice(LAUNCHERS), default="local", show_default=True, help="Where runs run.")
@click.option(
    "--launcher-option", "launcher_options", multiple=True, metavar="KEY=VALUE", help="Option of ray or slurm."
)
@click.option("--batch", type=click.IntRange(1), default=16, show_default=True, help="Answers at a time.")
@click.option("--device", help="cpu, cuda, ... Default: a GPU if there is one.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def choose(jobs: int, batch: int, device: str | None, quiet: bool, then_train: bool, **options: Any) -> None:
    """Choose the sample design to take for your data and your model, within a budget.

    It trains a model under few of the possible designs, first on part of the data and then on all of it, and says which
    design it recommends, how sure that is, and which designs cannot be told from it. A choice that was killed continues
    when the command is repeated.
    """
    request = _request(options)
    require_training_packages("torch", "transformers", "peft", "accelerate", "matplotlib")
    from sde_datasets.choosing.api import run_choice
    from sde_datasets.choosing.finish import train_final
    from sde_datasets.choosing.report.render import terminal
    from sde_datasets.choosing.run_race import Machine
    from sde_datasets.utils.progress import Progress

    out = options["out"] or Path("choose") / "-".join(filter(None, (request.view, Path(request.model).name)))
    machine = Machine(jobs, batch, device, launcher_of(out, options))
    finished, report = run_choice(request, out, machine, Progress(quiet))
    print_rich(terminal(report))
    click.echo(finished.race.folder.report / "choice.html")
    if finished.options is not None:
        click.echo(finished.race.folder.run_file)
    if then_train and (run := train_final(finished, Progress(quiet))) is not None:
        click.echo(run)


def _request(options: dict[str, Any]) -> ChoiceRequest:
    """Return the request of the options. Raises UsageError for options that exclude each other."""
    from sde_datasets.choosing.amount import parse_amount
    from sde_datasets.choosing.request import ChoiceRequest
    from sde_datasets.choosing.wishes import Wishes, parse_fixed

    if bool(options["data"]) == bool(options["sources"]):
        raise UsageError("give --data or --source")
    if options["sources"]:
        data = plan_of_sources(options["sources"], options | {"builders": ()})
    elif any(options[key] for key in ("task", "language", "columns", "labels", "targets", "rename", "options")):
        raise UsageError("--task, --language and the options of own data need --source")
    else:
        data = options["data"]
    wishes = Wishes(
        parse_fixed(options["fix"]),
        options["no_cot"],
        options["max_answer_tokens"],
        options["min_parse_rate"],
        options["prefer"],
    )
    amount = parse_amount(options["budget"], options["budget_tokens"], options["budget_runs"])
    sizes = {name: options[name] for name in ("train_size", "validation_size", "folds", "prior", "view", "model")}
    return ChoiceRequest(
        amount=amount, data=data, wishes=wishes, training=train_options(options["train_words"]), **sizes
    ).checked()
