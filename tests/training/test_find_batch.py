"""--find-batch-size: smaller parts when memory runs out, with the same steps.

pytest tests/training/test_find_batch.py
"""

from __future__ import annotations

import pytest
import torch

from sde_datasets.errors import InputError
from sde_datasets.runs import metrics_file
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.training import trainer
from sde_datasets.training.find_batch import find_share
from sde_datasets.training.loop import train


def fitting(most: int, tried: list[int]):
    def attempt(share: int) -> None:
        tried.append(share)
        torch.rand(1)
        if share > most:
            raise RuntimeError("CUDA out of memory. Tried to allocate")

    return attempt


@pytest.mark.parametrize("most, expected", [(12, [12]), (5, [12, 6, 4]), (1, [12, 6, 4, 3, 2, 1])])
def test_largest_divisor_that_fits_is_found(most, expected):
    tried: list[int] = []
    state = torch.get_rng_state()
    assert find_share(12, fitting(most, tried)) == expected[-1] and tried == expected
    assert torch.equal(torch.get_rng_state(), state), "the trials change random numbers of the run"


def run(data, models, tmp_path, quiet, name: str, **how) -> tuple[list[float], int]:
    options = TrainingOptions(
        "mabsa-lines-text-noinst", data=str(data), model=str(models / "llama"), out=str(tmp_path / name), log_every=1,
        train_size=16, steps=3, batch_size=8, learning_rate=0.01, lora_dropout=0.0, **how,
    )  # fmt: skip
    folder = train(options, progress=quiet)
    rows = metrics_file.read_rows(folder.metrics)
    return [row["loss"] for row in rows if "loss" in row], folder.options().accumulation


def test_losses_are_those_of_the_whole_step(data, models, tmp_path, quiet, monkeypatch):
    expected, _ = run(data, models, tmp_path, quiet, "whole")
    inner = trainer.weighted_loss

    def limited(model, batch, *given):
        if len(batch.ids) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return inner(model, batch, *given)

    monkeypatch.setattr(trainer, "weighted_loss", limited)
    losses, parts = run(data, models, tmp_path, quiet, "found", find_batch_size=True, separate_rows=True)
    assert parts == 4 and losses == pytest.approx(expected, abs=1e-5)


def test_sample_that_does_not_fit_alone_is_one_line(data, models, tmp_path, quiet, monkeypatch):
    def never(*given):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    monkeypatch.setattr(trainer, "weighted_loss", never)
    with pytest.raises(InputError, match="memory: is not sufficient") as error:
        run(data, models, tmp_path, quiet, "none", find_batch_size=True)
    assert len(str(error.value).splitlines()) == 1 and "--find-batch-size" not in str(error.value)
