"""Presets of LoRA: default hyperparameters for models of the paper's size and for small ones."""

from __future__ import annotations

from dataclasses import replace

from sde_datasets.errors import InputError
from sde_datasets.runs.loading import parameter_count
from sde_datasets.runs.options import SMALL_MODEL, TrainingOptions
from sde_datasets.utils.progress import Progress


def with_preset(options: TrainingOptions, progress: Progress) -> TrainingOptions:
    """Return resolved options with the hyperparameters of a preset; without one, the size of the model decides.

    A line shows them. Options of other methods are returned as they are. Raises UsageError.
    """
    if options.method != "lora":
        return options
    reason = ""
    if options.preset is None:
        preset, reason = _preset_of(options)
        options = replace(options, preset=preset).resolved()
    chosen = options.hyperparameters
    length = f"{options.steps:,} steps" if options.steps else f"{chosen.epochs:g} epochs"
    progress.line(
        f"preset {options.preset}{reason}: LoRA rank {chosen.lora_rank}, learning rate {chosen.learning_rate:g} "
        f"({chosen.schedule}, warm-up {chosen.warmup:g}), batches of {chosen.batch_size}, {length}"
    )
    return options


def _preset_of(options: TrainingOptions) -> tuple[str, str]:
    """Return the preset for a model, and the reason."""
    try:
        count = parameter_count(options.model, options.model_revision)
    except InputError:
        # whatever is wrong with the model is reported when it is loaded
        return "paper", ""
    return "small" if count < SMALL_MODEL else "paper", f" ({count / 1e9:.2g} billion parameters)"
