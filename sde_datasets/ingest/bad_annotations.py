"""The rule for records with an invalid annotation, whether the builder or the core found it.

reject record   the record is rejected with the reason, so that no gold answer is incomplete
drop            only the annotation is rejected, and the record is kept without it
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sde_datasets.dataset.report import Report
from sde_datasets.records.record import Record, Reject

REJECT_RECORD, DROP = "reject record", "drop"
RULES = (REJECT_RECORD, DROP)


@dataclass
class BadAnnotations:
    """Apply the rule of one view. `write` writes a line of rejects.jsonl."""

    rule: str
    report: Report
    write: Callable[[Reject], None]
    # under REJECT_RECORD: the first bad annotation of each record or document that follows, and their number
    _waiting: dict[str, Reject] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _unused: list[Reject] = field(default_factory=list)

    def found(self, reject: Reject) -> None:
        """Take a reject of an annotation; the builder yields its record, or the records of its document, later."""
        self.report.annotations["read"] += 1
        if self.rule == DROP or reject.id is None:
            self._drop(reject)
        else:
            self._waiting.setdefault(reject.id, reject)
            self._unused.append(reject)

    def reason(self, record: Record, bad: list[Reject]) -> str | None:
        """Why the record is rejected: for an earlier reject of its id or document, or for `bad`, its own; or None."""
        if self.rule == DROP:
            return None
        for name in (record.id, record.document):
            if name in self._waiting:
                self._used.add(name)
                bad = [self._waiting[name], *bad]
        if not bad:
            return None
        self.report.bad_annotations["records rejected"] += 1
        first = bad[0]
        elsewhere = (first.file, first.line) != (record.file, record.line)
        return f"{first.file}:{first.line}: {first.reason}" if elsewhere else first.reason

    def drop(self, bad: Iterable[Reject]) -> None:
        """Reject annotations of a record that is kept."""
        for reject in bad:
            self._drop(reject)

    def close(self) -> None:
        """Count the rejects of annotations whose record was read, and write those whose record was not."""
        for reject in self._unused:
            if reject.id in self._used:
                self.report.annotations["with_record"] += 1
            else:
                self._drop(reject)

    def _drop(self, reject: Reject) -> None:
        self.report.annotations["rejected"] += 1
        self.report.bad_annotations["dropped"] += 1
        self.write(reject)
