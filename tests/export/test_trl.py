"""TRL loads an export as `trl sft` does, and learns the tokens that `train` learns.

pytest tests/export/test_trl.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.export.training_tokens import training_tokens

pytestmark = [pytest.mark.slow, pytest.mark.train, pytest.mark.libraries]

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = "Be exact."


@pytest.mark.parametrize("chat", [False, True], ids=["texts", "conversations"])
def test_trl_learns_the_tokens_of_training(exported, built, models, tmp_path, chat):
    if find_spec("trl") is None:
        pytest.skip("trl is not installed")
    from transformers import AutoTokenizer

    model = str(models / "qwen")
    folder = exported("trl", "--model", model, *(("--chat", "--system", SYSTEM) if chat else ()))
    env = os.environ | {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.export.test_trl", str(folder / "sft.yaml"), str(tmp_path / "seen.json")]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-4000:]
    seen = json.loads((tmp_path / "seen.json").read_text("utf-8"))
    ours = training_tokens(str(built), "ner-lines-text", AutoTokenizer.from_pretrained(model), chat, SYSTEM)
    assert len(seen) == len(ours) == 480
    for (ids, learned), (our_ids, our_learned) in zip(seen, ours, strict=True):
        # a template may write more after the token that ends a turn; `train` stops at that token
        assert ids[: len(our_ids)] == our_ids and len(ids) - len(our_ids) <= (2 if chat else 0)
        assert learned[: len(our_learned)] == our_learned


def main(config: str, out: str) -> None:
    """Load an export as `trl sft --config` does, and write the tokens of the training samples and which are learned."""
    from datasets import load_dataset
    from trl import ModelConfig, ScriptArguments, SFTConfig, SFTTrainer, TrlParser, get_peft_config

    parser = TrlParser((ScriptArguments, SFTConfig, ModelConfig))
    script, training, model = parser.parse_args_and_config(["--config", config, "--use_cpu", "true", "--bf16", "false"])
    dataset = load_dataset(script.dataset_name)
    trainer = SFTTrainer(
        model=model.model_name_or_path,
        args=training,
        train_dataset=dataset[script.dataset_train_split],
        eval_dataset=dataset[script.dataset_test_split],
        peft_config=get_peft_config(model),
    )
    collated = [trainer.data_collator([row]) for row in trainer.train_dataset]
    rows = [[batch["input_ids"][0].tolist(), (batch["labels"][0] != -100).tolist()] for batch in collated]
    Path(out).write_text(json.dumps(rows), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
