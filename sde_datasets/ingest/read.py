"""Read the records of a corpus without building a dataset."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sde_datasets.dataset.rejects import REJECTS
from sde_datasets.dataset.report import Report
from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.plan import Plan, ViewPlan, completed
from sde_datasets.ingest.rejects import group_rejects
from sde_datasets.ingest.validate import RecordValidator
from sde_datasets.ingest.view import View
from sde_datasets.records.record import Record
from sde_datasets.utils.config import checked_values


class Corpus:
    """The records of a corpus, valid and in canonical order, read anew each time that it is iterated.

    schema: the targets and words of the corpus. report: what was read, kept and rejected in the last iteration.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._asked, self.schema = view.schemas()
        self.report = Report()

    def __iter__(self) -> Iterator[Record]:
        """Yield the valid records; warn of those that were rejected at the end."""
        view, self.report = self._view, Report()
        view.context.schema = self._asked
        with TemporaryDirectory() as folder:
            validator = RecordValidator(
                view.plan.name, view.context, self.schema, view.plan.rename, Path(folder), self.report
            )
            yield from validator.records(view.builder)
            if rejected := self.report.records["rejected"]:
                first = group_rejects(Path(folder) / REJECTS)[0]
                warnings.warn(
                    f"{rejected:,} of {self.report.records['read']:,} records were rejected, "
                    f"first at {first.location}: {first.reason}",
                    stacklevel=2,
                )
            validator.seen.close()


def read(corpus: str, path: str | Path | Sequence[str | Path] = "", *, subset: str = "", **keys: Any) -> Corpus:
    """Open a corpus to iterate its records.

    corpus: the name of a builder (`sde-datasets corpora` lists them). path: its file, folder or archive, or several.
    subset: a subset of the targets of the corpus. keys: further keys of a `[[view]]` (`task`, `language`, `targets`,
    `columns`, `labels`, `rename`, `offsets`, `options`).

    A split that the corpus does not name is None: a build assigns it. Evidence is what the corpus marks, and for
    mentions the clause around them.

    Raises UsageError for an unknown corpus or key and InputError for files that cannot be read.

    >>> import sde_datasets as sde
    >>> corpus = sde.read("synthetic", task="mabsa", options={"rows": 3})
    >>> [record.id for record in corpus]
    ['synthetic-0', 'synthetic-1', 'synthetic-2']
    >>> corpus.schema.kind
    'label'
    """
    paths = str(path) if isinstance(path, str | Path) else tuple(map(str, path))
    try:
        values = checked_values(ViewPlan, keys, "read", exclude=("corpus", "path", "subset"))
    except InputError as error:
        raise UsageError(str(error)) from error
    view = ViewPlan(corpus, paths, subset=subset, **values)
    plan = completed(Plan((view,)), "read")
    return Corpus(View.from_plan(plan, plan.view[0], Path()))
