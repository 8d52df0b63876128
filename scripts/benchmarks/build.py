"""What a build costs: time against bare pyarrow and against `datasets.map`, memory, and how fast a folder opens.

    scripts/bench build --data PATH [--part grid every one memory help load] [--corpora genia maven] [--runs N]

PATH holds the real corpora as genia_term/, maven/, mams/ and asap/. Every ratio is of medians of interleaved runs in
one process on one core; absolute figures are the machine's. The parts grid and every measure time of the processor.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

from sde_datasets.building.pipeline import build, shard_jobs
from sde_datasets.building.shards import write_shards
from sde_datasets.dataset.parquet import open_writer, row_groups
from sde_datasets.designs.design import GRID, ViewTraits, every_design, get_design
from sde_datasets.formats import Answer, answer_format
from sde_datasets.ingest.source_plan import source_plan
from sde_datasets.ingest.view import View
from sde_datasets.records.columns import SAMPLE_SCHEMA
from sde_datasets.samples.prompts import task_template
from sde_datasets.samples.render import BETWEEN_EVIDENCE
from sde_datasets.utils.progress import Progress

QUIET = Progress(quiet=True)
SAMPLES = Path(__file__).resolve().parents[2] / "builders" / "samples"
RUNS = 3
CORPORA = {"genia": "genia_term", "maven": "maven", "mams": "mams", "asap": "asap"}
Clock = Callable[[], float]


@contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder on the disk of the working directory, since /tmp is memory on some machines."""
    with tempfile.TemporaryDirectory(dir=".") as name:
        yield Path(name)


def timed(work: Callable[[], object], clock: Clock) -> float:
    start = clock()
    work()
    return clock() - start


def interleaved(*works: Callable[[], object], clock: Clock = time.perf_counter, runs: int = RUNS) -> list[float]:
    """The median seconds of each of several works, run in turn."""
    times = [[timed(work, clock) for work in works] for _ in range(runs)]
    return [median(column) for column in zip(*times, strict=True)]


class Settled:
    """One corpus as records in a folder, so that only the writing of samples is timed."""

    def __init__(self, source: str, out: Path, designs: str = "all") -> None:
        """designs: `all` for the grid of the paper, `every` for the designs beyond it as well."""
        self.out = out
        (out / ".build" / "samples").mkdir(parents=True)
        plan = source_plan([source], "")
        self.view = View.from_plan(plan, plan.view[0], out)
        state = self.view.load_or_ingest(None, QUIET)
        schema, task = state.schema, self.view.task
        traits = ViewTraits(plan.view[0].corpus, schema.kind, tuple(task.undefined(schema)))
        self.state = replace(state, designs=GRID if designs == "all" else every_design(traits))
        self.jobs = list(shard_jobs(out, self.view.plan.name, self.view.task, self.state, None))

    def write(self, jobs) -> int:
        """Write every file of the jobs anew; the samples in them."""
        for path in (self.out / "data").iterdir():
            if not path.name.endswith("-records"):
                shutil.rmtree(path)
        return sum(output.entry.rows for job in jobs for output in write_shards(job))


def bench_grid(args: argparse.Namespace) -> None:
    """The grid of the paper against bare pyarrow."""
    bench_designs(args, "all")


def bench_every(args: argparse.Namespace) -> None:
    """The same with the designs beyond the paper."""
    bench_designs(args, "every")


def bench_designs(args: argparse.Namespace, designs: str) -> None:
    """All designs against bare pyarrow writing the same row groups with the same settings, on one core."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    for corpus in args.corpora:
        with folder() as out:
            settled = Settled(f"{corpus}={args.data}/{CORPORA[corpus]}", out / "out", designs)
            # one split at a time stays in memory as a table for each design; the smallest speaks for all, row by row
            jobs = [job for job in settled.jobs if job.split == "validation"]
            rows = settled.write(jobs)
            paths = [out / "out" / job.path(name) for job in jobs for name in job.designs]
            tables = [list(row_groups(path)) for path in paths]

            def bare(tables=tables, out=out) -> None:
                for batches in tables:
                    with open_writer(out / "bare.parquet", SAMPLE_SCHEMA) as writer:
                        for batch in batches:
                            writer.write_batch(batch)

            works = (lambda s=settled, j=jobs: s.write(j), bare)
            ours, theirs = interleaved(*works, clock=time.process_time, runs=args.runs)
            print(
                f"{designs:7} {corpus:6} {len(settled.state.designs):4} designs, {rows:9,} samples: "
                f"{rows / ours:9,.0f} rows/s of the processor, {ours / theirs:.2f} x bare pyarrow",
                flush=True,
            )


def bench_cores(args: argparse.Namespace) -> None:
    """The whole of GENIA under all designs, reading included, on one core and on all."""
    cores = len(os.sched_getaffinity(0))
    plan = source_plan([f"genia={args.data}/genia_term"], "", designs=("all",))
    for workers in (1, cores):
        with folder() as out:
            started = time.perf_counter()
            built = build(plan, out / "out", workers, progress=QUIET)
            seconds = time.perf_counter() - started
            rows = sum(entry.rows for entry in built.manifest.outputs.values())
            print(f"whole   genia  {rows:9,} samples, {workers} processes: {rows / seconds:9,.0f} rows/s", flush=True)


def bench_one(args: argparse.Namespace) -> None:
    """One design, written, against unbatched `datasets.map` with the same writer of completions, written."""
    import datasets

    datasets.disable_progress_bars()
    datasets.disable_caching()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    with folder() as out:
        settled = Settled(f"genia={args.data}/genia_term", out / "out")
        schema, task = settled.jobs[0].schema, settled.view.task
        records = [settled.out / shard.path for shard in settled.state.records["train"]]
        for name in ("lines-text", "json-text-cot"):
            design = get_design(name)
            template = task_template(task, schema, design)
            form = answer_format(design.answer, schema)

            def sample(row: dict, template=template, form=form, design=design) -> dict:
                values: dict[str, tuple[str, ...]] = {}
                words: dict[str, list[str]] = {}
                for annotation in row["annotations"]:
                    values[annotation["target"]] = (*values.get(annotation["target"], ()), annotation["mention"])
                    words.setdefault(annotation["target"], []).extend(e["text"] for e in annotation["evidence"])
                described = (
                    {t: BETWEEN_EVIDENCE.join(dict.fromkeys(w)) for t, w in words.items()}
                    if "cot" in design.name
                    else {}
                )
                return {
                    "prompt": template.prompt(row["text"]),
                    "completion": form.write(Answer(values, described)),
                    "source_text": row["text"],
                    "design": design.name,
                }

            def mapped(sample=sample) -> None:
                loaded = datasets.Dataset.from_parquet([str(p) for p in records], cache_dir=str(out / "cache"))
                keep = ["view", "split", "text", "document", "place"]
                loaded.map(sample, remove_columns=keep).to_parquet(str(out / "mapped.parquet"))

            job = next(j for j in settled.jobs if j.split == "train" and name in j.designs)
            job = type(job)(**(vars(job) | {"designs": (name,)}))
            rows = settled.write([job])
            ours, theirs = interleaved(lambda j=job: settled.write([j]), mapped)
            print(f"one     {name:14} {rows / ours:9,.0f} rows/s, {theirs / ours:.1f} x datasets.map", flush=True)


def peak_of(rows: int, designs: tuple[str, ...]) -> tuple[int, float]:
    """The peak resident bytes of a build's processes together, sampled, and its seconds."""
    with folder() as out:
        command = [sys.executable, "-m", "sde_datasets", "build", "--source", f"synthetic=rows={rows},seed=1"]
        command += ["--task", "ner", "--quiet", "--out", str(out / "out")]
        command += [word for design in designs for word in ("--designs", design)]
        process, peak, started = subprocess.Popen(command, stdout=subprocess.DEVNULL), 0, time.perf_counter()
        while process.poll() is None:
            peak = max(peak, sum(map(resident, [process.pid, *children(process.pid)])))
            time.sleep(0.1)
        if process.returncode:
            raise SystemExit(f"the build of {rows} rows failed")
        return peak, time.perf_counter() - started


def children(pid: int) -> list[int]:
    """The process ids below one."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        direct = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []
    return [child for one in direct for child in (one, *children(one))]


def resident(pid: int) -> int:
    """Resident bytes of a process that are not shared with others."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()
    except OSError:
        return 0
    return (int(pages[1]) - int(pages[2])) * os.sysconf("SC_PAGE_SIZE")


def bench_memory(_: argparse.Namespace) -> None:
    """Peak memory as the corpus doubles: all designs, then six."""
    six = ("lines-text", "lines-text-cot", "natural-text-ou-instlast", "json-text", "json-num-rcot", "list-text-ou")
    for designs, sizes in ((("all",), (100_000, 200_000)), (six, (1_000_000, 2_000_000))):
        for rows in sizes:
            peak, seconds = peak_of(rows, designs)
            count = len(GRID) if designs == ("all",) else len(designs)
            print(f"memory  {rows:9,} records, {count:3} designs: {peak / 1e9:.2f} GB, {seconds:.0f} s", flush=True)


def bench_help(_: argparse.Namespace) -> None:
    """How long the command takes to say what it can do."""
    command = [sys.executable, "-m", "sde_datasets", "--help"]
    (seconds,) = interleaved(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True))
    print(f"help    {seconds:.2f} s")


def bench_load(_: argparse.Namespace) -> None:
    """A fresh process that loads one config of a folder with 444 configs, against one of 15."""
    many = source_plan([f"genia={SAMPLES}/ner", f"maven={SAMPLES}/ed", f"acos={SAMPLES}/mabsa"], "", designs=("all",))
    few = source_plan([f"genia={SAMPLES}/ner"], "", designs=("lines-text", "json-*-noinst"))
    with folder() as out:
        seconds, configs = [], []
        for name, plan in (("many", many), ("few", few)):
            build(plan, out / name, progress=QUIET)
            configs.append((out / name / "README.md").read_text("utf-8").count("- {config_name: "))
        seconds = interleaved(lambda: load(out / "many", out), lambda: load(out / "few", out))
        print(
            f"load    {configs[0]} configs {seconds[0]:.2f} s, {configs[1]} configs {seconds[1]:.2f} s, "
            f"ratio {seconds[0] / seconds[1]:.2f}"
        )


def load(path: Path, out: Path) -> None:
    """Load one config in a fresh process with a fresh cache."""
    home = tempfile.mkdtemp(dir=out)
    code = f"import datasets; assert len(datasets.load_dataset({str(path)!r}, 'ner-lines-text')['train']) == 480"
    env = os.environ | {"HF_HOME": home, "HF_HUB_OFFLINE": "1"}
    subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True)


PARTS = {
    "help": bench_help,
    "load": bench_load,
    "cores": bench_cores,
    "grid": bench_grid,
    "every": bench_every,
    "one": bench_one,
    "memory": bench_memory,
}


def main() -> None:
    """Run the parts that are asked for, each in its own process, since some of them bind to one core."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the real corpora")
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--corpora", nargs="+", choices=CORPORA, default=list(CORPORA), help="of grid and every")
    parser.add_argument("--runs", type=int, default=RUNS, help="of grid and every")
    args = parser.parse_args()
    args.data = args.data.resolve()
    if len(args.part) == 1:
        PARTS[args.part[0]](args)
        return
    further = ["--corpora", *args.corpora, "--runs", str(args.runs)]
    for part in args.part:
        subprocess.run([sys.executable, __file__, "--data", str(args.data), "--part", part, *further], check=True)


if __name__ == "__main__":
    main()
