"""One view of a dataset: its task, the prompt templates of all designs that it can have, and its records."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from sde_datasets.dataset.parquet import row_groups
from sde_datasets.dataset.view_state import ViewState
from sde_datasets.designs.design import EVERY, ViewTraits, get_design
from sde_datasets.errors import InputError, UsageError, nearest, summary
from sde_datasets.explorer.dataset_files import DatasetFiles
from sde_datasets.records.columns import RECORD_SCHEMA
from sde_datasets.samples.prompts import PromptTemplate, task_template
from sde_datasets.tasks.task import Task, get_task, task_names

_COLUMNS = ("id", "split", "text")


@dataclass(frozen=True)
class FoundRecords:
    """Records that a search found: rows with id, split and text, and whether there are more."""

    rows: list[dict[str, str]]
    more: bool


@dataclass(frozen=True)
class ExploredView:
    """A view of a dataset with its task."""

    name: str
    state: ViewState
    task: Task
    files: DatasetFiles

    @classmethod
    def open(cls, files: DatasetFiles, name: str, tasks: Sequence[Task] = ()) -> ExploredView:
        """Open a view of a dataset. tasks: those that are not installed.

        Raises UsageError for a task that is not known, and InputError where the words of the dataset are not those of
        the task.
        """
        state = files.manifest.views[name]
        known = {task.name: task for task in tasks}
        if state.task not in known and state.task not in task_names():
            raise UsageError(f"{name} has the task {state.task!r}, which is not installed: give its file with --task")
        task = known.get(state.task) or get_task(state.task)
        view = cls(name, state, task.define(_definitions(files.manifest.plan, name), state.language), files)
        view._check_words()
        return view

    @property
    def splits(self) -> dict[str, int]:
        """The number of records of each split."""
        return self.files.manifest.split_rows(f"{self.name}-records")

    @cached_property
    def templates(self) -> dict[str, PromptTemplate]:
        """The prompt template of each design that the view can have, in the order of all designs."""
        schema = self.state.schema
        traits = ViewTraits(self.name, schema.kind, tuple(self.task.undefined(schema)))
        found = {}
        for name, design in EVERY.items():
            if traits.allows(design):
                try:
                    found[name] = task_template(self.task, schema, design)
                except UsageError:
                    # a task of the user's own may lack a wording, or a sentence of a design beyond the paper
                    continue
        return found

    def search(self, words: str, split: str, skip: int, limit: int) -> FoundRecords:
        """Return the records whose text or id contains `words`, in any case, in order. split: "" for all.

        Raises UsageError for an unknown split, InputError for files that cannot be read.
        """
        wanted = None
        if words:
            wanted = _contains("text", words) | _contains("id", words)
        table = self._read(split, wanted, skip + limit + 1, _COLUMNS)
        rows = table.slice(skip).to_pylist()
        return FoundRecords(rows[:limit], len(rows) > limit)

    def record(self, split: str, id: str) -> pa.RecordBatch:
        """Return a record as a batch of one row. Raises UsageError if there is none."""
        table = self._read(split, pc.field("id") == id, 1, RECORD_SCHEMA.names)
        if not len(table):
            raise UsageError(f"{self.name} has no record {id!r} in the split {split!r}")
        return table.combine_chunks().to_batches()[0]

    def _read(self, split: str, wanted: pc.Expression | None, limit: int, columns: Sequence[str]) -> pa.Table:
        config = f"{self.name}-records"
        splits = [split] if split else list(self.splits)
        paths = [self.files.path(path) for each in splits for path in self.files.manifest.files(config, each)]
        try:
            # one thread: records keep their order
            scanner = ds.dataset(paths, RECORD_SCHEMA, "parquet").scanner(list(columns), wanted, use_threads=False)
            return scanner.head(limit)
        except (OSError, pa.ArrowException) as error:
            raise InputError(config, f"cannot be read ({summary(error)})", "Build the folder again.") from error

    def _check_words(self) -> None:
        """Raise InputError if the first prompt of a config of the dataset is not what its design gives."""
        if not self.state.designs:
            return
        config = f"{self.name}-{self.state.designs[0]}"
        sizes = {path: self.files.manifest.outputs[path].size for path in self.files.manifest.config_files(config)}
        # the smallest file: one of a repository is downloaded
        path = self.files.path(min(sizes, key=lambda path: (sizes[path], path)))
        first = next(row_groups(path, ("prompt", "source_text"))).slice(0, 1).to_pylist()[0]
        template = task_template(self.task, self.state.schema, get_design(self.state.designs[0]))
        if first["prompt"] != template.prompt(first["source_text"]):
            problem = "has other prompts than this version of sde-datasets writes"
            raise InputError(f"{self.files.name} {config}", problem, "Build it again, or give its task with --task.")


def _contains(column: str, words: str) -> pc.Expression:
    return pc.match_substring(pc.field(column), words, ignore_case=True)


def _definitions(plan: str, view: str) -> dict[str, str]:
    """The definitions of targets that the plan of a dataset gives a view."""
    views = {entry.get("name"): entry for entry in tomllib.loads(plan).get("view", [])}
    return views.get(view, {}).get("definitions", {})


def find_view(views: dict[str, ExploredView], name: str) -> ExploredView:
    """Return a view by its name. Raises UsageError for an unknown one."""
    if name not in views:
        raise UsageError(f"unknown view {name!r}. {nearest(name, views)}")
    return views[name]
