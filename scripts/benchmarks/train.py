"""What training costs: tokens a second against TRL's SFTTrainer on the same work, and what each part of it gives.

    scripts/bench train --model FOLDER [--data FOLDER --config mabsa-es] [--full] [--dtype bfloat16] [--samples 96]
    scripts/bench train --model FOLDER --equal        # losses of both in one order, without dropout
    scripts/bench train --model FOLDER --only shared  # one variant in a process of its own: its peak memory
    scripts/bench train --model FOLDER --only trl,shared --trl padding_free

All variants train the same weights (a LoRA adapter, or with --full all) for one epoch on the same samples in batches
of one size. TRL has the random order and the settings that it comes with, except those that change the work: no
checkpointing of activations and no mixed precision unless --dtype asks for it. Only tokens of samples count.
The variants take turns after each step within one process, so that other work on the machine meets all of them; the
first step, in which memory is touched for the first time, does not count. Seconds of the clock and of the processor are
both shown: on a busy machine the latter say more. Without --model a random Llama of 7 million parameters is trained.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from transformers import LlamaConfig, LlamaForCausalLM, TrainerCallback, set_seed
from trl import SFTConfig, SFTTrainer

from sde_datasets.runs.loading import compute_dtype, load_model, load_tokenizer
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.runs.samples import Split, build_bundled
from sde_datasets.runs.tiny_model import tiny_tokenizer
from sde_datasets.training.adapters import add_adapter
from sde_datasets.training.metrics import peak_memory
from sde_datasets.training.sampler import LengthGroupedSampler
from sde_datasets.training.setup import prepare
from sde_datasets.training.trainer import SampleTrainer
from sde_datasets.utils.progress import Progress

# each variant has what the one before it has
VARIANTS = ("plain", "logits", "length", "shared")
MEANING = {
    "trl": "TRL's SFTTrainer",
    "packing": "TRL with packing",
    "padding_free": "TRL, padding-free",
    "plain": "rows in random order, all logits",
    "logits": "logits of tokens with weight only",
    "length": "batches by length",
    "shared": "shared prefix (what `train` does)",
}
# what options of TRL need: a packed row has the tokens of about six samples
OF_TRL: dict[str, dict[str, Any]] = {
    "": {},
    "packing": {"packing": True, "per_device_train_batch_size": 1},
    "padding_free": {"padding_free": True, "max_length": None},
}
# steps that do not count
FIRST = 1


@dataclass
class Tally:
    """Tokens, seconds of the clock, seconds of the processor, and the losses of the steps of a variant."""

    tokens: int = 0
    seconds: float = 0.0
    processor: float = 0.0
    losses: list[float] = field(default_factory=list)

    def measure(self, step: Callable[[], tuple[int, float]]) -> None:
        """Take a step, which returns its tokens and its loss."""
        begun, used = time.monotonic(), time.process_time()
        tokens, loss = step()
        self.add(tokens, loss, time.monotonic() - begun, time.process_time() - used)

    def add(self, tokens: int, loss: float, seconds: float, processor: float) -> None:
        """Count a step unless it is the first."""
        self.losses.append(loss)
        if len(self.losses) > FIRST:
            self.tokens += tokens
            self.seconds += seconds
            self.processor += processor


def main() -> None:
    """Measure and print."""
    asked = arguments()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        data = asked.data or build_bundled(asked.config, work / "data")
        split = Split.open(str(data), asked.config, "train")
        model = asked.model or random_model(work / "model", split)
        options = TrainingOptions(
            config=asked.config,
            data=str(data),
            model=str(model),
            train_size=asked.samples,
            full=asked.full,
            batch_size=asked.batch_size,
            epochs=1.0,
            learning_rate=5e-4,
            dtype=asked.dtype,
            prompt_weight=asked.prompt_weight,
            lora_dropout=0.0 if asked.equal else 0.1,
            out=str(work / "runs"),
        )
        if asked.equal:
            print(equal_losses(options, split))
            return
        names = asked.only.split(",") if asked.only else [*VARIANTS, "trl"]
        tallies = take_turns(options, split, names, asked.trl)
        print_table(tallies)
        print(f"{asked.config}, {asked.dtype}, {torch.get_num_threads()} threads, peak {peak_memory() / 2**30:.2f} GiB")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="", help="a folder with a model")
    parser.add_argument("--data", default="", help="a built folder; default: the bundled corpora")
    parser.add_argument("--config", default="mabsa-es")
    parser.add_argument("--samples", type=int, default=96)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--full", action="store_true", help="all weights instead of LoRA")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--prompt-weight", type=float, default=0.0)
    parser.add_argument("--equal", action="store_true", help="compare losses in one order")
    parser.add_argument("--only", default="", help=f"some variants, separated by commas: trl, {', '.join(VARIANTS)}")
    parser.add_argument("--trl", default="", choices=OF_TRL, help="an option of TRL")
    return parser.parse_args()


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


def our_step(options: TrainingOptions, name: str) -> Callable[[], tuple[int, float]]:
    """A step of this project's trainer; its parts are taken away from variants before the last."""
    folder = Path(options.out) / name
    options = replace(options, out=str(folder), separate_rows=name != "shared").resolved()
    folder.mkdir(parents=True)
    setup = prepare(RunFolder(folder), options, False, Progress(quiet=True))
    pad, dtype = setup.tokenizer.pad_token_id, compute_dtype(options)
    trainer = SampleTrainer(setup.model, setup.dataset, setup.folder, options, pad, dtype)
    if name == "plain":
        trainer._masked = False
    if name in ("plain", "logits"):
        same = np.ones_like(setup.dataset.lengths)
        trainer._sampler = LengthGroupedSampler(same, options.batch_size, options.seed)

    def step() -> tuple[int, float]:
        before = trainer.counts.tokens, trainer.counts.loss
        trainer.take_step()
        return trainer.counts.tokens - before[0], trainer.counts.loss - before[1]

    return step


class TakeTurns(TrainerCallback):
    """Measure the steps of TRL, and after each of them one step of every other variant."""

    def __init__(self, tally: Tally, others: dict[str, tuple[Tally, Callable[[], tuple[int, float]]]]) -> None:
        self._tally, self._others = tally, others
        self.tokens = 0

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Start the clock: the batch was fetched before, which takes almost no time."""
        self._begun, self._used = time.monotonic(), time.process_time()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Stop the clock."""
        seconds, processor = time.monotonic() - self._begun, time.process_time() - self._used
        self._tally.add(self.tokens, math.nan, seconds, processor)
        for tally, step in self._others.values():
            tally.measure(step)


def take_turns(options: TrainingOptions, split: Split, names: list[str], trl_option: str) -> dict[str, Tally]:
    """Train all variants for one epoch, step by step in turn; return their tallies by name."""
    others = {name: (Tally(), our_step(options, name)) for name in names if name != "trl"}
    tallies = {name: tally for name, (tally, _) in others.items()}
    steps = -(-options.train_size // options.batch_size)
    if "trl" not in names:
        for _ in range(steps):
            for tally, step in others.values():
                tally.measure(step)
        return tallies
    tally = Tally()
    trainer = trl_trainer(options, split, OF_TRL[trl_option])
    turns = TakeTurns(tally, others)
    collate = trainer.data_collator

    def counted(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        turns.tokens = sum(len(row["input_ids"]) for row in rows)
        return collate(rows)

    trainer.data_collator = counted
    trainer.add_callback(turns)
    trainer.train()
    tally.losses = [row["loss"] for row in trainer.state.log_history if "loss" in row]
    return {trl_option or "trl": tally} | tallies


def trl_trainer(
    options: TrainingOptions, split: Split, more: dict[str, Any], rows: list[int] | None = None
) -> SFTTrainer:
    """TRL's trainer on the same samples. rows: their order, of several epochs one after the other."""
    samples = split.draw(options.train_size, options.seed)
    pairs = [{"prompt": split.template.prompt(s.text), "completion": s.completion} for s in samples]
    half = options.dtype == "bfloat16"
    settings = {
        "output_dir": f"{options.out}/trl",
        "per_device_train_batch_size": options.batch_size,
        "learning_rate": options.learning_rate,
        "num_train_epochs": 1,
        "logging_steps": 1,
        "completion_only_loss": options.prompt_weight == 0,
        "report_to": "none",
        "save_strategy": "no",
        "disable_tqdm": True,
        "gradient_checkpointing": False,
        "use_cpu": not torch.cuda.is_available(),
        "bf16": half,
    }
    model = load_model(options.model, None, torch.bfloat16 if half and not options.full else torch.float32)
    if not options.full:
        model = add_adapter(model, options.resolved(), print)
    return SFTTrainer(
        model=model,
        args=SFTConfig(**settings | more),
        train_dataset=Dataset.from_list([pairs[row] for row in rows] if rows else pairs),
        processing_class=load_tokenizer(options.model, None, None),
    )


def equal_losses(options: TrainingOptions, split: Split) -> str:
    """Train both in the order of this project; return the largest difference of their losses."""
    step = our_step(options, "shared")
    steps = options.train_size // options.batch_size
    losses = [step()[1] for _ in range(steps)]
    sampler = LengthGroupedSampler(lengths_of(options), options.batch_size, options.seed)
    more = {"train_sampling_strategy": "sequential", "weight_decay": 0.0, "max_steps": steps}
    trainer = trl_trainer(options, split, more, sampler.rows(0).ravel().tolist())
    trainer.train()
    others = [row["loss"] for row in trainer.state.log_history if "loss" in row]
    differences = [abs(one - other) for one, other in zip(losses, others, strict=True)]
    return f"{steps} steps, losses {losses[0]:.4f} to {losses[-1]:.4f}, largest difference {max(differences):.1e}"


def lengths_of(options: TrainingOptions) -> np.ndarray:
    """The tokens of each sample."""
    folder = Path(options.out) / "lengths"
    folder.mkdir(parents=True)
    options = replace(options, out=str(folder)).resolved()
    return prepare(RunFolder(folder), options, False, Progress(quiet=True)).dataset.lengths


def print_table(tallies: dict[str, Tally]) -> None:
    """Print a row for each variant: speed, ratio to the first, mean loss."""
    first = next(iter(tallies.values()))
    if not all(tally.tokens for tally in tallies.values()):
        sys.exit("no step was counted: give more --samples")
    for name, tally in tallies.items():
        speed, used = tally.tokens / tally.seconds, tally.tokens / tally.processor
        ratios = speed * first.seconds / first.tokens, used * first.processor / first.tokens
        print(
            f"{name:12} {speed:8,.0f} tokens/s ({ratios[0]:.2f} x)  {used:8,.0f} tokens per second of processor "
            f"({ratios[1]:.2f} x)  mean loss {np.mean(tally.losses):.4f}  {MEANING[name]}"
        )


if __name__ == "__main__":
    main()
