"""Views: from a view of a plan to its records on disk.

A view that an earlier build made from the same files, options and versions is not read again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sde_datasets import __version__
from sde_datasets.dataset.corpus_facts import CorpusFacts
from sde_datasets.dataset.manifest import WORK
from sde_datasets.dataset.parquet import FileStamp
from sde_datasets.dataset.rejects import REJECTS
from sde_datasets.dataset.report import Report
from sde_datasets.dataset.view_state import RecordShard, ViewState
from sde_datasets.errors import InputError, UsageError, nearest
from sde_datasets.ingest.bad_annotations import RULES
from sde_datasets.ingest.builder import Builder, ReadContext, get_builder, resolve_targets
from sde_datasets.ingest.facts import view_facts
from sde_datasets.ingest.locations import Locations, locate
from sde_datasets.ingest.offsets import ENDS, OFFSETS
from sde_datasets.ingest.plan import Plan, ViewPlan
from sde_datasets.ingest.recognise import named_reader
from sde_datasets.ingest.sources import Source
from sde_datasets.ingest.split_assigner import IngestSettings, SplitAssigner
from sde_datasets.ingest.targets import check_rename, remarks, renamed
from sde_datasets.ingest.validate import RecordValidator, spool_records
from sde_datasets.records.columns import RECORD_SCHEMA, schema_text
from sde_datasets.records.record import split_name
from sde_datasets.records.schema import Schema
from sde_datasets.tasks.task import Task, get_task
from sde_datasets.utils.files import sha256_of, write_text
from sde_datasets.utils.progress import Progress


@dataclass
class View:
    """One view of a plan, with its builder, task and source. folder: the dataset folder that takes its records."""

    plan: ViewPlan
    settings: IngestSettings
    folder: Path
    task: Task
    builder: Builder
    context: ReadContext
    facts: CorpusFacts
    # hashes of the files that define builders: the view is read again when one changes
    code: list[str] = field(default_factory=list)

    @classmethod
    def from_plan(cls, plan: Plan, view: ViewPlan, folder: Path) -> View:
        """Find the builder, the task and the source of a view. Raises UsageError or InputError if one is missing."""
        builder = get_builder(view.corpus, plan.builder_files)
        task = get_task(view.task, plan.base).define(view.definitions, view.language)
        options = {"columns": view.columns, "labels": view.labels, **view.options}
        options |= {key: getattr(view, key) for key in CHOICES if getattr(view, key)}
        options = {key: value for key, value in options.items() if value}
        _check_options(builder, options)
        context = ReadContext(task=task, subset=view.subset, language=view.language, options=options)
        if builder.needs_path:
            found = locate(list(view.paths), plan.base, hub=view.corpus == "hf")
            context.source = Source(found.paths, view.corpus, _splits(view, found))
            context.source.keep = found.keep
            context.remarks += found.origin
        settings = IngestSettings(
            plan.evidence, plan.dedupe, plan.max_empty, plan.max_rejected, view.split or plan.split
        )
        code = [sha256_of(file) for file in plan.builder_files]
        return cls(view, settings, folder, task, builder, context, view_facts(view, plan.base), code)

    @cached_property
    def spec(self) -> str:
        """A digest of everything but the source files that the records depend on."""
        values = {key: value for key, value in asdict(self.plan).items() if key in _RECORDS_DEPEND_ON}
        words = self.task.words[self.task.word_language(self.plan.language)]
        made_from = [__version__, pa.__version__, schema_text(RECORD_SCHEMA), values, asdict(self.settings), words]
        made_from += [{"aliases": self.task.read.aliases} if self.task.read.aliases else {}, *self.code]
        return hashlib.sha256(json.dumps(made_from, sort_keys=True, default=str).encode()).hexdigest()

    def load_or_ingest(self, earlier: ViewState | None, progress: Progress) -> ViewState:
        """The state of the view: the earlier one if nothing has changed, else that of a new reading of the corpus.

        A state that a killed build left in the work folder takes the place of `earlier`.
        """
        cache = self.folder / WORK / f"{self.plan.name}.json"
        state = _cached_state(cache) or earlier
        if state is None or not self._is_current(state):
            state = self._ingest(progress)
            write_text(cache, json.dumps(state.to_dict(), ensure_ascii=False))
        _check_defined(self.plan, state.schema)
        # facts, terms of the Hub and instructions can change without a new reading
        return replace(state, facts=self.facts, hub=dict(self.task.hub), **self._words(state.schema))

    def _is_current(self, state: ViewState) -> bool:
        """True if the source files, the options and the record files of a state are unchanged."""
        if state.spec != self.spec or state.listing != self._listing():
            return False
        if self.context.source is not None:
            self.context.source.opened.update(state.opened)
            if self.context.source.inputs() != state.inputs:
                self.context.source.opened.clear()
                return False
        return all(_is_unchanged(self.folder / shard.path, shard.sha256) for _, shard in state.shards())

    def _listing(self) -> str:
        return self.context.source.listing() if self.context.source else ""

    def _ingest(self, progress: Progress) -> ViewState:
        """Read the corpus and write the records of the view."""
        name, context = self.plan.name, self.context
        work = self.folder / WORK / "views" / name
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        report = Report()
        context.schema, schema = self.schemas()
        with progress.work(f"reading {name}", None, "records"):
            validator = RecordValidator(name, context, schema, self.plan.rename, work, report, self.plan.window)
            self._spool(validator, progress)
        report.remarks = [*context.remarks, *remarks(self.plan.rename, schema.targets, report.outside)]
        assigner = SplitAssigner(work, schema, self.settings, report, validator.seen)
        shards = assigner.write_records(FileStamp(self.spec).metadata())
        validator.seen.close()
        if not shards:
            options = ", ".join(f"{count} {option}" for option, count in report.dropped.items())
            hint = "Loosen --dedupe or --max-empty."
            raise InputError(name, f"every record was dropped by an option ({options})", hint)
        if wrong := report.imbalance():
            raise AssertionError(f"the report of {name} does not add up: {wrong}")
        records = {split: self._moved_shards(split, files) for split, files in shards.items()}
        (work / REJECTS).replace(self.folder / WORK / f"{name}.{REJECTS}")
        shutil.rmtree(work)
        return ViewState(
            corpus=self.plan.corpus,
            task=self.task.name,
            language=context.language,
            schema=schema,
            spec=self.spec,
            listing=self._listing(),
            opened=tuple(sorted(context.source.opened)) if context.source else (),
            inputs=context.source.inputs() if context.source else {},
            # with counters sorted, as a later build loads it
            report=Report.from_dict(report.to_dict()),
            records=records,
            facts=self.facts,
            hub=dict(self.task.hub),
            **self._words(schema),
        )

    def _words(self, schema: Schema) -> dict[str, Any]:
        """The wordings and definitions of the task, as the state holds them."""
        language = schema.language
        return {"wordings": self.task.wordings[language], "definitions": self.task.definitions.get(language, {})}

    def _spool(self, validator: RecordValidator, progress: Progress) -> None:
        """Read the records into the spool. Raises InputError, with the reader of another format if it looks so."""
        try:
            spool_records(validator, self.plan.corpus, self.builder, self.settings.max_rejected, progress.advance)
        except InputError as error:
            if validator.report.splits:
                raise
            raise named_reader(error, self.builder, self.context.source) from error

    def schemas(self) -> tuple[Schema, Schema]:
        """The schema with the targets as the corpus names them, for the builder, and the one with renamed targets."""
        location, language = f"view {self.plan.name}", self.plan.language
        try:
            targets = self.plan.targets or resolve_targets(self.builder, self.context)
        except InputError as error:
            raise named_reader(error, self.builder, self.context.source) from error
        check_rename(self.plan.rename, targets, location)
        named = self.task.schema(renamed(targets, self.plan.rename), language, location)
        return self.task.schema(targets, language, location), named

    def _moved_shards(self, split: str, files: list[Path]) -> tuple[RecordShard, ...]:
        """Move the record shards of a split to their final paths."""
        moved = []
        for number, file in enumerate(files):
            path = f"data/{self.plan.name}-records/{split}-{number:05d}-of-{len(files):05d}.parquet"
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            file.replace(target)
            rows = pq.read_metadata(target).num_rows
            moved.append(RecordShard(path, rows, target.stat().st_size, sha256_of(target)))
        return tuple(moved)


def _splits(view: ViewPlan, found: Locations) -> list[str | None]:
    """The split that the plan gives each path. Raises UsageError for a split or a path that is none."""
    for path, word in view.splits.items():
        if split_name(word) is None:
            raise UsageError(f"splits: unknown split {word!r} for {path}. Known: train, validation, test")
        if path not in view.paths:
            raise UsageError(f"splits: {path!r} is no path of the view. {nearest(path, view.paths)}")
    if not view.splits:
        return []
    if len(found.paths) != len(view.paths):
        raise UsageError("splits: a path with a pattern matches several files; give each file its split")
    return [split_name(view.splits.get(path, "")) for path in view.paths]


def _cached_state(path: Path) -> ViewState | None:
    """The state that a killed build left in the work folder, or None."""
    try:
        return ViewState.from_dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InputError):
        return None


# options of builders that are keys of a view, with their values; every builder takes bad_annotations
CHOICES = {"offsets": OFFSETS, "ends": ENDS, "bad_annotations": RULES}


def _check_defined(plan: ViewPlan, schema: Schema) -> None:
    """Raise InputError for a definition of a target that the view does not have."""
    if unknown := [target for target in plan.definitions if target not in schema.index]:
        hint = nearest(unknown[0], schema.targets)
        raise InputError(f"view {plan.name}: definitions", f"unknown target {unknown[0]!r}", hint)


_RECORDS_DEPEND_ON = ("corpus", "name", "language", "subset", "targets", "columns", "labels", "rename", *CHOICES)
_RECORDS_DEPEND_ON += ("options", "splits", "max_chars", "stride")


def _check_options(builder: Builder, options: Mapping[str, Any]) -> None:
    """Raise UsageError for an option that the builder does not have, or with an unknown value."""
    for key, value in options.items():
        if key in CHOICES and value not in CHOICES[key]:
            raise UsageError(f"{key} is {value!r}. Known: {', '.join(CHOICES[key])}.")
        # offsets in characters are what every builder yields
        if key == "bad_annotations" or (key, value) == ("offsets", "characters"):
            continue
        if key not in builder.options:
            hint = nearest(key, builder.options) if builder.options else "It takes none."
            raise UsageError(f"corpus {builder.name!r} has no option {key!r}. {hint}")


def _is_unchanged(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256
