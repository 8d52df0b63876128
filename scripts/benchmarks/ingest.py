"""How fast the readers are: records a second of each, and of bare reading of the same file by json or polars.

python scripts/benchmarks/ingest.py [--records 20000] [--only jsonl conll]

The files are made of one simple record with one mention or label. A reader is timed alone, without the checks of a
build, and in a process of its own, whose highest memory use (VmHWM) is shown for the file and for one of four times its
size: it is flat if they are alike. Seconds are CPU seconds of one process, so other work on the machine counts little.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

TEXT = "The IL-2 promoter binds p50 in T cells."
SPAN = {"start": 4, "end": 17, "label": "DNA"}
TOKENS = [*TEXT.removesuffix(".").split(), "."]
TAGS = ["O", "B-DNA", "I-DNA", "O", "O", "O", "O", "O", "O"]
REGION = {"id": "r", "type": "labels", "from_name": "l", "to_name": "text"}
REGION |= {"value": {"start": 4, "end": 17, "text": "IL-2 promoter", "labels": ["DNA"]}}
EVENT = {"event_type": "Bind", "trigger": {"text": "binds", "start": 3, "end": 4}, "arguments": []}
# the row of each reader of JSON lines, by the number of the record; and the task
ROWS: dict[str, tuple[str, Callable[[int], object]]] = {
    "jsonl": ("ner", lambda n: {"id": n, "text": TEXT, "annotations": [{"target": "DNA", "start": 4, "end": 17}]}),
    "doccano": ("ner", lambda n: {"id": n, "text": TEXT, "label": [[4, 17, "DNA"]]}),
    "prodigy": ("ner", lambda n: {"text": TEXT, "spans": [SPAN], "answer": "accept", "_input_hash": n}),
    "labelstudio": ("ner", lambda n: {"id": n, "data": {"text": TEXT}, "annotations": [{"result": [REGION]}]}),
    "oneie": ("ed", lambda n: {"sent_id": str(n), "tokens": TOKENS, "sentence": TEXT, "event_mentions": [EVENT]}),
    "hf": ("ner", lambda n: {"id": n, "tokens": TOKENS, "ner_tags": TAGS}),
}
OTHERS = {"conll": "ner", "csv": "mabsa", "asqp": "mabsa"}


def content(reader: str, count: int) -> Iterator[str]:
    """The lines of a file with `count` records for a reader."""
    if reader in ROWS:
        yield from (json.dumps(ROWS[reader][1](n)) + "\n" for n in range(count))
    elif reader == "conll":
        sentence = "".join(f"{token}\t{tag}\n" for token, tag in zip(TOKENS, TAGS, strict=False)) + "\n"
        yield from (sentence for _ in range(count))
    elif reader == "csv":
        yield "id,text,food\n"
        yield from (f"{n},{TEXT},positive\n" for n in range(count))
    else:
        yield from (f"The soup was cold {n} .####[['soup', 'food', 'negative', 'cold']]\n" for n in range(count))


def read_all(reader: str, path: Path) -> tuple[float, int]:
    """The seconds that a reader takes for a file, and the number of records."""
    from sde_datasets.ingest.builder import ReadContext, get_builder, resolve_targets
    from sde_datasets.ingest.sources import Source
    from sde_datasets.records.record import Record
    from sde_datasets.tasks.task import get_task

    task = ROWS[reader][0] if reader in ROWS else OTHERS[reader]
    builder, context = get_builder(reader), ReadContext(Source(path), get_task(task))
    context.schema = context.task.schema(resolve_targets(builder, context), "en")
    start = time.process_time()
    count = sum(isinstance(item, Record) for item in builder.read(context))
    return time.process_time() - start, count


def read_bare(path: Path) -> float:
    """The seconds of bare reading: json.loads of every line, polars for CSV, splitting for other text."""
    start = time.process_time()
    if path.suffix == ".csv":
        import polars

        start = time.process_time()
        polars.read_csv(path)
        return time.process_time() - start
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            json.loads(line) if path.suffix == ".jsonl" else line.split()
    return time.process_time() - start


def memory() -> int:
    """The highest memory use of this process in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) >> 10


def measured(reader: str, path: Path) -> dict[str, float]:
    """The measures of one file, from a process of its own."""
    command = [sys.executable, __file__, "--measure", reader, str(path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--only", nargs="*", default=[*ROWS, *OTHERS])
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        reader, path = given.measure[0], Path(given.measure[1])
        seconds, count = read_all(reader, path)
        print(json.dumps({"seconds": seconds, "count": count, "memory": memory(), "bare": read_bare(path)}))
        return
    print(f"{'reader':<12} {'records/s':>10} {'bare':>10} {'MiB':>6} {'MiB at 4x':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for reader in given.only:
            ending = {"conll": ".conll", "csv": ".csv", "asqp": ".txt"}.get(reader, ".jsonl")
            found = []
            for times in (1, 4):
                path = Path(folder) / f"train{ending}"
                with path.open("w", encoding="utf-8") as out:
                    out.writelines(content(reader, given.records * times))
                found.append(measured(reader, path))
            one, four = found
            rates = f"{one['count'] / one['seconds']:>10,.0f} {one['count'] / one['bare']:>10,.0f}"
            print(f"{reader:<12} {rates} {one['memory']:>6.0f} {four['memory']:>9.0f}", flush=True)


if __name__ == "__main__":
    main()
