"""Optimizers by the names that transformers gives them (`--optimizer`), from torch, transformers and bitsandbytes.

The classes are used by their own documented arguments. `TrainingArguments`, by which the Trainer of transformers
chooses them, would replace the state of accelerate.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import torch
from transformers import Adafactor

from sde_datasets.errors import UsageError
from sde_datasets.runs.options import TrainingOptions

_TORCH: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adamw_torch": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
}
# the names of bitsandbytes' classes
_BITSANDBYTES = {
    "adamw_8bit": "AdamW8bit",
    "paged_adamw_32bit": "PagedAdamW32bit",
    "paged_adamw_8bit": "PagedAdamW8bit",
    "lion_32bit": "Lion",
    "lion_8bit": "Lion8bit",
    "paged_lion_8bit": "PagedLion8bit",
    "ademamix": "AdEMAMix",
    "ademamix_8bit": "AdEMAMix8bit",
}


def make_optimizer(model: torch.nn.Module, options: TrainingOptions) -> torch.optim.Optimizer:
    """Create the optimizer of a run; it decays matrices, but not biases and the weights of norms.

    Raises UsageError if its package is not installed.
    """
    parameters = options.hyperparameters
    trained = [tensor for tensor in model.parameters() if tensor.requires_grad]
    groups = [
        {"params": [tensor for tensor in trained if tensor.ndim > 1], "weight_decay": parameters.weight_decay},
        {"params": [tensor for tensor in trained if tensor.ndim < 2], "weight_decay": 0.0},
    ]
    make = optimizer_class(options.optimizer)
    return make([group for group in groups if group["params"]], lr=parameters.learning_rate)


def optimizer_class(name: str) -> Callable[..., torch.optim.Optimizer]:
    """Return what creates the optimizer of a name. Raises UsageError if its package is not installed."""
    if name in _TORCH:
        return _TORCH[name]
    if name == "adafactor":
        return _adafactor
    if find_spec("bitsandbytes") is None:
        install = "pip install 'sde-datasets[bitsandbytes]'"
        raise UsageError(f"--optimizer {name} needs bitsandbytes, which is not installed: {install}")
    import bitsandbytes

    created: Callable[..., torch.optim.Optimizer] = getattr(bitsandbytes.optim, _BITSANDBYTES[name])
    return created


def _adafactor(groups: list[dict[str, Any]], lr: float) -> torch.optim.Optimizer:
    # with a fixed learning rate, as the Trainer of transformers uses it
    return Adafactor(groups, lr=lr, scale_parameter=False, relative_step=False)
