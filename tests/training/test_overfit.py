"""A model overfitted on 16 short samples repeats them: the whole chain from data to score is correct.

pytest tests/training/test_overfit.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sde_datasets.building.pipeline import build
from sde_datasets.ingest.source_plan import source_plan
from sde_datasets.prediction.completion import Backend
from sde_datasets.prediction.evaluate import evaluate
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.predictions import PredictionRequest
from sde_datasets.prediction.predictor import Predictor
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.training.loop import train

pytestmark = pytest.mark.slow

GENES, CELLS = ("IL-2", "p50", "c-fos", "AP-1"), ("T cells", "Jurkat cells", "B cells", "HeLa cells")
FOODS, HOSTS = ("tuna", "soup", "bread", "cake"), ("kind", "rude", "slow", "calm")
LABEL = {"kind": "positive", "calm": "positive", "rude": "negative", "slow": "neutral"}


def mentions() -> list[dict]:
    """A gene in cells; of every fourth text the cells alone."""
    rows = []
    for i, (gene, cell) in enumerate((gene, cell) for gene in GENES for cell in CELLS):
        text = f"{gene} in {cell}." if i % 4 else f"no gene in {cell}."
        annotations = [{"target": "cell_type", "mention": cell}]
        annotations += [{"target": "protein", "mention": gene}] if i % 4 else []
        rows.append({"id": f"m{i}", "text": text, "split": "train", "annotations": annotations})
    return rows


def labels() -> list[dict]:
    """What the tuna was like, and whoever brought it."""
    rows = []
    for i, (food, host) in enumerate((food, host) for food in FOODS for host in HOSTS):
        first = f"good {food}" if i % 2 else f"a {food}"
        annotations = [
            {"target": "service", "label": LABEL[host], "evidence": [len(first) + 2, len(first) + 7 + len(host)]}
        ]
        annotations += [{"target": "food", "label": "positive", "evidence": [0, len(first)]}] if i % 2 else []
        rows.append({"id": f"l{i}", "text": f"{first}, they {host}", "split": "train", "annotations": annotations})
    return rows


@pytest.fixture(scope="module")
def short_samples(tmp_path_factory, quiet) -> Path:
    """Both corpora under the designs of the tests, each in a folder of its own."""
    work = tmp_path_factory.mktemp("overfit")
    for task, rows in (("ner", mentions()), ("mabsa", labels())):
        path = work / f"{task}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        designs = tuple(f"{form}-text{reasoning}-noinst" for form in FORMATS for reasoning in ("", "-cot", "-post"))
        build(source_plan([f"jsonl={path}"], task, designs=designs), work / task, workers=1, progress=quiet)
    return work


FORMATS = ("natural", "lines", "json", "list")


# every format with and without reasoning; of each format one kind of task with it and the other without
CASES = [
    (("ner", "mabsa")[(i + j) % 2], form, cot) for i, form in enumerate(FORMATS) for j, cot in enumerate(("", "-cot"))
]


@pytest.mark.parametrize("task, form, cot", CASES)
def test_overfitted_model_answers_sixteen_samples_exactly(short_samples, models, quiet, tmp_path, task, form, cot):
    answers = overfitted(short_samples, models, quiet, tmp_path / "run", task, f"{form}-text{cot}-noinst")
    assert {row["stop"] for row in answers} == {"end"} and len(answers) == 16


def test_generation_stops_after_the_answer_unless_reasons_are_requested(short_samples, models, quiet, tmp_path):
    plain = overfitted(short_samples, models, quiet, tmp_path / "run", "mabsa", "lines-text-post-noinst")
    assert not [row for row in plain if "\n\n" in row["prediction"]]
    assert [row["prediction"] for row in evaluated(tmp_path / "run", GenerationOptions(engine="generate"), quiet)] == [
        row["prediction"] for row in plain
    ]
    complete = evaluated(tmp_path / "run", GenerationOptions(stop_after="reasons"), quiet)
    texts = {row["id"]: row["prediction"] for row in complete}
    assert all(texts[row["id"]].startswith(row["prediction"]) for row in plain)
    assert any('food: "good tuna"' in text.partition("\n\n")[2] for text in texts.values())


def overfitted(data, models, quiet, run, task, design) -> list[dict]:
    """The answers of a model that is trained on the samples of a design until it repeats them."""
    options = TrainingOptions(
        config=f"{task}-{design}",
        data=str(data / task),
        model=str(models / "llama"),
        full=True,
        learning_rate=4e-3,
        schedule="cosine",
        warmup=0.1,
        batch_size=16,
        steps=170,
        out=str(run),
    )
    train(options, progress=quiet)
    return evaluated(run, GenerationOptions(), quiet)


def evaluated(run, options, quiet) -> list[dict]:
    """The answers of a run to its training samples, all of them right."""
    backend = Backend(Predictor(run, options).generate)
    request = PredictionRequest(split="train")
    scores, path = evaluate(run, request, options, backend, quiet)
    answers = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert all(figure.value == 1 for name, figure in scores.headline.items() if name != "format_error_rate")
    assert scores.format_errors.error_rate.value == 0 and not scores.defects
    return answers
