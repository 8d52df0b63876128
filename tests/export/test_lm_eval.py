"""lm-eval evaluates the tasks of an export; its figures, and the scores of its log of samples, are those of `score`.

pytest tests/export/test_lm_eval.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

import sde_datasets as sde
from sde_datasets.cli.main import main
from sde_datasets.export.harness.lm_eval import TaskMetrics

ROOT = Path(__file__).resolve().parents[2]


def damaged(completion: str, number: int) -> str:
    """The answer of the model in this test: of three gold completions, one without its first line, one cut in half."""
    return [completion, completion.partition("\n")[2], completion[: len(completion) // 2]][number % 3]


def test_the_f1_of_a_corpus_is_not_the_mean_of_the_f1_of_samples():
    metrics = TaskMetrics(sde.schema("ner", targets=["DNA"]))
    items = [(1, 0, 0), (1, 3, 6)]
    assert metrics.aggregation("f1")(items) == pytest.approx(2 * 2 / (4 + 9))
    assert metrics.aggregation("precision")(items) == 2 / 5 and metrics.aggregation("recall")(items) == 2 / 8


@pytest.mark.slow
@pytest.mark.libraries
@pytest.mark.parametrize(
    ("config", "chosen"), [("ner", ["ner-lines-text", "ner-json-text-cot"]), ("mabsa-lines-text", ["mabsa-lines-text"])]
)
def test_figures_and_logged_samples_have_the_scores_of_score(exported, built, tmp_path, config, chosen):
    if find_spec("lm_eval") is None:
        pytest.skip("lm-eval is not installed: it is in the extra exports")
    folder = exported("lm-eval", config=config)
    env = os.environ | {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    command = [sys.executable, "-m", "tests.export.test_lm_eval", str(folder), config, str(tmp_path / "logs")]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-4000:]
    figures = json.loads((tmp_path / "logs" / "figures.json").read_text("utf-8"))
    assert sorted(figures) == sorted(chosen)
    for name in chosen:
        (log,) = (tmp_path / "logs").rglob(f"samples_{name}_*.jsonl")
        arguments = [
            str(log),
            "--data",
            str(built),
            "--config",
            name,
            "--json",
            str(tmp_path / "scores.json"),
            "--quiet",
        ]
        assert CliRunner().invoke(main, ["score", *arguments]).exit_code == 0
        headline = json.loads((tmp_path / "scores.json").read_text("utf-8"))["headline"]
        ours = {metric: figure["value"] for metric, figure in headline.items()}
        assert {metric: figures[name][metric] for metric in ours} == pytest.approx(ours)
        assert 0 < ours["sample_accuracy"] < 1 and ours["format_error_rate"] > 0


def evaluate(folder: str, tasks: str, logs: str) -> None:
    """Evaluate the tasks of an export with a model that knows gold, and write the figures and the log of samples."""
    from lm_eval import simple_evaluate
    from lm_eval.api.model import LM
    from lm_eval.loggers import EvaluationTracker
    from lm_eval.tasks import TaskManager

    class Damaged(LM):
        def generate_until(self, requests, **_):
            assert all(request.args[0] == request.doc["prompt"] for request in requests)
            assert all(request.args[1]["until"] == [] for request in requests)
            return [damaged(request.doc["completion"], number) for number, request in enumerate(requests)]

        def loglikelihood(self, requests, **_):
            raise NotImplementedError

        loglikelihood_rolling = loglikelihood

    manager = TaskManager(include_path=folder, include_defaults=False)
    results = simple_evaluate(Damaged(), tasks=[tasks], task_manager=manager, log_samples=True, bootstrap_iters=0)
    samples = results.pop("samples")
    tracker = EvaluationTracker(output_path=logs)
    tracker.save_results_aggregated(results=results, samples=samples)
    for task, rows in samples.items():
        tracker.save_results_samples(task_name=task, samples=rows)
    figures = {
        task: {name.partition(",")[0]: value for name, value in found.items() if isinstance(value, float)}
        for task, found in results["results"].items()
        if task in samples
    }
    (Path(logs) / "figures.json").write_text(json.dumps(figures), encoding="utf-8")


if __name__ == "__main__":
    evaluate(*sys.argv[1:])
