"""A launcher that writes what a run of a known world gives, instead of training a model.

The answers of a run are right for a share of the targets that grows with the number of samples and depends on the
design. So a race has something to find, and takes seconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from sde_datasets.dataset.manifest import Manifest
from sde_datasets.runs.options import TrainingOptions, options_toml
from sde_datasets.study.execute import CellJob, training_options
from sde_datasets.study.folder import TRAINING, write_json
from sde_datasets.study.launch import Outcome, Outcomes, record_failure
from sde_datasets.utils.files import write_text

# options of a design and what each adds to the share of right answers
BONUS = {"lines": 0.10, "json": 0.05, "inst-last": -0.05, "ou": 0.03, "cot": -0.08, "num": -0.04}


def skill(job: CellJob) -> float:
    """The share of targets that a run answers right by more than chance."""
    marks = job.cell.design.split("-")
    bonus = sum(BONUS.get(mark, 0.0) for mark in marks) - 0.05 * job.cell.prompt_weight
    return float(np.clip(0.75 + bonus - 3 / job.cell.size**0.5, 0, 1))


@dataclass
class World:
    """The launcher.

    parsed: the share of answers in the right form. varied: whether answers that are not right are drawn, or all the
    same. stop_after: runs until it is killed.
    """

    skill: Callable[[CellJob], float] = skill
    parsed: float = 1.0
    varied: bool = True
    stop_after: int = 10**9
    fails: Callable[[CellJob], str] = lambda job: ""
    ran: list[str] = field(default_factory=list)

    def __call__(self, jobs: Sequence[CellJob]) -> Outcomes:
        for job in jobs:
            if len(self.ran) >= self.stop_after:
                raise KeyboardInterrupt
            self.ran.append(job.cell.name)
            if reason := self.fails(job):
                record_failure(job, reason)
                yield Outcome(job, 1.0, reason)
                continue
            job.folder.start(job.cell)
            self._write(job)
            yield Outcome(job, 1.0)

    def _write(self, job: CellJob) -> None:
        cell, (evaluation,) = job.cell, job.cell.evaluations
        options: TrainingOptions = training_options(job)
        job.folder.run.mkdir(parents=True, exist_ok=True)
        write_text(job.folder.run / "run.toml", options_toml(options))
        write_json(job.folder.path / TRAINING, {"seconds": cell.size / 10, "tokens": 30 * 130 * cell.size})
        ids, gold, classes = validation(Path(job.data.address), evaluation.view)
        if evaluation.limit:
            ids, gold = ids[: evaluation.limit], gold[: evaluation.limit]
        answers = self._answers(job, gold, classes)
        errors = _random("errors", cell.name).random(len(ids)) >= self.parsed
        answers[errors] = classes - 1
        result = {
            "format": 1,
            "kind": "answers",
            "task": "label",
            "figures": {"kappa": 0.0},
            "tokens": 10 * len(ids),
            "prompt_tokens": 50 * len(ids),
            "classes": classes,
            "weights": None,
            "targets": [f"target {number}" for number in range(gold.shape[1])],
            "ids": ids,
            "errors": errors.astype(int).tolist(),
            "counts": (gold * classes + answers).tolist(),
            "seconds": 2.0,
        }
        write_json(job.folder.result_path(evaluation), result)

    def _answers(self, job: CellJob, gold: np.ndarray, classes: int) -> np.ndarray:
        # the same samples are hard for all designs, as they are for a model
        hard = _random("samples", str(job.cell.seed)).random(gold.shape)
        hard = (0.7 * hard + 0.3 * _random("design", job.cell.name).random(gold.shape)).clip(0, 1)
        random = _random("answers", job.cell.name).integers(0, classes, gold.shape)
        return np.where(hard < self.skill(job), gold, random if self.varied else classes - 1)


def validation(folder: Path, view: str) -> tuple[list[str], np.ndarray, int]:
    """The ids of the validation samples of a view, the class of each of their targets, and the number of classes."""
    manifest = Manifest.load(folder)
    schema = manifest.views[view].schema
    number = {label: place for place, label in enumerate((*schema.labels, schema.placeholder))}
    ids, gold = [], []
    for path in manifest.files(f"{view}-records", "validation"):
        for row in pq.read_table(folder / path).to_pylist():
            values = {one["target"]: one["label"] for one in row["annotations"]}
            ids.append(row["id"])
            gold.append([number[values.get(target, schema.placeholder)] for target in schema.targets])
    return ids, np.array(gold), len(number)


def _random(*words: str) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(hashlib.sha256(" ".join(words).encode()).digest()[:8], "big"))
