"""The data of a choice: training and validation samples of one view, from which the test split is left out.

A derived folder holds them. It has one view, or one for each fold of a cross-validation, and the designs that trials
have asked for.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from sde_datasets.building.derived import DerivedView, add_designs, derive_records
from sde_datasets.choosing.candidates import CandidateRules
from sde_datasets.choosing.source import RecordSource
from sde_datasets.dataset.manifest import NAME, Manifest
from sde_datasets.dataset.parquet import row_groups
from sde_datasets.designs.design import ViewTraits
from sde_datasets.errors import InputError
from sde_datasets.ingest.splits import split_hash
from sde_datasets.records.columns import list_offsets
from sde_datasets.records.record import SPLITS
from sde_datasets.records.schema import Schema
from sde_datasets.study.data import StudyData
from sde_datasets.tasks.task import Task

# with fewer training rows a validation split is too small to tell designs apart
FEW_ROWS = 100
# percent of the training records that become the validation split where there is none
_HELD_OUT = 20
_PUBLISHED = "the validation split of the data"
# the test split is never read before the choice is made
_READ = ("train", "validation")


@dataclass(frozen=True)
class ChoiceData:
    """A derived folder. views: one, or one for each fold. rule: a sentence on the origin of the validation samples."""

    folder: Path
    view: str
    views: tuple[str, ...]
    task: Task
    rule: str
    evidence: bool

    @cached_property
    def study(self) -> StudyData:
        """The folder as the data of cells."""
        return StudyData(str(self.folder))

    @property
    def manifest(self) -> Manifest:
        """The manifest of the folder."""
        return Manifest.load(self.folder)

    @property
    def schema(self) -> Schema:
        """The schema of the view."""
        return self.manifest.views[self.views[0]].schema

    @property
    def rules(self) -> CandidateRules:
        """What decides which designs are candidates."""
        schema = self.schema
        traits = ViewTraits(self.view, schema.kind, tuple(self.task.undefined(schema)))
        return CandidateRules(traits, self.evidence)

    @property
    def train_rows(self) -> int:
        """The training samples of a run on all data: those of the smallest fold."""
        return min(self._rows("train"))

    @property
    def validation_rows(self) -> int:
        """The validation samples of a trial, over all folds."""
        return sum(self._rows("validation"))

    def _rows(self, split: str) -> list[int]:
        manifest = self.manifest
        return [manifest.rows(f"{view}-records", split) for view in self.views]

    def require_designs(self, designs: Collection[str]) -> None:
        """Write designs that the folder does not have yet."""
        add_designs(self.folder, self.task, designs)

    @cached_property
    def documents(self) -> dict[str, str]:
        """The document of each validation sample; its id where there is none."""
        manifest = self.manifest
        found: dict[str, str] = {}
        for view in self.views:
            for path in manifest.files(f"{view}-records", "validation"):
                for batch in row_groups(self.folder / path, ["id", "document"]):
                    ids, documents = batch.column("id").to_pylist(), batch.column("document").to_pylist()
                    found |= {id: document or id for id, document in zip(ids, documents, strict=True)}
        return found


def prepare_data(source: RecordSource, out: Path, folds: int = 0) -> ChoiceData:
    """Derive the data of a choice, or use what an earlier call derived from the same records.

    folds: of a cross-validation over training and validation records; 0 for none. Raises InputError for too few rows,
    and for records with one class only or without mentions.
    """
    views = _views(source, folds)
    _check_size(source, folds)
    folder = _derived(source, out, views, f"{folds}folds" if folds else "")
    # a list: the classes of every fold are checked
    described = all(list(map(partial(_check_classes, folder, source.view), (view.name for view in views))))
    return ChoiceData(folder, source.view, tuple(view.name for view in views), source.task, views[0].rule, described)


def final_data(source: RecordSource, design: str, out: Path) -> tuple[str, str | None]:
    """Return the data of a run with all splits under a design, as `train` takes them: an address and a revision.

    The data are written into `out` if the source does not have the design.
    """
    if source.address and design in source.manifest.views[source.view].designs:
        return source.address, source.revision
    folder = _derived(source, out, [DerivedView(source.view, SPLITS, _unchanged, "as in the data")])
    add_designs(folder, source.task, [design])
    return str(folder), None


def _derived(source: RecordSource, out: Path, views: Sequence[DerivedView], mark: str = "") -> Path:
    """Return a folder in `out` with views of the records; derive it if it is missing."""
    folder = out.absolute() / "-".join(filter(None, (source.view, mark, _digest(source))))
    if not (folder / NAME).is_file():
        derive_records(source.folder, source.view, folder, views)
    return folder


def _unchanged(split: str, document: str) -> str:
    return split


def _views(source: RecordSource, folds: int) -> list[DerivedView]:
    if folds:
        rule = f"cross-validation with {folds} folds by a hash of the document"
        return [DerivedView(f"{source.view}_fold{n + 1}", _READ, _Fold(folds, n), rule) for n in range(folds)]
    counts = source.manifest.views[source.view].report.splits
    if not counts["train"]:
        raise InputError(f"view {source.view}", "has no training split", "Build the data with --split 80/10/10.")
    if counts["validation"]:
        return [DerivedView(source.view, _READ, _unchanged, _PUBLISHED)]
    rule = (
        f"{_HELD_OUT} % of the training records, by a hash of the document, because the data have no validation split"
    )
    return [DerivedView(source.view, ("train",), _held_out, rule)]


def _held_out(split: str, document: str) -> str:
    return "validation" if split_hash(f"validation {document}") % 100 < _HELD_OUT else "train"


@dataclass(frozen=True)
class _Fold:
    folds: int
    number: int

    def __call__(self, split: str, document: str) -> str:
        return "validation" if split_hash(f"fold {document}") % self.folds == self.number else "train"


def _check_size(source: RecordSource, folds: int) -> None:
    """Raise InputError for few rows, unless a cross-validation uses all of them for validation."""
    counts = source.manifest.views[source.view].report.splits
    rows, validation = counts["train"], counts["validation"] or counts["train"] * _HELD_OUT // 100
    if folds or rows >= FEW_ROWS:
        return
    everything = rows + counts["validation"]
    hint = (
        f"Give --folds 5, which validates on all {everything} rows (within about ±{_error(everything):.2f}) and tells "
        "large differences only, or annotate more."
    )
    problem = (
        f"has {rows} training rows. On about {validation} validation rows a share is known within about "
        f"±{_error(validation):.2f}, so it cannot be told which design is better; it can be told whether a model "
        "learns the form of an answer"
    )
    raise InputError(f"view {source.view}", problem, hint)


def _error(rows: int) -> float:
    """Return half the width of the 95 % interval of a share of one half."""
    return 0.98 / max(rows, 1) ** 0.5


def _check_classes(folder: Path, name: str, view: str) -> bool:
    """Return whether the training records have evidence. Raises InputError if scores would be undefined."""
    described = False
    schema = Manifest.load(folder).views[view].schema
    for split in ("train", "validation"):
        values, evidence = _values(folder, view, split, schema)
        if not values:
            what = "mentions" if schema.kind == "mention" else "records"
            raise InputError(f"view {name}", f"has no {what} in {split}", "Annotate more, or give --folds 5.")
        if schema.kind == "label" and len(values) == 1:
            problem = f"has one class only in {split}: every target is {next(iter(values))!r}"
            hint = "A design can be chosen where answers differ: check the labels, or give other targets."
            raise InputError(f"view {name}", problem, hint)
        described = evidence if split == "train" else described
    return described


def _values(folder: Path, view: str, split: str, schema: Schema) -> tuple[Counter[str], bool]:
    """Return the count of each label and of unmentioned targets, or of mentions; and whether there is evidence."""
    values: Counter[str] = Counter()
    evidence = False
    for column, count in _annotations(folder, view, split):
        flat = column.flatten()
        evidence = evidence or any(flat.field("evidence").to_pylist())
        if schema.kind == "mention":
            values.update({"mention": len(flat)})
            continue
        values.update(flat.field("label").to_pylist())
        targets = flat.field("target").to_pylist()
        mentioned = sum(len(set(targets[start:end])) for start, end in list_offsets(column))
        values[schema.placeholder] += count * len(schema.targets) - mentioned
    return +values, evidence


def _annotations(folder: Path, view: str, split: str) -> Iterator[tuple]:
    manifest = Manifest.load(folder)
    config = f"{view}-records"
    for path in manifest.files(config, split) if split in manifest.splits(config) else []:
        for batch in row_groups(folder / path, ["annotations"]):
            yield batch.column("annotations"), len(batch)


def _digest(source: RecordSource) -> str:
    """Return a digest of the records, so that changed records are derived again."""
    shards = source.manifest.views[source.view].shards()
    return hashlib.sha256("".join(shard.sha256 for _, shard in shards).encode()).hexdigest()[:12]
