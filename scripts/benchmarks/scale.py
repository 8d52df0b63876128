"""What a large build costs, and what the files of many designs repeat.

    scripts/bench scale [--part ingest write workers ray repeats load] [--records N ...] [--source CORPUS=PATH]

ingest    reading, validating and splitting synthetic records, without samples: seconds of the processor, bytes, memory
write     the samples of 144 designs in one process: seconds of the processor, bytes, memory
workers   the same in one process and in two: efficiency
ray       the same on one and two workers of Ray (extra ray), on this machine
repeats   what the files of many designs repeat, by column and by chunk of content: the bundled corpora under all
          designs, or a corpus (--source) under the 13 designs of the paper
load      a design from a published config and rendered from records: seconds, with an empty cache

Seconds of the processor are those of the process and its children, so that other work on the machine matters less.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

# the chunks of the Hub's storage (Xet): mean, smallest and largest size in bytes
CHUNK, SMALLEST, LARGEST = 64 << 10, 8 << 10, 128 << 10


@contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder on the disk of the working directory, since /tmp is memory on some machines."""
    with tempfile.TemporaryDirectory(dir=".") as name:
        yield Path(name).resolve()


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds by the clock, seconds of the processor, and the peak of its largest process.

    Zero for what is not known: the workers of Ray are no children of the command.
    """

    wall: float
    cpu: float
    peak: int


def run(*words: object) -> Cost:
    """Run a command of sde-datasets in a process that counts what its children take."""
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
        "used = resource.getrusage(resource.RUSAGE_CHILDREN); print(used.ru_utime + used.ru_stime, used.ru_maxrss)"
    )
    command = [sys.executable, "-c", code, sys.executable, "-m", "sde_datasets", *map(str, words)]
    started = time.perf_counter()
    cpu, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return Cost(time.perf_counter() - started, float(cpu), int(peak) << 10)


def build(records: int, out: Path, designs: str, *options: object) -> Cost:
    """Build synthetic records under designs."""
    source = ("--source", f"synthetic=rows={records},seed=1", "--task", "ner")
    return run("build", *source, "--designs", designs, "--out", out, "--quiet", *options)


def bytes_in(out: Path, records: bool) -> int:
    """The bytes of the Parquet files of records, or of samples."""
    found = (out / "data").glob("*/*.parquet")
    return sum(path.stat().st_size for path in found if path.parent.name.endswith("-records") == records)


def line(part: str, records: int, cost: Cost, size: int, note: str = "") -> None:
    """Print a measurement."""
    rate = records / cost.cpu
    print(
        f"{part:8} {records:9,} records  {cost.wall:7.1f} s  {cost.cpu:7.1f} s of the processor  {rate:8,.0f} records/s"
        f"  {size / 1e6:8.1f} MB  peak {cost.peak / 1e6:5.0f} MB {note}",
        flush=True,
    )


def bench_ingest(sizes: Sequence[int]) -> None:
    for records in sizes:
        with folder() as base:
            cost = build(records, base / "out", "none", "--workers", 1)
            line("ingest", records, cost, bytes_in(base / "out", True))


def bench_write(sizes: Sequence[int]) -> None:
    for records in sizes:
        with folder() as base:
            reading = build(records, base / "none", "none", "--workers", 1)
            cost = build(records, base / "out", "all", "--workers", 1)
            writing = Cost(cost.wall - reading.wall, cost.cpu - reading.cpu, cost.peak)
            samples = records * 144
            line("write", records, writing, bytes_in(base / "out", False), f"{samples / writing.cpu:,.0f} samples/s")


def bench_workers(sizes: Sequence[int], *engine: str) -> None:
    """Builds with one and with two workers, in turn; the better of two runs of each."""
    for records in sizes:
        best: dict[int, Cost] = {}
        for _ in range(2):
            for workers in (1, 2):
                with folder() as base:
                    cost = timed_build(records, base / "out", workers, *engine)
                    size = bytes_in(base / "out", False)
                if workers not in best or cost.wall < best[workers].wall:
                    best[workers] = cost
        for workers, cost in best.items():
            share = best[1].wall / cost.wall / workers
            name = f"{workers} {'Ray workers' if engine else 'processes'}"
            processor = f", {cost.cpu:.1f} s of the processor" if cost.cpu else ""
            rate = f"{records / cost.wall:,.0f} records/s, efficiency {share:.0%}"
            print(f"workers  {records:9,} records, {name}: {cost.wall:.1f} s{processor}, {rate}, {size / 1e6:.1f} MB")


def timed_build(records: int, out: Path, workers: int, *engine: str) -> Cost:
    """A build of 144 designs with as many workers."""
    if not engine:
        return build(records, out, "all", "--workers", workers)
    code = (
        "import sys, time, ray, sde_datasets as sde\n"
        "ray.init(num_cpus=int(sys.argv[3]), include_dashboard=False, log_to_driver=False)\n"
        "started = time.perf_counter()\n"
        "sde.build(f'synthetic=rows={sys.argv[1]},seed=1', sys.argv[2], task='ner', designs='all', engine='ray')\n"
        "print(time.perf_counter() - started)"
    )
    command = [sys.executable, "-c", code, str(records), str(out), str(workers)]
    wall = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])
    return Cost(wall, 0, 0)


def bench_ray(sizes: Sequence[int]) -> None:
    bench_workers(sizes, "ray")


def bench_repeats(_: Sequence[int], source: str = "") -> None:
    """Bytes by column, and bytes of distinct chunks."""
    with folder() as base:
        given = ("--source", source, "--designs", "paper") if source else ("--designs", "all")
        run("build", *given, "--out", base / "out", "--quiet")
        for view in sorted({path.name.partition("-")[0] for path in (base / "out/data").iterdir()}):
            paths = sorted((base / "out/data").glob(f"{view}-*/*.parquet"))
            samples = [path for path in paths if not path.parent.name.endswith("-records")]
            records = [path for path in paths if path.parent.name.endswith("-records")]
            columns = column_bytes(samples)
            total = sum(path.stat().st_size for path in samples)
            shares = ", ".join(f"{name} {count / total:.1%}" for name, count in columns.most_common(5))
            print(f"repeats  {view:8} {len(samples)} files, {total / 1e6:.1f} MB: {shares}")
            print(f"repeats  {view:8} distinct chunks {distinct(samples) / 1e6:.1f} MB of {total / 1e6:.1f} MB")
            print(f"repeats  {view:8} records alone {sum(p.stat().st_size for p in records) / 1e6:.2f} MB", flush=True)


def column_bytes(paths: Sequence[Path]) -> Counter[str]:
    """The compressed bytes of each top-level column of some files."""
    count: Counter[str] = Counter()
    for path in paths:
        metadata = pq.read_metadata(path)
        for group in range(metadata.num_row_groups):
            for index in range(metadata.num_columns):
                column = metadata.row_group(group).column(index)
                count[column.path_in_schema.partition(".")[0]] += column.total_compressed_size
    return count


def distinct(paths: Sequence[Path]) -> int:
    """The bytes of the different chunks of some files."""
    sizes = {}
    for path in paths:
        for chunk in chunks(path.read_bytes()):
            sizes[hashlib.blake2b(chunk, digest_size=16).digest()] = len(chunk)
    return sum(sizes.values())


# a random number for each byte: the Hub's table is another one, which changes no statistic
GEAR = np.random.default_rng(1).integers(0, 1 << 63, 256, dtype=np.uint64)


def chunks(data: bytes) -> Iterator[bytes]:
    """Cut bytes where a rolling hash of the last 64 bytes has 16 zero bits, as the Hub's storage does."""
    values = GEAR[np.frombuffer(data, dtype=np.uint8)]
    rolling = values.copy()
    for shift in range(1, 64):
        rolling[shift:] += values[:-shift] << np.uint64(shift)
    ends = np.flatnonzero(rolling >> np.uint64(48) == 0) + 1
    start = at = 0
    while start < len(data):
        at = int(np.searchsorted(ends, start + SMALLEST))
        end = int(ends[at]) if at < len(ends) else len(data)
        end = min(end, start + LARGEST, len(data))
        yield data[start:end]
        start = end


def bench_load(sizes: Sequence[int]) -> None:
    for records in sizes:
        with folder() as base:
            build(records, base / "out", "lines-text")
            build(records, base / "records", "none")
            for name, call in {
                "published": f"datasets.load_dataset({str(base / 'out')!r}, 'ner-lines-text', split='train')",
                "rendered": f"sde.load({str(base / 'records')!r}, 'ner-lines-text', split='train')",
            }.items():
                code = "import sys, time, datasets, sde_datasets as sde, sde_datasets.dataset.load\n"
                code += f"started = time.perf_counter(); rows = {call}\n"
                code += "print(time.perf_counter() - started, rows.num_rows)"
                env = os.environ | {"HF_HOME": str(base / name), "HF_HUB_OFFLINE": "1"}
                done = subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True)
                seconds, rows = done.stdout.split()
                print(f"load     {name:9} {int(rows):9,} rows: {float(seconds):.1f} s", flush=True)


PARTS: dict[str, tuple[Callable[[Sequence[int]], None], tuple[int, ...]]] = {
    "ingest": (bench_ingest, (10_000, 100_000, 1_000_000, 3_000_000)),
    "write": (bench_write, (10_000, 30_000, 100_000)),
    "workers": (bench_workers, (50_000,)),
    "ray": (bench_ray, (50_000,)),
    "repeats": (bench_repeats, ()),
    "load": (bench_load, (100_000,)),
}


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--records", type=int, nargs="+", help="the numbers of records, instead of those of the part")
    parser.add_argument("--source", default="", help="a corpus for the part repeats, instead of the bundled ones")
    args = parser.parse_args()
    for part in args.part:
        bench, sizes = PARTS[part]
        if part == "repeats":
            bench_repeats(sizes, args.source)
        else:
            bench(args.records or sizes)


if __name__ == "__main__":
    main()
