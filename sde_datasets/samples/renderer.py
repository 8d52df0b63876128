"""A function from records to samples for the engines of others: Arrow in, Arrow out, one row for each row.

It is a small value that pickles to the same bytes in every process, so that engines can send it to workers and
`datasets` can find what it cached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sde_datasets import __version__
from sde_datasets.designs.design import Design, get_design
from sde_datasets.errors import InputError
from sde_datasets.records.schema import Schema
from sde_datasets.samples.prompts import NO_DEFINITIONS, PromptTemplate, prompt_template, task_template
from sde_datasets.tasks.task import Task, get_task

if TYPE_CHECKING:
    import pyarrow as pa

    Rows = TypeVar("Rows", pa.Table, pa.RecordBatch)

# the columns of records that samples are made from
COLUMNS = ("id", "text", "annotations", "corpus", "language")


@dataclass(frozen=True)
class Renderer:
    """Renders records as samples under one design.

    template: the constant parts of its prompts. version: the release that writes the completions, so that what one
    release cached is not taken for the samples of another.
    """

    design: Design
    schema: Schema
    template: PromptTemplate
    version: str = __version__

    @classmethod
    def from_wordings(
        cls,
        design: Design,
        schema: Schema,
        wordings: Sequence[Mapping[str, str]],
        definitions: Mapping[str, str] = NO_DEFINITIONS,
    ) -> Renderer:
        """The renderer with the instructions of a task in one language. Raises UsageError as `instruction` does."""
        return cls(design, schema, prompt_template(tuple(wordings), schema, design, definitions))

    @property
    def arrow_schema(self) -> pa.Schema:
        """The pyarrow schema of the samples, for engines that ask for it in advance."""
        from sde_datasets.records.columns import SAMPLE_SCHEMA

        return SAMPLE_SCHEMA

    def __reduce__(self) -> tuple:
        # strings alone: the cached properties of a schema hold sets, whose order differs between processes
        strings = (self.design.name, self.schema.to_json(), self.template.prefix, self.template.suffix, self.version)
        return _from_strings, strings

    def __call__(self, rows: Rows) -> Rows:
        """The samples of a table or a batch of records, in the same order, with the columns of a published config.

        rows: a pyarrow Table or RecordBatch with the columns `id`, `text`, `annotations`, `corpus` and `language` of
        records; others are left out. The annotations are valid under the schema, in its order, as a build writes them.
        Raises InputError for a column that is missing or has another type, for an empty value, and for records of
        another schema.
        """
        import pyarrow as pa

        from sde_datasets.records.columns import SAMPLE_SCHEMA

        table = _records(rows, self.schema).combine_chunks()
        samples = pa.Table.from_batches(map(self._samples, table.to_batches()), SAMPLE_SCHEMA)
        if isinstance(rows, pa.Table):
            return samples
        return pa.RecordBatch.from_arrays([column.combine_chunks() for column in samples.columns], schema=SAMPLE_SCHEMA)

    def _samples(self, records: pa.RecordBatch) -> pa.RecordBatch:
        from sde_datasets.samples.render import completions, gold_answers, sample_batch

        described = self.design.reasoning != "none"
        gold = gold_answers(records, self.schema, self.design.format, described)
        return sample_batch(records, self.design, self.template, completions(gold, self.design, self.schema))


def renderer(design: str | Design, schema: Schema, *, task: str | Task = "") -> Renderer:
    """A function that renders batches of records as samples under one design, for Ray Data, `datasets` or polars.

    It takes a pyarrow Table or RecordBatch with the columns of records and returns one with the columns of samples, one
    row for each row. It can be pickled.

    design: a name (`lines-text-cot`), an alias (`es`) or a Design.
    task: the task whose instructions are used, by default the one that the schema names; the path of its TOML file for
        a task that is not installed.

    Raises UsageError for an unknown design or task. The function raises InputError for rows that are no records.

    >>> import sde_datasets as sde
    >>> render = sde.renderer("lines-text", sde.schema("mabsa", targets=["food", "service"]))
    >>> render.template.suffix
    '\\nOutput:\\n'
    """
    found = get_design(design) if isinstance(design, str) else design
    used = get_task(task or schema.task) if isinstance(task, str) else task
    return Renderer(found, schema, task_template(used, schema, found))


def _from_strings(design: str, schema: str, prefix: str, suffix: str, version: str) -> Renderer:
    return Renderer(get_design(design), Schema.from_json(schema), PromptTemplate(prefix, suffix), version)


def _records(rows: pa.Table | pa.RecordBatch, schema: Schema) -> pa.Table:
    """The columns of records with their types, checked. Raises InputError."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from sde_datasets.records.columns import RECORD_SCHEMA

    if not isinstance(rows, pa.Table | pa.RecordBatch):
        hint = "Give a pyarrow Table or RecordBatch (Ray Data: batch_format='pyarrow'; datasets: with_format('arrow'))."
        raise InputError("records", f"are a {type(rows).__name__}", hint)
    if missing := [name for name in COLUMNS if name not in rows.schema.names]:
        raise InputError("records", f"have no column {missing[0]}", f"They have {', '.join(rows.schema.names)}.")
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_batches([rows])
    text = schema.to_json()
    if "schema" in table.column_names and pc.any(pc.not_equal(table.column("schema"), text)).as_py():
        hint = "Make the renderer with sde.Schema.from_json(row['schema']) of these records."
        raise InputError("records", "have another schema than the renderer", hint)
    table = table.select(COLUMNS).append_column("schema", pa.repeat(pa.scalar(text), len(table)))
    try:
        table = table.cast(pa.schema([RECORD_SCHEMA.field(name) for name in table.column_names]))
    except (pa.ArrowException, ValueError) as error:
        raise InputError("records", f"have other types than a build writes ({error})") from error
    for name in ("text", "annotations"):
        if table.column(name).null_count:
            raise InputError("records", f"have an empty value in the column {name}", "Leave such rows out.")
    return table
