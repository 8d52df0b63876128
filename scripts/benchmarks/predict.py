"""What answering costs: answers a second against plain `generate` on unsorted batches, and whether they are the same.

    scripts/bench predict RUN [--limit 128] [--batch 16] [--rounds 3] [--split test]

RUN is a run folder. Plain: the samples in their order, in batches of one size, padded on the left, greedy, with the
same end tokens and the same limit. The two take turns within one process; the ratio is that of the medians.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import torch

from sde_datasets.prediction.batch_generator import BatchGenerator
from sde_datasets.prediction.options import DEFAULT_BATCH_SIZE
from sde_datasets.prediction.predictor import Predictor
from sde_datasets.runs.samples import SampleRow, Split


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--limit", type=int, default=128)
    parser.add_argument("--batch", type=int, default=DEFAULT_BATCH_SIZE)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--split", default="test", help="train: samples that a small model knows by heart")
    asked = parser.parse_args()
    predictor = Predictor(asked.run, batch=asked.batch)
    options = predictor.training
    split = Split.open(options.data, options.config, asked.split, options.revision, predictor.folder.bundled)
    samples = split.draw(asked.limit, options.seed)
    texts = [(sample.id, sample.text) for sample in samples]
    took: dict[str, list[float]] = {"ours": [], "plain": []}
    said: dict[str, dict[str, str]] = {}
    for _ in range(asked.rounds):
        begun = time.monotonic()
        said["ours"] = {id: each.text for id, each in predictor.generate(texts)}
        took["ours"].append(time.monotonic() - begun)
        begun = time.monotonic()
        said["plain"] = plain(predictor, predictor.generator(predictor.template), samples, asked.batch)
        took["plain"].append(time.monotonic() - begun)
    speeds = {name: len(texts) / statistics.median(each) for name, each in took.items()}
    same = sum(said["ours"][id] == said["plain"][id] for id, _ in texts)
    print(f"ours {speeds['ours']:.1f} answers/s, plain {speeds['plain']:.1f}: {speeds['ours'] / speeds['plain']:.2f} x")
    print(f"{same} of {len(texts)} answers are the same ({torch.get_num_threads()} threads, batches of {asked.batch})")


@torch.inference_mode()
def plain(predictor: Predictor, writer: BatchGenerator, samples: list[SampleRow], batch: int) -> dict[str, str]:
    """The answers of the model's own `generate`."""
    tokenizer, model, ends = predictor.tokenizer, predictor.model, writer.ends
    answers = {}
    for start in range(0, len(samples), batch):
        some = samples[start : start + batch]
        rows = [writer.encode(sample.text).ids.tolist() for sample in some]
        longest = max(map(len, rows))
        ids = torch.tensor([[tokenizer.pad_token_id] * (longest - len(row)) + row for row in rows])
        mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])
        written = model.generate(
            ids.to(model.device),
            attention_mask=mask.to(model.device),
            max_new_tokens=predictor.limit,
            do_sample=False,
            eos_token_id=sorted(ends),
            pad_token_id=tokenizer.pad_token_id,
        )[:, longest:].tolist()
        for sample, row in zip(some, written, strict=True):
            end = next((i for i, token in enumerate(row) if token in ends), len(row))
            answers[sample.id] = tokenizer.decode(row[:end], clean_up_tokenization_spaces=False)
    return answers


if __name__ == "__main__":
    main()
