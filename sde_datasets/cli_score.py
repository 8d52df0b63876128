"""The commands that score and compare. Heavy things are imported inside the command that needs them."""

from __future__ import annotations

from pathlib import Path

import click

from sde_datasets.errors import UsageError
from sde_datasets.printing import print_rich


@click.command()
@click.argument("predictions", type=click.Path(path_type=Path))
@click.option("--data", metavar="FOLDER|ORG/NAME", help="Gold: a built folder, or a repository on the Hub.")
@click.option("--config", default="", help="With --data: the config that was asked of the model.")
@click.option("--split", default="test", show_default=True, help="With --data: the split.")
@click.option("--revision", help="With --data: the branch, tag or commit of the repository.")
@click.option("--task", default="", help="With --data: the TOML file of a task of yours, for its weights and aliases.")
@click.option("--partial", is_flag=True, help="With --data: score only the samples that have a prediction.")
@click.option("--design", help="Without --data: the design of the completions, such as lines-text-cot.")
@click.option("--schema", type=click.Path(path_type=Path), help="Without --data: schema.json, task and targets.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write scores.json here.")
@click.option("--html", "html_path", type=click.Path(path_type=Path), help="Write a report of one page here.")
@click.option("--resamples", type=click.IntRange(0), default=1000, show_default=True, help="For the intervals.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="For the intervals.")
@click.option("--quiet", is_flag=True, help="No progress.")
def score(predictions: Path, json_path: Path | None, html_path: Path | None, quiet: bool, **asked) -> None:
    """Score the answers in PREDICTIONS, JSON lines of a model's predictions, against gold.

    With --data each line has "id" and "prediction". Without, it has "completion" (or "target") and "prediction".
    """
    from sde_datasets.manifest import write_text
    from sde_datasets.progress import Progress
    from sde_datasets.score.page import page
    from sde_datasets.score.scores_file import scores_text
    from sde_datasets.score.terminal import scores_table

    scores = _score(predictions, Progress(quiet), **asked)
    print_rich(scores_table(scores))
    for path, write in ((json_path, scores_text), (html_path, page)):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, write(scores))


def _score(path: Path, progress, data, config, split, revision, task, partial, design, schema, **how) -> dict:
    from sde_datasets.designs import find_design
    from sde_datasets.score.gold_source import GoldSource
    from sde_datasets.score.rules import Rules
    from sde_datasets.score.run import score_data, score_pairs

    if data and (design or schema):
        raise UsageError("--design and --schema are for predictions without --data, whose samples carry both")
    if data:
        source = GoldSource.of(data, config, split, revision)
        return score_data(path, source, task=task, partial=partial, progress=progress, **how)
    if config or revision or task or partial:
        raise UsageError("--config, --revision, --task and --partial go with --data")
    if not design or not schema:
        raise UsageError("give --data and --config, or --design and --schema")
    return score_pairs(path, find_design(design), Rules.read(schema), progress=progress, **how)


@click.command()
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the comparison here.")
@click.option("--resamples", type=click.IntRange(1), default=1000, show_default=True, help="For the intervals.")
@click.option("--permutations", type=click.IntRange(1), default=10_000, show_default=True, help="For the p-values.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
def compare(a: Path, b: Path, json_path: Path | None, **how: int) -> None:
    """Compare two scores.json of the same samples: the paired difference B - A of each headline figure."""
    import json

    from sde_datasets.manifest import write_text
    from sde_datasets.score.compare import compare as run
    from sde_datasets.score.scores_file import read_scores
    from sde_datasets.score.terminal import comparison_table

    comparison = run(read_scores(a), read_scores(b), **how)
    print_rich(comparison_table(comparison))
    if json_path is not None:
        write_text(json_path, json.dumps(comparison, ensure_ascii=False, indent=1) + "\n")
