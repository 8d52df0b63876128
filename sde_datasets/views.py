"""Views: from a plan's view to canonical records on disk, and the memory of what they were made from.

A view that an earlier build settled from the same files, options and versions is not read again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sde_datasets import __version__
from sde_datasets.builder import Builder, Job, find_builder, targets_of
from sde_datasets.collect import collect
from sde_datasets.errors import InputError, UsageError, nearest
from sde_datasets.facts import published_as
from sde_datasets.manifest import WORK, write_text
from sde_datasets.parquet import stamped
from sde_datasets.plan import Plan, ViewPlan
from sde_datasets.progress import Progress
from sde_datasets.report import Report
from sde_datasets.schemas import Schema
from sde_datasets.settle import Settings, Settler
from sde_datasets.sources import Source, sha256_of
from sde_datasets.tasks import Task, find_task


@dataclass
class View:
    """One view of a plan, ready to be settled into `folder`."""

    plan: ViewPlan
    settings: Settings
    folder: Path
    task: Task
    builder: Builder
    job: Job
    facts: dict

    @classmethod
    def of(cls, plan: Plan, view: ViewPlan, folder: Path) -> View:
        """The view with its builder, task and source found. Raises UsageError or InputError where one is not there."""
        builder, task = find_builder(view.corpus), find_task(view.task, plan.base)
        source = Source(plan.base / view.path, view.corpus) if builder.needs_path else None
        options = {"columns": view.columns, "labels": view.labels, **view.options}
        given = {key: value for key, value in options.items() if value}
        _check_options(builder, given)
        job = Job(source, task, None, view.subset, view.language, given)
        settings = Settings(plan.evidence, plan.dedupe, plan.max_empty)
        return cls(view, settings, folder, task, builder, job, published_as(view, plan.base))

    @cached_property
    def spec(self) -> str:
        """A digest of everything but the files that the records depend on."""
        asked = {key: value for key, value in asdict(self.plan).items() if key in _RECORDS_DEPEND_ON}
        words = self.task.words[self.task.word_language(self.plan.language)]
        made_from = [__version__, pa.__version__, asked, asdict(self.settings), words]
        return hashlib.sha256(json.dumps(made_from, sort_keys=True, default=str).encode()).hexdigest()

    def state(self, earlier: dict | None, progress: Progress) -> dict:
        """What the manifest keeps of this view: schema, report, inputs and record files. Settles it where needed."""
        kept = self.folder / WORK / f"{self.plan.name}.json"
        if kept.is_file():
            earlier = json.loads(kept.read_text("utf-8"))
        if not earlier or not self._stands(earlier):
            earlier = self._settle(progress)
            write_text(kept, json.dumps(earlier, ensure_ascii=False))
        # what may be published can change without a new reading
        return earlier | {"facts": self.facts, "hub": dict(self.task.hub)}

    def _stands(self, earlier: dict) -> bool:
        """Is what an earlier build made of the same files still there, unchanged?"""
        if earlier["spec"] != self.spec or earlier["listing"] != self._listing():
            return False
        if self.job.source is not None:
            self.job.source.opened.update(earlier["opened"])
            if self.job.source.inputs() != earlier["inputs"]:
                self.job.source.opened.clear()
                return False
        files = [shard for shards in earlier["records"].values() for shard in shards]
        return all(_unchanged(self.folder / shard["path"], shard["sha256"]) for shard in files)

    def _listing(self) -> str:
        return self.job.source.listing() if self.job.source else ""

    def _settle(self, progress: Progress) -> dict:
        name, job = self.plan.name, self.job
        work = self.folder / WORK / "views" / name
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        report = Report()
        job.schema = self._schema()
        with progress.work(f"reading {name}", None, "records"):
            ledger = collect(name, self.plan.corpus, self.builder, job, work, report, progress.advance)
        shards = Settler(work, job.schema, self.settings, report, ledger).run(stamped({"key": self.spec}))
        ledger.close()
        if not shards:
            what = ", ".join(f"{count} {option}" for option, count in report.dropped.items())
            raise InputError(name, f"every record was dropped by an option ({what})", "Loosen --dedupe or --max-empty.")
        if wrong := report.unbalanced():
            raise AssertionError(f"the report of {name} does not add up: {wrong}")
        records = {split: self._place(split, files) for split, files in shards.items()}
        (work / "rejects.jsonl").replace(self.folder / WORK / f"{name}.rejects.jsonl")
        shutil.rmtree(work)
        return {
            "corpus": self.plan.corpus,
            "task": self.task.name,
            "language": job.language,
            "schema": json.loads(job.schema.to_json()),
            "spec": self.spec,
            "listing": self._listing(),
            "opened": sorted(job.source.opened) if job.source else [],
            "inputs": job.source.inputs() if job.source else {},
            "report": report.to_dict(),
            "records": records,
        }

    def _schema(self) -> Schema:
        targets = self.plan.targets or targets_of(self.builder, self.job)
        return self.task.schema(targets, self.plan.language, f"view {self.plan.name}")

    def _place(self, split: str, files: list[Path]) -> list[dict]:
        """Move the record shards of a split to where readers find them."""
        placed = []
        for number, file in enumerate(files):
            path = f"data/{self.plan.name}-records/{split}-{number:05d}-of-{len(files):05d}.parquet"
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            file.replace(target)
            rows = pq.read_metadata(target).num_rows
            size = target.stat().st_size
            placed.append({"path": path, "rows": rows, "bytes": size, "sha256": sha256_of(target)})
        return placed


_RECORDS_DEPEND_ON = ("corpus", "name", "language", "subset", "targets", "columns", "labels", "options")


def _check_options(builder: Builder, given: dict) -> None:
    for key in given:
        if key not in builder.options:
            hint = nearest(key, builder.options) if builder.options else "It takes none."
            raise UsageError(f"corpus {builder.name!r} has no option {key!r}. {hint}")


def _unchanged(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256
