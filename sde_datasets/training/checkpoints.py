"""Checkpoints: the complete state of training, written atomically and restored exactly.

Accelerate writes optimizer, schedule and random states. This module writes the weights, under the names of the modules:
`save_pretrained` may convert names for the Hub, and a restored model must not lack any weight.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from safetensors.torch import load_file, save_file

from sde_datasets.errors import InputError, summary
from sde_datasets.runs.errors import check_checkpoint, unusable_checkpoint
from sde_datasets.runs.run_folder import CHECKPOINT, STAGE, RunFolder
from sde_datasets.utils.files import replace_dir

WEIGHTS = "weights.safetensors"
# an arbitrary seed
_MARKER_SEED = 0x5DE


class Checkpoints:
    """Write and restore the checkpoints of a run folder."""

    def __init__(self, accelerator: Accelerator, folder: RunFolder, keep: int) -> None:
        """keep: the number of newest checkpoints that are kept."""
        self._accelerator, self._folder, self._keep = accelerator, folder, keep
        accelerator.register_save_state_pre_hook(self._save_weights)
        accelerator.register_load_state_pre_hook(self._load_weights)

    def save(self, step: int) -> None:
        """Write the checkpoint of a step in a working folder, and rename it when it is complete."""
        name = f"{CHECKPOINT}{step}"
        stage = self._folder.path / STAGE
        self._accelerator.save_state(str(stage / name))
        self._accelerator.wait_for_everyone()
        if self._accelerator.is_main_process:
            replace_dir(stage / name, self._folder.path / name)
            shutil.rmtree(stage)
            for old in self._folder.checkpoints()[: -self._keep]:
                shutil.rmtree(old)
        self._accelerator.wait_for_everyone()

    def restore(self, checkpoint: Path) -> None:
        """Restore a checkpoint. Raises InputError if a part is missing or cannot be read."""
        check_checkpoint(checkpoint)
        # accelerate ignores random states that it cannot read: then this state is unchanged afterwards
        marker = torch.Generator().manual_seed(_MARKER_SEED).get_state()
        torch.set_rng_state(marker)
        try:
            self._accelerator.load_state(str(checkpoint))
        except InputError:
            raise
        except Exception as error:
            # a broken file may raise any error, also those of its format
            raise unusable_checkpoint(checkpoint, summary(error)) from error
        if torch.equal(torch.get_rng_state(), marker):
            raise unusable_checkpoint(checkpoint, "its random states cannot be read")

    def _save_weights(self, models: list[Any], weights: list[dict], output_dir: str) -> None:
        """Write the trained weights instead of what accelerate would write. FSDP writes its own."""
        if not weights:
            return
        weights.clear()
        if self._accelerator.is_main_process:
            save_file(trained_weights(self._accelerator.unwrap_model(models[0])), Path(output_dir) / WEIGHTS)

    def _load_weights(self, models: list[Any], input_dir: str) -> None:
        if not models:
            return
        path = Path(input_dir) / WEIGHTS
        restore_weights(self._accelerator.unwrap_model(models.pop()), load_file(path), path)


def trained_weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Return the trained parameters (tied ones once) and the buffers, by the names of the modules."""
    state = model.state_dict()
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    buffers = state.keys() - {name for name, _ in model.named_parameters(remove_duplicate=False)}
    return {name: state[name].contiguous() for name in state if name in trained or name in buffers}


def restore_weights(model: torch.nn.Module, weights: dict[str, torch.Tensor], path: Path) -> None:
    """Restore the output of `trained_weights`. Raises InputError for a missing, unknown or misshapen weight."""
    current = trained_weights(model)
    if differs := sorted(current.keys() ^ weights.keys()):
        problem = "lacks the" if differs[0] in current else "has the unknown"
        raise unusable_checkpoint(path.parent, f"{path.name} {problem} weight {differs[0]}")
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name not in weights:
                continue
            if tensor.shape != weights[name].shape:
                raise unusable_checkpoint(path.parent, f"{path.name} has {name} of another shape")
            tensor.copy_(weights[name])
