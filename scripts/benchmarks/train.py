"""What training costs: tokens a second against TRL's SFTTrainer on the same work, at prompt weight 0.

    scripts/bench train [--model FOLDER] [--config mabsa-es] [--samples 240] [--rounds 3]

Both train all weights of the same model for one epoch on the same samples in batches of one size, TRL in the random
order and with the settings that it comes with, but for those that change the work: no checkpointing of activations and,
on a CPU, no mixed precision. Only tokens of samples count, not padding. The two take turns within one process; the
ratio is that of the medians. Without --model a random Llama of 7 million parameters is trained.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import LlamaConfig, LlamaForCausalLM, set_seed
from trl import SFTConfig, SFTTrainer

from sde_datasets.progress import Progress
from sde_datasets.train import metrics
from sde_datasets.train.models import dtype_of, load_model, load_tokenizer
from sde_datasets.train.options import Options
from sde_datasets.train.run import train
from sde_datasets.train.samples import Split, bundled
from sde_datasets.train.tiny import tiny_tokenizer
from sde_datasets.train.trainer import SampleTrainer

BATCH = 8
RATE = 5e-4


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="", help="a folder with a model")
    parser.add_argument("--config", default="mabsa-es", help="a config of the bundled corpora")
    parser.add_argument("--samples", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        data = bundled(asked.config, work / "data")
        split = Split.of(str(data), asked.config, "train")
        model = asked.model or random_model(work / "model", split)
        options = Options(
            config=asked.config,
            data=str(data),
            model=str(model),
            train_size=asked.samples,
            full=True,
            batch_size=BATCH,
            epochs=1.0,
            learning_rate=RATE,
            log_every=1,
        )
        found = {"ours": [], "trl": []}
        for number in range(asked.rounds):
            found["ours"].append(ours(options, work / f"ours{number}"))
            found["trl"].append(trl(options, split, work / f"trl{number}"))
            for name, each in found.items():
                print(
                    f"round {number + 1}, {name}: {each[-1][0]:,.0f} tokens/s, mean loss {each[-1][1]:.4f}", flush=True
                )
    speeds = {name: statistics.median(speed for speed, _ in each) for name, each in found.items()}
    print(f"{speeds['ours'] / speeds['trl']:.2f} x TRL ({torch.get_num_threads()} threads)")


def random_model(folder: Path, split: Split) -> Path:
    """A random Llama with a tokenizer of the config."""
    samples = list(split)
    tokenizer = tiny_tokenizer(text for s in samples for text in (split.template.prompt(s.text), s.completion))
    set_seed(1)
    shape = {"hidden_size": 256, "intermediate_size": 688, "num_hidden_layers": 8, "num_attention_heads": 4}
    special = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **shape, **special))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def ours(options: Options, folder: Path) -> tuple[float, float]:
    """Tokens a second while the trainer is at work, and the mean loss."""
    taken = []
    inner = SampleTrainer.train

    def timed(self: Any, *args: Any, **how: Any) -> Any:
        begun = time.monotonic()
        result = inner(self, *args, **how)
        taken.append((self.counts["tokens"], time.monotonic() - begun))
        return result

    SampleTrainer.train = timed
    train(replace(options, out=str(folder)), progress=Progress(quiet=True))
    SampleTrainer.train = inner
    losses = [row["loss"] for row in metrics.rows(folder / "metrics.jsonl")]
    return taken[0][0] / taken[0][1], sum(losses) / len(losses)


def trl(options: Options, split: Split, folder: Path) -> tuple[float, float]:
    """The same of TRL."""
    samples = split.chosen(options.train_size, options.seed)
    rows = [{"prompt": split.template.prompt(s.text), "completion": s.completion} for s in samples]
    settings = {"per_device_train_batch_size": BATCH, "learning_rate": RATE, "num_train_epochs": 1, "logging_steps": 1}
    settings |= {"report_to": "none", "save_strategy": "no", "disable_tqdm": True, "gradient_checkpointing": False}
    settings |= {"use_cpu": not torch.cuda.is_available(), "bf16": torch.cuda.is_available()}
    trainer = SFTTrainer(
        model=load_model(options.model, None, dtype_of(options) if torch.cuda.is_available() else torch.float32),
        args=SFTConfig(output_dir=str(folder), **settings),
        train_dataset=Dataset.from_list(rows),
        processing_class=load_tokenizer(options.model, None, None),
    )
    tokens = sum(len(ids) for ids in trainer.train_dataset["input_ids"])
    begun = time.monotonic()
    trainer.train()
    taken = time.monotonic() - begun
    losses = [row["loss"] for row in trainer.state.log_history if "loss" in row]
    return tokens / taken, sum(losses) / len(losses)


if __name__ == "__main__":
    main()
