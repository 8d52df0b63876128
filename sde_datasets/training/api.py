"""Fine-tune a model from Python, as the command `sde-datasets train` does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sde_datasets.runs.options import TrainingOptions
from sde_datasets.training.loop import train as run_training
from sde_datasets.utils.progress import Progress


def train(config: str, *, model: str, resume: bool = False, quiet: bool = True, **options: Any) -> Path:
    """Fine-tune a model on a config and return the run folder, which `Predictor` reads.

    config: a config name such as `mabsa-lines-text-cot`. model: a Hub id, a folder, or `tiny`, a small model trained
        from scratch. options: any other option of `sde-datasets train`, with underscores (`data`, `out`, `epochs`,
        `lora_rank`, ...).
    resume: continue from the last checkpoint in the run folder.

    Raises UsageError for options that do not fit together and InputError for bad data or models.

    >>> import tempfile, sde_datasets as sde
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = sde.train("mabsa-lines-text-ou-noinst", model="tiny", steps=1, train_size=4, out=f"{folder}/run")
    ...     answers = sde.Predictor(run).annotate(["The tuna was great."])
    >>> sorted(answers[0])
    ['annotations', 'defects', 'not_in_text', 'prediction', 'stop', 'text']
    """
    return run_training(TrainingOptions(config, model=model, **options), resume, Progress(quiet)).path
