"""The report of a view: what became of every record and annotation that was read.

Nothing is lost silently. For records: read = kept + rejected + dropped by an option. For annotations also: merged,
outside the targets of the view, and those of a record that was rejected or dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class WordEdgesFound:
    """Mentions that begin or end inside a word: `inside` of `mentions`. first: the first one. hint: a better unit."""

    mentions: int = 0
    inside: int = 0
    first: str = ""
    hint: str = ""


@dataclass
class Report:
    """Counts of one view, by name.

    split_rule: a sentence on how the records got their splits.
    records: read, kept, rejected, dropped. annotations: read, kept, rejected, merged, outside, with_record.
    splits, empty: records by split, and those of them without annotations. dropped: records by the option that dropped
    them. notes: what the builder left out, by its own rules. outside: annotations by target outside the view.
    evidence: annotations by origin. shared_texts: texts that occur in two splits, by pair (`train+test`).
    bad_annotations: what became of invalid annotations. word_edges: mentions that cut words.
    remarks: sentences about the names of the targets.
    """

    split_rule: str = ""
    records: Counter[str] = field(default_factory=Counter)
    annotations: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    empty: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    outside: Counter[str] = field(default_factory=Counter)
    evidence: Counter[str] = field(default_factory=Counter)
    shared_texts: dict[str, int] = field(default_factory=dict)
    bad_annotations: Counter[str] = field(default_factory=Counter)
    word_edges: WordEdgesFound = WordEdgesFound()
    remarks: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON, with counters sorted by name."""
        values = vars(self) | {"word_edges": asdict(self.word_edges) if self.word_edges.inside else {}}
        return {name: dict(sorted(each.items())) if isinstance(each, dict) else each for name, each in values.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Report:
        """The report that `to_dict` gave; unknown keys are ignored."""
        report = cls()
        for name in (each.name for each in fields(cls) if each.name in values):
            empty = getattr(report, name)
            setattr(report, name, Counter(values[name]) if isinstance(empty, Counter) else values[name])
        report.word_edges = WordEdgesFound(**values.get("word_edges", {}))
        return report

    @property
    def rejected(self) -> int:
        """The number of rejected records and annotations."""
        return self.records["rejected"] + self.annotations["rejected"]

    def imbalance(self) -> str | None:
        """The counts that do not add up, or None."""
        r, a = self.records, self.annotations
        if r["read"] != r["kept"] + r["rejected"] + r["dropped"]:
            return f"records: {dict(r)}"
        if a["read"] != sum(a[name] for name in ("kept", "rejected", "merged", "outside", "with_record")):
            return f"annotations: {dict(a)}"
        return None


def annotation_remarks(report: Report) -> Iterator[str]:
    """Sentences about invalid annotations and mentions that cut words, for the terminal and the card."""
    bad, edges = report.bad_annotations, report.word_edges
    if count := bad["dropped"]:
        yield f"bad annotations dropped from records that are kept: {count:,}"
    if count := bad["records rejected"]:
        yield f'records rejected for a bad annotation: {count:,} (bad_annotations = "drop" keeps them without it)'
    if edges.inside:
        share = f"{edges.inside:,} of {edges.mentions:,} ({edges.inside / edges.mentions:.2%})"
        hint = f"; {edges.hint}" if edges.hint else ""
        yield f"mentions that begin or end inside a word: {share}, the first: {edges.first}{hint}"
