"""A program for two processes: answers of a model whose weights are divided by FSDP 2, beside those of the whole model.

python -m torch.distributed.run --nproc_per_node 2 tests/training/sharded_answers.py MODEL OUT
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from accelerate import PartialState
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor

from sde_datasets.runs.options import TrainingOptions
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.training.presets import with_preset
from sde_datasets.training.setup import prepare
from sde_datasets.training.validation import answer_samples
from sde_datasets.utils.progress import Progress


def main(model_folder: str, out: Path) -> None:
    state, quiet = PartialState(cpu=True), Progress(quiet=True)
    options = TrainingOptions(
        config="mabsa-es", model=model_folder, out=str(out), train_size=8, eval_every=1, eval_samples=5
    )
    setup = prepare(RunFolder(out), with_preset(options.resolved(), quiet), False, quiet)
    model = setup.model
    whole, weights = answer_samples(model, setup), {name: t.clone() for name, t in model.state_dict().items()}
    for module in model.modules():
        if type(module).__name__ == "LlamaDecoderLayer":
            fully_shard(module)
    fully_shard(model)
    is_divided = all(isinstance(parameter, DTensor) for parameter in model.parameters())
    sharded = answer_samples(model, setup, is_sharded=True)
    gathered = get_model_state_dict(model, options=StateDictOptions(full_state_dict=True, cpu_offload=True))
    if state.is_main_process:
        same = all(torch.equal(gathered[name], tensor) for name, tensor in weights.items())
        result = {"whole": whole, "sharded": sharded, "is_divided": is_divided, "same_weights": same}
        (out / "result.json").write_text(json.dumps(result))
    state.wait_for_everyone()
    state.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
