"""A run folder of an untrained model: prompts, limits of answers and tokenizer as for training, and no steps."""

from __future__ import annotations

import shutil
from pathlib import Path

from transformers.utils import logging

from sde_datasets.runs.errors import memory_hint, translate_runtime_errors
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.runs.run_folder import TOKENS, RunFolder
from sde_datasets.training.presets import with_preset
from sde_datasets.training.setup import prepare
from sde_datasets.utils.files import atomic_dir
from sde_datasets.utils.progress import Progress


def prepare_untrained(options: TrainingOptions, progress: Progress) -> RunFolder:
    """Write a run folder that answers with the base model (`zero_shot`, `shots`); it has no weights.

    The samples of `train_size` decide the limit of an answer. Raises InputError, UsageError.
    """
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    options = with_preset(options.resolved(), progress)
    folder = RunFolder(Path(options.out))
    with folder.locked(), translate_runtime_errors(options.out, memory_hint(options), "the same command"):
        if folder.model.is_dir():
            return folder
        folder.remove_leftovers()
        setup = prepare(folder, options, False, progress)
        shutil.rmtree(folder.path / TOKENS)
        with atomic_dir(folder.model) as part:
            setup.tokenizer.save_pretrained(part)
    return folder
