"""Prompts: the instruction of a design, and the constant parts before and after the text of a record.

An instruction consists of those sentences of a wording in the task's TOML file that its design needs. Its patterns come
from the writer of the format, so that instruction and completion agree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sde_datasets.designs.design import INLINE, POST, REASONING, Design
from sde_datasets.errors import UsageError
from sde_datasets.formats import ReasonsAfter, answer_format
from sde_datasets.formats.quoting import bare
from sde_datasets.records.schema import Schema
from sde_datasets.tasks.task import Task

RULE = "---"


NO_DEFINITIONS: Mapping[str, str] = {}


def instruction(
    wordings: tuple[Mapping[str, str], ...],
    schema: Schema,
    design: Design,
    definitions: Mapping[str, str] = NO_DEFINITIONS,
) -> str:
    """The instruction of `design`, one sentence a line. definitions: of the targets, for designs that define them.

    Raises UsageError for a wording that the task lacks, or that lacks a sentence of a design beyond the paper, and for
    a target without definition.
    """
    if design.wording > len(wordings):
        raise UsageError(f"task {schema.task!r} has no wording {design.wording} in {schema.language!r}")
    writer = answer_format(design.answer, schema)
    numbered = design.labels == "num"
    names = _sentences(design, schema)
    words = {
        "{targets}": _targets(schema, numbered),
        "{labels}": _labels(schema, numbered, design.unmentioned == "pu"),
        "{pattern}": writer.pattern(),
        "{absent}": writer.absent_pattern(),
        "{nothing}": writer.nothing,
        "{rest}": writer.rest_pattern(),
        "{reason}": writer.reason_pattern() if isinstance(writer, ReasonsAfter) else "",
    }
    wording = wordings[design.wording - 1]
    if missing := [name for name in names if name not in wording]:
        where = f"wording {design.wording} of task {schema.task!r} in {schema.language!r}"
        raise UsageError(f"{where} has no sentence {missing[0]!r}. Add it to the TOML file of the task.")
    sentences = {name: _filled(wording[name], words) for name in names}
    if design.definitions == "defs":
        sentences["defs"] = "\n".join([sentences["defs"], *_definitions(schema, numbered, definitions)])
    return "\n".join(sentences.values())


def _sentences(design: Design, schema: Schema) -> list[str]:
    """The names of the sentences of an instruction, in their order."""
    numbered = design.labels == "num"
    names = ["inline_task" if design.format == INLINE else "task"]
    if schema.kind == "label":
        names.append("labels_num" if numbered else "labels")
    elif numbered:
        names.append("targets_num")
    if design.definitions == "defs":
        names.append("defs")
    if design.format == INLINE:
        return [*names, "inline", "inline_text", "inline_rest"]
    reasoning = [] if design.reasoning == REASONING[0] else [design.reasoning]
    # what follows the whole answer is asked for last
    last = [design.unmentioned, *reasoning] if design.reasoning == POST else [*reasoning, design.unmentioned]
    return [*names, design.format, *last]


_SLOT = re.compile(r"\{[a-z]+\}")


def _filled(sentence: str, words: Mapping[str, str]) -> str:
    # one pass, so that braces inside a target's name or a pattern are kept
    return _SLOT.sub(lambda slot: words.get(slot[0], slot[0]), sentence)


def _targets(schema: Schema, numbered: bool) -> str:
    comma = "、" if schema.language == "zh" else ", "
    # written as in answers, where a name with a comma is a JSON string
    names = [bare(target, schema.reserved) for target in schema.targets]
    if numbered and schema.kind == "mention":
        return comma.join(f"{i} ({name})" for i, name in enumerate(names))
    return comma.join(names)


def _definitions(schema: Schema, numbered: bool, definitions: Mapping[str, str]) -> list[str]:
    """A line for each target with its definition. Raises UsageError for a target without one."""
    if missing := [target for target in schema.targets if target not in definitions]:
        raise UsageError(f"target {missing[0]!r} has no definition. Give the view of the plan a table definitions.")
    colon = "：" if schema.language == "zh" else ": "
    by_number = numbered and schema.kind == "mention"
    names = [bare(target, schema.reserved) for target in schema.targets]
    heads = [f"{number} ({name})" if by_number else name for number, name in enumerate(names)]
    return [f"{head}{colon}{definitions[target]}" for head, target in zip(heads, schema.targets, strict=True)]


def _labels(schema: Schema, numbered: bool, placeholder: bool) -> str:
    comma = "、" if schema.language == "zh" else ", "
    shown = {label: n for label, n in schema.number_of.items() if placeholder or label != schema.placeholder}
    return comma.join(f"{number} ({label})" if numbered else label for label, number in shown.items())


@dataclass(frozen=True)
class PromptTemplate:
    """The constant parts of the prompts of one design: every prompt is `prefix + text + suffix`."""

    prefix: str
    suffix: str

    def prompt(self, text: str) -> str:
        """The prompt of a text."""
        return self.prefix + text + self.suffix


def task_template(task: Task, schema: Schema, design: Design) -> PromptTemplate:
    """The template of all prompts of `design` in the words of a task. Raises what `prompt_template` raises."""
    language = schema.language
    return prompt_template(task.wordings[language], schema, design, task.definitions.get(language, NO_DEFINITIONS))


def prompt_template(
    wordings: tuple[Mapping[str, str], ...],
    schema: Schema,
    design: Design,
    definitions: Mapping[str, str] = NO_DEFINITIONS,
) -> PromptTemplate:
    """The template of all prompts of `design`. Raises UsageError as `instruction` does."""
    cue = f"\n{schema.cue}\n"
    if design.placement == "no-inst":
        return PromptTemplate("", cue)
    words = instruction(wordings, schema, design, definitions)
    if design.placement == "inst-first":
        return PromptTemplate(f"{words}\n{RULE}\n", cue)
    return PromptTemplate("", f"\n{RULE}\n{words}{cue}")
