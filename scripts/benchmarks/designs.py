"""Designs compared on real corpora with small models: GENIA, MAVEN and MAMS under ES and EW, with learning curves.

    scripts/bench designs --data CORPORA --model FOLDER --work WORK

CORPORA holds genia_term, maven and mams as published; FOLDER a pretrained model. Every run stands in WORK and is not
made twice, so that a stopped benchmark goes on. One seed, one wording: differences of a few hundredths may be chance.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

SOURCES = ("genia=genia_term", "maven=maven", "mams=mams")
CORPORA = {"ner": "GENIA", "ed": "MAVEN", "mabsa": "MAMS"}
DESIGNS = ("es", "ew")
# what is trained: the pretrained weights with an adapter or whole, and the bundled model from scratch
METHODS = {
    "LoRA": ["--learning-rate", "1e-3", "--batch-size", "8", "--epochs", "2", "--bos"],
    "full": ["--full", "--learning-rate", "5e-4", "--batch-size", "8", "--epochs", "2", "--bos"],
    "scratch": ["--epochs", "6"],
}
SIZE = 1000
# test samples that are scored, validation samples at a point of the curve, and points of a curve
TESTED, WATCHED, POINTS = 300, 100, 4
STEPS = {"LoRA": 250, "full": 250, "scratch": 378}


def main() -> None:
    """Train, answer and score each run, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the corpora")
    parser.add_argument("--model", required=True, help="a pretrained model")
    parser.add_argument("--work", type=Path, required=True, help="where data and runs stand")
    asked = parser.parse_args()
    data = asked.work / "data"
    if not (data / "manifest.json").is_file():
        sources = [part for name in SOURCES for part in ("--source", name.replace("=", f"={asked.data}/"))]
        run("build", *sources, "--designs", "es", "--designs", "ew", "--out", data, "--quiet")
    for view in reversed(CORPORA):
        for method in METHODS:
            for design in DESIGNS:
                one(asked.work / f"{view}-{design}-{method}", f"{view}-{design}", method, data, asked.model)
    print(table(asked.work))


def one(folder: Path, config: str, method: str, data: Path, model: str) -> None:
    """A run, trained and scored, unless it is there."""
    if not (folder / "model").is_dir():
        how = ["--data", data, "--model", "tiny" if method == "scratch" else model, "--train-size", SIZE]
        how += [*METHODS[method], "--eval-every", -(-STEPS[method] // POINTS), "--eval-samples", WATCHED]
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
