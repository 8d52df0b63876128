"""Designs compared on real corpora with small models: GENIA, MAVEN and MAMS under ES and EW, with learning curves.

    scripts/bench designs --data CORPORA --model FOLDER --work WORK [--jobs 2]

CORPORA holds genia_term, maven and mams as published; FOLDER a pretrained model. Every run is kept in WORK and is not
made twice, so a stopped benchmark continues. One seed, one wording: differences of a few hundredths may be chance.
Several runs side by side, each on its share of the cores, take less time than one after the other on all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SOURCES = ("genia=genia_term", "maven=maven", "mams=mams")
CORPORA = {"ner": "GENIA", "ed": "MAVEN", "mabsa": "MAMS"}
DESIGNS = ("es", "ew")
# what is trained: the pretrained weights whole or with an adapter, and the bundled model from scratch
_PRETRAINED = ["--epochs", "2", "--batch-size", "4", "--schedule", "cosine", "--warmup", "0.05", "--bos"]
METHODS = {
    "full": ["--full", "--learning-rate", "5e-4", *_PRETRAINED],
    "LoRA": ["--learning-rate", "2e-3", *_PRETRAINED],
    "scratch": ["--epochs", "4", "--batch-size", "8"],
}
SIZE = 1500
# test samples that are scored, validation samples at a point of a curve, and the steps from point to point
TESTED, WATCHED, APART = 300, 100, 250


def main() -> None:
    """Train, answer and score each run, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the corpora")
    parser.add_argument("--model", required=True, help="a pretrained model")
    parser.add_argument("--work", type=Path, required=True, help="folder of data and runs")
    parser.add_argument("--jobs", type=int, default=1, help="how many runs side by side")
    asked = parser.parse_args()
    data = asked.work / "data"
    if not (data / "manifest.json").is_file():
        sources = [part for name in SOURCES for part in ("--source", name.replace("=", f"={asked.data}/"))]
        run("build", *sources, "--designs", "es", "--designs", "ew", "--out", data, "--quiet")
    os.environ["OMP_NUM_THREADS"] = str(max(1, len(os.sched_getaffinity(0)) // asked.jobs))
    with ThreadPoolExecutor(asked.jobs) as pool:
        made = [
            pool.submit(one, asked.work / f"{view}-{design}-{method}", f"{view}-{design}", method, data, asked.model)
            for method in METHODS
            for view in reversed(CORPORA)
            for design in DESIGNS
        ]
        for each in made:
            each.result()
    print(table(asked.work))


def one(folder: Path, config: str, method: str, data: Path, model: str) -> None:
    """A run, trained and scored, unless it is there."""
    if not (folder / "model").is_dir():
        how = ["--data", data, "--model", "tiny" if method == "scratch" else model, "--train-size", SIZE]
        how += [*METHODS[method], "--dtype", "bfloat16", "--eval-every", APART, "--eval-samples", WATCHED]
        run("train", config, *how, "--out", folder, "--quiet", *(["--resume"] if folder.is_dir() else []))
    if not scores_of(folder):
        run("evaluate", folder, "--limit", TESTED, "--quiet")


def run(*words: object) -> None:
    """Run a command of sde-datasets and stop where it fails."""
    subprocess.run([sys.executable, "-m", "sde_datasets", *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def scores_of(folder: Path) -> dict:
    """The scores of a run, or {}."""
    found = list((folder / "predictions").glob("*.scores.json"))
    return json.loads(found[0].read_text("utf-8")) if found else {}


def table(work: Path) -> str:
    """The first headline figure with its interval, the share of format errors and the curve, as Markdown."""
    lines = ["| corpus, figure | trained | design | test | format errors | on validation, by step |"]
    lines += ["| --- " * 6 + "|"]
    for view, corpus in CORPORA.items():
        for method in METHODS:
            for design in DESIGNS:
                folder = work / f"{view}-{design}-{method}"
                if scores := scores_of(folder):
                    figure = next(iter(scores["headline"]))
                    cells = (f"{corpus}, {figure}", method, design.upper(), *cell(scores), curve(folder))
                    lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def curve(folder: Path) -> str:
    """The scores on the validation split, from the first to the last."""
    rows = map(json.loads, (folder / "metrics.jsonl").read_text("utf-8").splitlines())
    return ", ".join(f"{row['step']}: {row['validation']:.3f}" for row in rows if "validation" in row)


def cell(scores: dict) -> tuple[str, str]:
    """The score with its interval, and the share of format errors."""
    each = next(iter(scores["headline"].values()))
    errors = f"{100 * scores['format_errors']['error_rate']:.0f} %"
    value = "undefined" if each["value"] is None else f"{each['value']:.3f} ({each['low']:.3f} to {each['high']:.3f})"
    return value, errors


if __name__ == "__main__":
    main()
