"""The rows go into TRL as they are: `load_dataset`, `SFTTrainer`, one step, with nothing renamed and nothing mapped.

pytest tests/training/test_trl.py

This file is also the program that trains, in a process of its own: it must be offline before anything is imported, and
the libraries are heavy. It builds its tokenizer and a tiny random Llama itself, and says in JSON what it saw.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SAMPLES = Path(__file__).resolve().parents[2] / "builders" / "samples" / "mabsa"
CONFIG = "mabsa-lines-text"
# what is said is the content; the end token after an answer is learned with it
TEMPLATE = (
    "{% for message in messages %}{% if message.role == 'assistant' %}"
    "{% generation %}{{ message.content + eos_token }}{% endgeneration %}"
    "{% else %}{{ message.content }}{% endif %}{% endfor %}"
)


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict:
    """What the training program saw of a folder built from the bundled reviews."""
    for name in ("torch", "transformers", "trl"):
        if find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    from sde_datasets.building.pipeline import build
    from sde_datasets.ingest.source_plan import source_plan
    from sde_datasets.utils.progress import Progress

    work = tmp_path_factory.mktemp("trl")
    plan = source_plan([f"acos={SAMPLES}"], "", designs=("lines-text",))
    build(plan, work / "out", workers=1, progress=Progress(quiet=True))
    env = os.environ | {"HF_HOME": str(work / "home"), "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, __file__, str(work / "out"), str(work / "seen.json")]
    done = subprocess.run(command, cwd=work, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads((work / "seen.json").read_text("utf-8"))


@pytest.mark.parametrize("form", ["rows", "messages"])
def test_only_completion_and_end_token_are_learned(seen, form):
    batch = seen[form]["batch"]
    assert len(batch) == 4
    for row in batch:
        assert row["masked"] in seen["completions"], "the prompt is not masked whole"
        assert row["learned"] == seen["completions"][row["masked"]] + seen["eos"]
        assert row["ids"] == [*row["completion_ids"], seen["eos_id"]], "the end is no token of its own after the answer"
        assert row["sort_annotations"], "prompt, completion and end do not follow each other without a gap"


@pytest.mark.parametrize("form", ["rows", "messages"])
def test_one_step_trains(seen, form):
    assert seen[form]["steps"] == 1 and math.isfinite(seen[form]["loss"]) and seen[form]["loss"] > 0


def test_mapping_to_messages_keeps_only_messages(seen):
    assert seen["mapped_columns"] == ["messages"]


def train(folder: str) -> dict:
    """Train a step from the rows, and one from messages; what the trainer's batches held."""
    from datasets import load_dataset

    samples = load_dataset(folder, CONFIG, split="train")
    tokenizer = _tokenizer(samples)
    rows = _step(samples, tokenizer)
    chat = samples.map(
        lambda row: {
            "messages": [
                {"role": "user", "content": row["prompt"]},
                {"role": "assistant", "content": row["completion"]},
            ]
        },
        remove_columns=samples.column_names,
    )
    tokenizer.chat_template = TEMPLATE
    messages = _step(chat, tokenizer, assistant_only_loss=True)
    return {
        "rows": rows,
        "messages": messages,
        "mapped_columns": chat.column_names,
        "completions": dict(zip(samples["prompt"], samples["completion"], strict=True)),
        "eos": tokenizer.eos_token,
        "eos_id": tokenizer.eos_token_id,
    }


def _tokenizer(samples):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<pad>", "</s>"]
    trainer = trainers.BpeTrainer(
        vocab_size=1000, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    raw.train_from_iterator([*samples["prompt"][:50], *samples["completion"][:50]], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", eos_token="</s>")


def _step(samples, tokenizer, **settings) -> dict:
    from transformers import LlamaConfig, LlamaForCausalLM
    from trl import SFTConfig, SFTTrainer

    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    special = {"pad_token_id": tokenizer.pad_token_id, "eos_token_id": tokenizer.eos_token_id, "bos_token_id": None}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **shape, **special))
    settings |= {"max_steps": 1, "per_device_train_batch_size": 4, "use_cpu": True, "bf16": False}
    quiet = {"report_to": "none", "save_strategy": "no", "disable_tqdm": True}
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(output_dir="trained", **settings, **quiet),
        train_dataset=samples,
        processing_class=tokenizer,
    )
    batch = next(iter(trainer.get_train_dataloader()))
    rows = zip(*(batch[key].tolist() for key in ("input_ids", "labels", "attention_mask")), strict=True)
    result = trainer.train()
    return {"batch": [_row(*row, tokenizer) for row in rows], "steps": result.global_step, "loss": result.training_loss}


def _row(ids: list[int], labels: list[int], attention: list[int], tokenizer) -> dict:
    """One row of a batch, parted into what is masked and what is learned."""
    length = sum(attention)
    start = next(i for i, label in enumerate(labels) if label != -100)
    learned = ids[start:length]
    completion = tokenizer.decode(learned).removesuffix(tokenizer.eos_token)
    padded = all(label == -100 for label in labels[length:]) and attention == [1] * length + [0] * (len(ids) - length)
    return {
        "masked": tokenizer.decode(ids[:start]),
        "learned": tokenizer.decode(learned),
        "ids": learned,
        "completion_ids": tokenizer(completion)["input_ids"],
        "sort_annotations": labels[start:length] == learned and padded,
    }


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(train(sys.argv[1])), "utf-8")
