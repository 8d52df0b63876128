"""NEFTune: noise on the embeddings of training samples (Jain et al., 2023, arXiv:2310.05914)."""

from __future__ import annotations

from typing import Any

import torch


def add_embedding_noise(model: Any, alpha: float) -> None:
    """Add uniform noise to the output of the input embeddings while the model is trained.

    The noise is uniform between -m and m, with m = alpha / sqrt(length x dimensions) for a row of `length` tokens.
    """

    def hook(module: torch.nn.Module, inputs: Any, output: torch.Tensor) -> torch.Tensor:
        if not module.training:
            return output
        size = alpha / (output.shape[1] * output.shape[2]) ** 0.5
        return output + torch.empty_like(output).uniform_(-size, size)

    model.get_input_embeddings().register_forward_hook(hook)
