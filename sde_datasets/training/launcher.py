"""Refuse what a launcher asks of accelerate and cannot work, before the processes wait for each other."""

from __future__ import annotations

import os

import torch
from accelerate.utils import parse_flag_from_env

from sde_datasets.errors import UsageError
from sde_datasets.runs.options import TrainingOptions


def check_launcher(options: TrainingOptions) -> None:
    """Raise UsageError for DeepSpeed, and for FSDP on CPUs and with options that need the whole model."""
    if parse_flag_from_env("ACCELERATE_USE_DEEPSPEED"):
        raise UsageError(
            "DeepSpeed is not supported: its engine takes the steps of the optimizer itself, which cannot be tested "
            "without a GPU. Use FSDP (distributed_type: FSDP), or --accumulation on fewer devices"
        )
    if not parse_flag_from_env("ACCELERATE_USE_FSDP"):
        return
    if not torch.accelerator.is_available():
        raise UsageError("accelerate divides a model by FSDP on GPUs only, and none is available: launch without FSDP")
    if options.find_batch_size:
        raise UsageError(
            "--find-batch-size is not for FSDP: when one process runs out of memory, the others wait for its weights. "
            "Give --accumulation"
        )
    if options.eval_every and os.environ.get("FSDP_VERSION", "1") != "2":
        raise UsageError("--eval-every needs version 2 of FSDP: set fsdp_version: 2 in the configuration of accelerate")
