"""What scoring costs: answers a second against the same in plain Python, and memory as the file of answers grows.

    scripts/bench score [--answers 100000] [--part speed memory] [--wrong form|values]

The samples are synthetic, no two alike, in the list format. Of ten answers seven are exactly right; the others are
mutated or, with `--wrong values`, well-formed with one wrong value. Speed: reading and scoring, soft matching and
intervals included, from Arrow and from files, on one core, in seconds of the processor; every ratio is of runs in one
process. Absolute figures are the machine's.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import plain_score
import pyarrow as pa
import pyarrow.parquet as pq

from sde_datasets import score
from sde_datasets.building.pipeline import build
from sde_datasets.dataset.split import SplitSource
from sde_datasets.ingest.source_plan import source_plan
from sde_datasets.records.schema import Schema
from sde_datasets.scoring.api import score_data
from sde_datasets.utils.progress import Progress

QUIET = Progress(quiet=True)
DESIGN = "list-text"
# a command that ends by telling the most memory that it has had, which only the process itself can say
MEASURED = """
import sys
from sde_datasets.cli.main import main
main(sys.argv[1:], standalone_mode=False)
print(open("/proc/self/status").read().split("VmHWM:")[1].split()[0], file=sys.stderr)
"""
PROSE = ("Sure, here it is:\n", "I am sorry, but ", "```json\n")


def mutated(answer: str, dice: random.Random) -> str:
    """An answer with one thing wrong: cut, a sign put in, taken out or changed, a line lost, a line twice, prose."""
    at, lines = dice.randrange(len(answer) + 1), answer.split("\n")
    line = dice.randrange(len(lines))
    return dice.choice(
        (
            answer[:at],
            answer[:at] + dice.choice('",[]: x') + answer[at:],
            answer[:at] + answer[at + 1 :],
            answer.replace(dice.choice("aeiou"), dice.choice("aeiou"), 1),
            "\n".join(lines[:line] + lines[line + 1 :]),
            "\n".join(lines[: line + 1] + lines[line:]),
            dice.choice(PROSE) + answer,
        )
    )


def samples(task: str, rows: int, out: Path) -> pa.Table:
    """So many synthetic samples of a task, built under one design in `out`."""
    plan = source_plan([f"synthetic=rows={rows},seed=1"], task, designs=(DESIGN,))
    build(plan, out, progress=QUIET)
    return pq.read_table(out / "data" / f"{task}-{DESIGN}")


def revalued(answer: str, dice: random.Random) -> str:
    """A well-formed answer with another value on one line: that of another line, or none."""
    lines = [json.loads(line) for line in answer.split("\n")]
    values = [value for _, value in lines if value] or [[]]
    line = dice.choice(lines)
    line[1] = dice.choice([*values, []] if [] in [value for _, value in lines] else values)
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)


def answers_to(completions: list[str], wrong: str) -> list[str]:
    """An answer to each sample, seven in ten exactly right; the others have a wrong `form` or wrong `values`."""
    dice, change = random.Random(1), mutated if wrong == "form" else revalued
    return [text if dice.random() < 0.7 else change(text, dice) for text in completions]


def timed(work: Callable[[], dict]) -> tuple[float, dict]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def plain(table: pa.Table, answers: list[str]) -> Callable[[], dict]:
    """The same work for plain Python, with gold as lists already."""
    schema = Schema.from_json(table.column("schema")[0].as_py())
    rows = table.column("annotations").to_pylist()
    if schema.kind == "mention":
        gold = [[(each["target"], each["mention"]) for each in row] for row in rows]
        return lambda: plain_score.mentions(gold, answers)
    said = [{each["target"]: each["label"] for each in row} for row in rows]
    return lambda: plain_score.labels(said, answers, schema.targets, schema.placeholder)


def bench_speed(count: int, wrong: str) -> None:
    """Each task: answers a second, ours and plain, and the figures of both; plain Python forgives less."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    for task in ("ner", "ed", "mabsa"):
        with tempfile.TemporaryDirectory(dir=".") as name:
            table = samples(task, count, Path(name) / "out")
            answers = answers_to(table.column("completion").to_pylist(), wrong)
            ours, scores = timed(lambda table=table, answers=answers: score(table, answers))
            theirs, figures = timed(plain(table, answers))
            files = from_files(Path(name), task, wrong)
        headline = {key: each["value"] for key, each in scores["headline"].items()}
        both = ", ".join(f"{key} {headline[key]:.4f} / {figures[key]:.4f}" for key in figures if key in headline)
        speed = f"{len(answers) / ours:,.0f} a second, {theirs / ours:.1f} x plain Python"
        print(f"speed   {task:6} {len(answers):,} answers: {speed}; from files {files:,.0f} a second", flush=True)
        errors = f"format errors {scores['format_errors']['errors']:,} / {figures['errors']:,}"
        print(f"        ours / plain: {both}, {errors}")


def write_answers(folder: Path, task: str, wrong: str) -> Path:
    """Answers to the training split of a built folder, as a file."""
    table = pq.read_table(sorted((folder / "out" / "data" / f"{task}-{DESIGN}").glob("train-*")))
    path = folder / "answers.jsonl"
    with path.open("w", encoding="utf-8") as file:
        answers = answers_to(table.column("completion").to_pylist(), wrong)
        for id, answer in zip(table.column("id").to_pylist(), answers, strict=True):
            file.write(json.dumps({"id": id, "prediction": answer}) + "\n")
    return path


def from_files(folder: Path, task: str, wrong: str) -> float:
    """Answers a second when gold and answers are read from files."""
    path = write_answers(folder, task, wrong)
    source = SplitSource.open(str(folder / "out"), f"{task}-{DESIGN}", "train")
    seconds, scores = timed(lambda: score_data(path, source))
    return scores["samples"] / seconds


def bench_memory(count: int, wrong: str) -> None:
    """Peak memory of the command as the answers double."""
    for rows in (count, 2 * count):
        with tempfile.TemporaryDirectory(dir=".") as name:
            folder = Path(name)
            samples("ner", rows, folder / "out")
            path = write_answers(folder, "ner", wrong)
            command = [sys.executable, "-c", MEASURED, "score", str(path), "--data", str(folder / "out")]
            command += ["--config", f"ner-{DESIGN}", "--split", "train", "--quiet"]
            done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
            sizes = f"{path.stat().st_size / 1e6:.0f} MB of answers: {int(done.stderr) / 1e6:.2f} GB"
            print(f"memory  {rows:,} records, {sizes}", flush=True)


PARTS = {"speed": bench_speed, "memory": bench_memory}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=100_000)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--wrong", choices=("form", "values"), default="form")
    asked = parser.parse_args()
    for part in asked.part:
        PARTS[part](asked.answers, asked.wrong)


if __name__ == "__main__":
    main()
