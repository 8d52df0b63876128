"""How good extracted evidence is: hide the evidence of ACOS, extract it, compare.

python scripts/benchmarks/evidence.py --data ../shared/data/acos

A pair is a test text and one of its categories with annotated evidence. A clause is right for a pair where it holds an
annotated span whole (`one`), or all of them (`all`). `random` is what a clause at random reaches on average, computed
and not drawn, and `longest` always takes the longest clause.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from sde_datasets.ingest.builder import ReadContext, get_builder, resolve_targets
from sde_datasets.ingest.clauses import Clauses
from sde_datasets.ingest.evidence import Extractor
from sde_datasets.ingest.sources import Source
from sde_datasets.records.record import Record, Span
from sde_datasets.tasks.task import get_task

SUBSETS = {"restaurant": "", "laptop": "laptop"}
SPLITS = ("validation", "test")


def records_of(data: Path, subset: str) -> tuple[list[Record], tuple[str, ...]]:
    """The records of a subset of ACOS and its targets."""
    builder = get_builder("acos")
    context = ReadContext(Source(data), get_task(builder.task), subset=subset)
    targets = resolve_targets(builder, context)
    context.schema = context.task.schema(targets, "en")
    return [record for record in builder.read(context) if isinstance(record, Record)], targets


def fitted(records: list[Record], targets: tuple[str, ...]) -> Extractor:
    """The extractor of the training records, which sees the text and the targets and no evidence."""
    training = [record for record in records if record.split == "train"]
    mentioned = [[a.target for a in record.annotations] for record in training]
    return Extractor([record.text for record in training], mentioned, targets, "en")


def hits(clause: Span, evidence: tuple[Span, ...]) -> tuple[bool, bool]:
    """Whether a clause holds one of the annotated spans, and all of them."""
    held = [clause[0] <= start and end <= clause[1] for start, end in evidence]
    return any(held), all(held)


def measured(extractor: Extractor, records: list[Record]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each pair: clauses and categories of the text, and the hits of each way to choose, (way, one/all)."""
    wanted = [[a.target for a in record.annotations] for record in records]
    chosen = extractor.choose([record.text for record in records], wanted)
    clauses, categories, found = [], [], []
    for record, spans in zip(records, chosen, strict=True):
        every = Clauses(record.text).all()
        longest = max(every, key=lambda span: span[1] - span[0], default=None)
        for annotation, span in zip(record.annotations, spans, strict=True):
            if annotation.evidence:
                clauses.append(len(every))
                categories.append(len(record.annotations))
                at_random = np.mean([hits(one, annotation.evidence) for one in every], axis=0)
                extracted = hits(span, annotation.evidence) if span else (False, False)
                found.append([extracted, at_random, hits(longest, annotation.evidence)])
    return np.array(clauses), np.array(categories), np.array(found, float)


def main() -> None:
    """Print the table for both domains."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of ACOS")
    parser.add_argument("--split", choices=SPLITS, default="test", help="what is measured on (default: test)")
    given = parser.parse_args()
    for domain, subset in SUBSETS.items():
        records, targets = records_of(given.data, subset)
        held_out = [record for record in records if record.split == given.split]
        start = time.perf_counter()
        extractor = fitted(records, targets)
        fit = time.perf_counter() - start
        start = time.perf_counter()
        clauses, categories, found = measured(extractor, held_out)
        rate = len(found) / (time.perf_counter() - start)
        print(f"{domain}, {given.split}: fitted in {fit:.1f} s, {rate:,.0f} choices/s")
        print(f"{'':28}{'pairs':>6}  {'extracted':>13}  {'random':>13}  {'longest':>13}")
        print(f"{'':28}{'':>6}" + f"  {'one':>6} {'all':>6}" * 3)
        rows = {"all": clauses > 0, "two clauses or more": clauses > 1, "two categories or more": categories > 1}
        for name, where in (rows | {"both": (clauses > 1) & (categories > 1)}).items():
            shares = [f"  {one:6.1%} {every:6.1%}" for one, every in found[where].mean(axis=0)]
            print(f"{name:28}{where.sum():>6}" + "".join(shares))
        print()


if __name__ == "__main__":
    main()
