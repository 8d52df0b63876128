"""The report of a view: every record and annotation that was read, and what became of it.

Law 2, nothing is lost in silence: read = kept + rejected + dropped by an option, for records; for annotations also
those merged, outside the view's targets, and those that went with a record that was rejected or dropped.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

PUBLISHED = "as published"
HASHED = "80/10/10 by a hash of the document id (of the record id where there is no document)"
MISSING = "as published; records without a split went into train"


@dataclass
class Report:
    """Counts of one view. All are plain numbers by name, so that the report is JSON as it stands.

    records: read, kept, rejected, dropped. annotations: read, kept, rejected, merged, outside, with_record.
    splits, empty: records by split, and those that mention nothing. dropped: records by the option that dropped them.
    notes: what the builder left out by its own rule. reasons: rejects by the beginning of their reason.
    evidence: annotations by origin. nested: mentions inside another mention of their record.
    """

    split_rule: str = PUBLISHED
    records: Counter[str] = field(default_factory=Counter)
    annotations: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    empty: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    outside: Counter[str] = field(default_factory=Counter)
    evidence: Counter[str] = field(default_factory=Counter)
    shared_texts: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict:
        """The report as JSON, counters sorted by name."""
        counters = {
            name: dict(sorted(value.items())) if isinstance(value, dict) else value
            for name, value in vars(self).items()
        }
        return counters

    @classmethod
    def from_dict(cls, given: dict) -> Report:
        """The report that `to_dict` gave."""
        fresh = cls()
        for name, value in given.items():
            setattr(fresh, name, Counter(value) if isinstance(getattr(fresh, name), Counter) else value)
        return fresh

    def unbalanced(self) -> str | None:
        """What does not add up, in words, or None."""
        r, a = self.records, self.annotations
        if r["read"] != r["kept"] + r["rejected"] + r["dropped"]:
            return f"records: {dict(r)}"
        if a["read"] != sum(a[name] for name in ("kept", "rejected", "merged", "outside", "with_record")):
            return f"annotations: {dict(a)}"
        return None
