"""A model that is overfitted on 16 short samples says them again: the whole chain from data to score is right.

pytest tests/train/test_overfit.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sde_datasets.build import build
from sde_datasets.plan import source_plan
from sde_datasets.train.evaluate import evaluate
from sde_datasets.train.how import How
from sde_datasets.train.options import Options
from sde_datasets.train.predict import Asked
from sde_datasets.train.predictor import Predictor
from sde_datasets.train.run import train

GENES, CELLS = ("IL-2", "p50", "c-fos", "AP-1"), ("T cells", "Jurkat cells", "B cells", "HeLa cells")
FOODS, HOSTS = ("tuna", "soup", "bread", "cake"), ("kind", "rude", "slow", "calm")
LABEL = {"kind": "positive", "calm": "positive", "rude": "negative", "slow": "neutral"}


def mentions() -> list[dict]:
    """A gene in cells; of every fourth text the cells alone."""
    rows = []
    for i, (gene, cell) in enumerate((gene, cell) for gene in GENES for cell in CELLS):
        text = f"{gene} in {cell}." if i % 4 else f"no gene in {cell}."
        said = [{"target": "cell_type", "mention": cell}]
        said += [{"target": "protein", "mention": gene}] if i % 4 else []
        rows.append({"id": f"m{i}", "text": text, "split": "train", "annotations": said})
    return rows


def labels() -> list[dict]:
    """What the tuna was like, and whoever brought it."""
    rows = []
    for i, (food, host) in enumerate((food, host) for food in FOODS for host in HOSTS):
        first = f"good {food}" if i % 2 else f"a {food}"
        said = [{"target": "service", "label": LABEL[host], "evidence": [len(first) + 2, len(first) + 7 + len(host)]}]
        said += [{"target": "food", "label": "positive", "evidence": [0, len(first)]}] if i % 2 else []
        rows.append({"id": f"l{i}", "text": f"{first}, they {host}", "split": "train", "annotations": said})
    return rows


@pytest.fixture(scope="module")
def corpora(tmp_path_factory, quiet) -> Path:
    """Both corpora under the designs of the tests, each in a folder of its own."""
    work = tmp_path_factory.mktemp("overfit")
    for task, rows in (("ner", mentions()), ("mabsa", labels())):
        path = work / f"{task}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        designs = tuple(f"{form}-text{cot}-noinst" for form in FORMATS for cot in ("", "-cot"))
        build(source_plan([f"jsonl={path}"], task, designs=designs), work / task, workers=1, progress=quiet)
    return work


FORMATS = ("natural", "lines", "json", "list")


# every format with and without reasoning; of each format one kind of task with it and the other without
CASES = [
    (("ner", "mabsa")[(i + j) % 2], form, cot) for i, form in enumerate(FORMATS) for j, cot in enumerate(("", "-cot"))
]


@pytest.mark.parametrize("task, form, cot", CASES)
def test_sixteen_samples_are_answered_exactly(corpora, models, quiet, tmp_path, task, form, cot):
    config = f"{task}-{form}-text{cot}-noinst"
    options = Options(
        config=config,
        data=str(corpora / task),
        model=str(models / "llama"),
        full=True,
        learning_rate=4e-3,
        schedule="cosine",
        warmup=0.1,
        batch_size=16,
        steps=170,
        out=str(tmp_path / "run"),
    )
    train(options, progress=quiet)
    answers = Predictor(tmp_path / "run").answers
    scores, path = evaluate(tmp_path / "run", Asked(split="train"), How(), answers, {}, quiet)
    said = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert all(value["value"] == 1 for name, value in scores["headline"].items() if name != "format_error_rate")
    assert scores["format_errors"]["error_rate"] == 0 and not scores["defects"]
    assert {row["stop"] for row in said} == {"end"} and len(said) == 16
