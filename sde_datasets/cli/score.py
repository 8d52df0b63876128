"""The commands `score` and `compare`. Slow imports are inside the functions that need them."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sde_datasets.errors import UsageError
from sde_datasets.utils.console import print_rich

if TYPE_CHECKING:
    from sde_datasets.scoring.sample_table import SampleTable
    from sde_datasets.scoring.scores import Scores
    from sde_datasets.utils.progress import Progress


@click.command()
@click.argument("predictions", type=click.Path(path_type=Path))
@click.option("--data", metavar="FOLDER|ORG/NAME", help="Gold: a built folder, or a repository on the Hub.")
@click.option("--config", default="", help="With --data: the config with which the model was prompted.")
@click.option("--split", default="test", show_default=True, help="With --data: the split.")
@click.option("--revision", help="With --data: the branch, tag or commit of the repository.")
@click.option("--task", default="", help="With --data: a TOML file of your own task, for its weights and aliases.")
@click.option("--partial", is_flag=True, help="With --data: score only the samples that have a prediction.")
@click.option("--design", help="Without --data: the design of the completions, such as lines-text-cot.")
@click.option("--schema", type=click.Path(path_type=Path), help="Without --data: schema.json with task and targets.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write all scores to this JSON file.")
@click.option("--html", "html_path", type=click.Path(path_type=Path), help="Write a report to this HTML file.")
@click.option(
    "--csv", "csv_path", type=click.Path(path_type=Path), help="Write a row for each sample to this CSV file."
)
@click.option("--resamples", type=click.IntRange(0), default=1000, show_default=True, help="Bootstrap resamples.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of the bootstrap.")
@click.option(
    "--normalise", is_flag=True, help="Mention tasks: compare after NFKC, without blanks and hyphens (all ignore case)."
)
@click.option("--by", multiple=True, metavar="COLUMN", help="Show figures by the values of a column. Can be repeated.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def score(
    predictions: Path,
    json_path: Path | None,
    html_path: Path | None,
    csv_path: Path | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Score the answers in PREDICTIONS, a JSON Lines file of a model's predictions, against gold.

    With --data each line has "id" and "prediction". Without, it has "completion" (or "target") and "prediction".
    """
    from sde_datasets.scoring.report_html import page
    from sde_datasets.scoring.report_terminal import scores_table
    from sde_datasets.scoring.sample_table import SampleTable
    from sde_datasets.scoring.scores_file import scores_text
    from sde_datasets.utils.files import write_text
    from sde_datasets.utils.progress import Progress

    with SampleTable.open(csv_path) if csv_path else nullcontext() as table:
        scores = _score(predictions, Progress(quiet), table, **options)
    print_rich(scores_table(scores))
    for path, text_of in ((json_path, scores_text), (html_path, page)):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, text_of(scores))


def _score(
    path: Path,
    progress: Progress,
    table: SampleTable | None,
    *,
    data: str | None,
    config: str,
    split: str,
    revision: str | None,
    task: str,
    partial: bool,
    design: str | None,
    schema: Path | None,
    resamples: int,
    seed: int,
    normalise: bool,
    by: tuple[str, ...],
) -> Scores:
    from sde_datasets.dataset.split import SplitSource
    from sde_datasets.designs.design import get_design
    from sde_datasets.scoring.api import score_data, score_pairs
    from sde_datasets.scoring.settings import ScoringSettings

    if data and (design or schema):
        raise UsageError("--design and --schema are for predictions without --data, whose samples carry both")
    if data:
        source = SplitSource.open(data, config, split, revision)
        return score_data(
            path,
            source,
            task=task,
            partial=partial,
            resamples=resamples,
            seed=seed,
            normalise=normalise,
            by=by,
            progress=progress,
            table=table,
        )
    if config or revision or task or partial:
        raise UsageError("--config, --revision, --task and --partial go with --data")
    if not design or not schema:
        raise UsageError("give --data and --config, or --design and --schema")
    settings = ScoringSettings.read(schema).with_options(normalise, by)
    options: dict[str, Any] = {"resamples": resamples, "seed": seed, "progress": progress, "table": table}
    return score_pairs(path, get_design(design), settings, **options)


@click.command()
@click.argument("scores", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the comparison to this JSON file.")
@click.option("--plot", "plot_path", type=click.Path(path_type=Path), help="Plot the differences: .png, .svg or .pdf.")
@click.option("--resamples", type=click.IntRange(1), default=1000, show_default=True, help="Bootstrap resamples.")
@click.option(
    "--permutations", type=click.IntRange(1), default=10_000, show_default=True, help="Of the permutation test."
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Seed of bootstrap and permutations."
)
def compare(scores: tuple[Path, ...], json_path: Path | None, plot_path: Path | None, **options: Any) -> None:
    """Compare SCORES, two or more scores.json of the same samples: the paired differences from the first.

    With more than two, p-values are corrected for the number of comparisons (Holm).
    """
    import json

    from sde_datasets.scoring.compare import compare_all
    from sde_datasets.scoring.comparison_plot import check_plot_path, write_plot
    from sde_datasets.scoring.comparison_terminal import comparison_table, comparisons_table
    from sde_datasets.scoring.scores_file import read_scores
    from sde_datasets.utils.files import write_text

    if plot_path is not None:
        check_plot_path(plot_path)
    if len(set(scores)) < len(scores):
        raise UsageError("a file is given twice: give each scores.json once")
    result = compare_all({str(path): read_scores(path) for path in scores}, **options)
    single = result.comparisons[0] if len(result.comparisons) == 1 else None
    print_rich(comparison_table(single) if single else comparisons_table(result))
    if json_path is not None:
        content = (single or result).to_json()
        write_text(json_path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    if plot_path is not None:
        write_plot(result, plot_path)
