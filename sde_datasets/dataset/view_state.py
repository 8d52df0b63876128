"""The state of a view: its schema, its report, what it was made from, and where its records are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sde_datasets.dataset.corpus_facts import CorpusFacts
from sde_datasets.dataset.report import Report
from sde_datasets.records.schema import Schema


@dataclass(frozen=True)
class RecordShard:
    """One Parquet file of records: its path within the folder, its rows, its size in bytes and its sha256."""

    path: str
    rows: int
    size: int
    sha256: str

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RecordShard:
        """The shard that `to_dict` wrote."""
        return cls(values["path"], values["rows"], values["bytes"], values["sha256"])

    def to_dict(self) -> dict[str, Any]:
        """The shard as JSON."""
        return {"path": self.path, "rows": self.rows, "bytes": self.size, "sha256": self.sha256}


@dataclass(frozen=True)
class ViewFigures:
    """Counts of the records of a view.

    characters: of all texts. values: for each target the count of each label, or in a mention task the count of
    mentions. texts: for each target the records that mention it. inside: mentions that lie within a longer one.
    """

    characters: int = 0
    values: dict[str, dict[str, int]] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=dict)
    inside: int = 0


@dataclass(frozen=True)
class Generated:
    """Descriptions that a language model gave. model: its name. prompt: the question, with braces around its parts.

    asked: the annotations without a description. kept: those with one now. problems: why answers were not kept.
    """

    model: str
    prompt: str
    asked: int
    kept: int
    problems: dict[str, int] = field(default_factory=dict)

    @property
    def share(self) -> str:
        """How many of the answers were kept: `48 of 53 (90.6%)`."""
        return f"{self.kept:,} of {self.asked:,} ({self.kept / self.asked:.1%})"

    @property
    def reasons(self) -> str:
        """Why answers were not kept: `; not in the text: 3; no answer: 2`; empty if all were."""
        return "".join(f"; {problem}: {count:,}" for problem, count in self.problems.items())


@dataclass(frozen=True)
class ViewState:
    """What the manifest keeps of a view.

    spec: a digest of everything but the files that the records depend on. listing: a digest of the names of the source
    files; opened: those that were read; inputs: their sha256. records: the shards of each split. hub: the terms of the
    Hub that describe the task. wordings, definitions: of the task in the language of the schema, so that the records
    can be rendered without the files of the task and the plan. designs: the designs under which the records are
    written. figures: counted when the card is written. generated: what each call of `explain` added.
    """

    corpus: str
    task: str
    language: str
    schema: Schema
    spec: str
    listing: str
    opened: tuple[str, ...]
    inputs: dict[str, str]
    report: Report
    records: dict[str, tuple[RecordShard, ...]]
    facts: CorpusFacts
    hub: dict[str, list[str]]
    wordings: tuple[Mapping[str, str], ...]
    definitions: Mapping[str, str]
    designs: tuple[str, ...] = ()
    figures: ViewFigures = field(default_factory=ViewFigures)
    generated: tuple[Generated, ...] = ()

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ViewState:
        """The state that `to_dict` gave.

        Raises KeyError, TypeError, ValueError or AttributeError for anything else, and InputError for a wrong schema.
        """
        plain = {key: values[key] for key in ("corpus", "task", "language", "spec", "listing", "inputs", "hub")}
        shards = {split: tuple(map(RecordShard.from_dict, files)) for split, files in values["records"].items()}
        return cls(
            **plain,
            schema=Schema.from_dict(values["schema"]),
            opened=tuple(values["opened"]),
            report=Report.from_dict(values["report"]),
            records=shards,
            facts=CorpusFacts.from_dict(values["facts"]),
            wordings=tuple(values["wordings"]),
            definitions=values["definitions"],
            designs=tuple(values.get("designs", ())),
            figures=ViewFigures(**values.get("figures", {})),
            generated=tuple(Generated(**entry) for entry in values.get("generated", ())),
        )

    def to_dict(self) -> dict[str, Any]:
        """The state as JSON."""
        return {
            "corpus": self.corpus,
            "task": self.task,
            "language": self.language,
            "schema": self.schema.as_dict(),
            "spec": self.spec,
            "listing": self.listing,
            "opened": list(self.opened),
            "inputs": self.inputs,
            "report": self.report.to_dict(),
            "records": {split: [shard.to_dict() for shard in shards] for split, shards in self.records.items()},
            "facts": asdict(self.facts),
            "hub": self.hub,
            "wordings": [dict(wording) for wording in self.wordings],
            "definitions": dict(self.definitions),
            "designs": list(self.designs),
            "figures": asdict(self.figures),
            **({"generated": [asdict(entry) for entry in self.generated]} if self.generated else {}),
        }

    @property
    def record_count(self) -> int:
        """The number of records of all splits."""
        return self.report.splits.total()

    def shards(self) -> Iterator[tuple[str, RecordShard]]:
        """The shards of all splits, each with its split."""
        return ((split, shard) for split, shards in self.records.items() for shard in shards)
