"""The task of an exported config for Inspect: its task.py makes it.

The score of a sample is whether the answer is right (1 or 0); its metadata has the counts of the sample. The metrics
are figures of the corpus, computed from the sum of the counts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from inspect_ai import Task
from inspect_ai.dataset import Sample, json_dataset
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer
from inspect_ai.solver import TaskState, generate, system_message

from sde_datasets.designs.design import get_design
from sde_datasets.formats import answer_format
from sde_datasets.records.schema import Schema
from sde_datasets.scoring.sample_counts import SampleCounts
from sde_datasets.scoring.settings import ScoringSettings
from sde_datasets.scoring.single_answers import corpus_figures, count_answer, figure_names

_COUNTS = "counts"


def config_task(folder: Path) -> Task:
    """Return the task of an exported folder: its samples, the design and schema of config.json, and the scorer."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    schema = Schema.from_dict(config["schema"], str(folder / "config.json"))
    system = [system_message(config["system"])] if config["system"] else []
    return Task(
        name=config["config"],
        dataset=json_dataset(str(folder / "samples.jsonl"), sample_fields=_sample, name=config["config"]),
        solver=[*system, generate()],
        scorer=answer_scorer(config["design"], schema),
        config=GenerateConfig(temperature=0, max_tokens=config["max_tokens"]),
    )


def _sample(row: dict[str, Any]) -> Sample:
    gold = {name: row[name] for name in ("source_text", "annotations")}
    return Sample(input=row["prompt"], target=row["completion"], id=row["id"], metadata=gold)


def answer_scorer(design: str, schema: Schema) -> Scorer:
    """Return a scorer of answers under a design; its metrics are the headline figures of `sde-datasets score`."""
    settings = ScoringSettings.of(schema)
    read = answer_format(get_design(design).answer, schema, settings.aliases).read
    carried = {"design": design, "schema": schema.to_json()}
    metrics = [_figure(name, settings) for name in figure_names(schema.kind)]

    @scorer(metrics=metrics, name="sde")
    def sde() -> Scorer:
        async def score(state: TaskState, target: Target) -> Score:
            answer = state.output.completion
            row = {"id": str(state.sample_id), "completion": target.text, **carried}
            counts = count_answer(row | {name: state.metadata[name] for name in ("source_text", "annotations")}, answer)
            parsed = read(answer, state.metadata["source_text"])
            defects = ", ".join(defect.name for defect in parsed.defects)
            return Score(
                value=float(counts.is_right),
                answer=answer,
                explanation=f"read: {parsed.values}" + (f"; defects: {defects}" if defects else ""),
                metadata={_COUNTS: counts.to_json()},
            )

        return score

    return sde()


def _figure(name: str, settings: ScoringSettings) -> Metric:
    """Return the metric of a headline figure; NaN where it is undefined."""

    @metric(name=name)
    def figure() -> Metric:
        def compute(scores: list[SampleScore]) -> float:
            counts = [SampleCounts.from_json((score.score.metadata or {})[_COUNTS]) for score in scores]
            return corpus_figures(counts, settings)[name]

        return compute

    return figure()
