"""`designs --explain`: every design that a task can have is shown with a sample that is read back.

pytest tests/cli/test_explain.py
"""

from __future__ import annotations

import pytest
from rich.console import Console

import sde_datasets as sde
from sde_datasets.cli.display import explained
from sde_datasets.cli.examples import example_record
from sde_datasets.designs.design import ViewTraits, every_design
from sde_datasets.errors import UsageError
from sde_datasets.tasks.task import get_task

VIEWS = {"ner": "en", "ed": "en", "mabsa": "en", "mabsa_zh": "zh", "ner_zh": "zh", "ed_zh": "zh"}


@pytest.mark.parametrize("view", VIEWS)
def test_every_design_is_explained_with_a_sample_that_is_read_back(view):
    task = get_task(view.partition("_")[0])
    example = example_record(task, VIEWS[view])
    schema = task.schema(example.targets, VIEWS[view])
    traits = ViewTraits(view, task.kind, tuple(task.undefined(schema)))
    values: dict[str, list] = {}
    for annotation in example.record.annotations:
        values.setdefault(annotation.target, []).append(annotation.label or annotation.mention)
    for name in every_design(traits):
        sample = sde.render(example.record, name, schema)
        parsed = sde.parse(sample.completion, name, schema, text=example.record.text)
        read = {target: [value] if isinstance(value, str) else list(value) for target, value in parsed.values.items()}
        absent = schema.placeholder
        assert not parsed.defects and {k: v for k, v in read.items() if v and v != [absent]} == values, name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("inline-text-ou", "[[IL-2|protein] promoter|DNA]"),
        ("lines-text-post", "'protein': \"The IL-2 promoter binds NF-kappa B\""),
        ("lines-text-defs", "RNA: a molecule of RNA"),
        ("inline-num-ou-defs", "1 (RNA): a molecule of RNA"),
    ],
)
def test_what_a_design_beyond_the_paper_does_is_seen(name, shown):
    console = Console(width=300)
    with console.capture() as captured:
        console.print(explained(name, "ner"), markup=False, highlight=False)
    assert shown in captured.get()


def test_a_design_that_a_task_cannot_have_is_refused():
    with pytest.raises(UsageError, match="inline marks mentions, and the task mabsa has labels"):
        explained("inline-text-ou", "mabsa")
