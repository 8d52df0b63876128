"""Prompts: the instruction of a design, and the constant parts before and after a record's text.

An instruction is put together from the sentences of one wording in the task's TOML file, so that it says what its
design asks for and nothing else. The forms it shows come from the writer of the format, so they cannot drift from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sde_datasets.designs import FORMATS, REASONING, Design
from sde_datasets.errors import InputError, UsageError
from sde_datasets.formats import format_of
from sde_datasets.formats.tokens import bare
from sde_datasets.schemas import Schema

RULE = "---"

# the sentences of a wording -> the words in braces that they must hold, by kind of task
_COMMON = dict.fromkeys(FORMATS, ("{pattern}",)) | {
    "pu": ("{absent}",),
    "ou": ("{nothing}",),
    "cot": (),
    "rcot": (),
}
SENTENCES: dict[str, dict[str, tuple[str, ...]]] = {
    "label": {"task": ("{targets}",), "labels": ("{labels}",), "labels_num": ("{labels}",), **_COMMON},
    "mention": {"task": ("{targets}",), "targets_num": (), **_COMMON},
}


def check_wording(wording: Mapping[str, str], kind: str, place: str) -> None:
    """Raises InputError, naming `place`, where a wording lacks a sentence or a sentence lacks its word in braces."""
    known = SENTENCES[kind]
    if unknown := sorted(set(wording) - set(known)):
        raise InputError(place, f"unknown sentence {unknown[0]!r}", f"Known: {', '.join(known)}.")
    for name, needed in known.items():
        if not isinstance(wording.get(name), str):
            raise InputError(place, f"lacks the sentence {name!r}")
        for word in needed:
            if word not in wording[name]:
                raise InputError(place, f"the sentence {name!r} lacks {word}")


def instruction(wordings: tuple[Mapping[str, str], ...], schema: Schema, design: Design) -> str:
    """What the model is told under `design`, a sentence a line. Raises UsageError for a wording that the task lacks."""
    if design.wording > len(wordings):
        raise UsageError(f"task {schema.task!r} has no wording {design.wording} in {schema.language!r}")
    form = format_of(design.answer, schema)
    numbered = design.labels == "num"
    names = ["task", design.format]
    if schema.kind == "label":
        names.insert(1, "labels_num" if numbered else "labels")
    elif numbered:
        names.insert(1, "targets_num")
    if design.reasoning != REASONING[0]:
        names.append(design.reasoning)
    names.append(design.unmentioned)
    words = {
        "{targets}": _targets(schema, numbered),
        "{labels}": _labels(schema, numbered, design.unmentioned == "pu"),
        "{pattern}": form.pattern(),
        "{absent}": form.absent_pattern(),
        "{nothing}": form.nothing,
    }
    wording = wordings[design.wording - 1]
    return "\n".join(_filled(wording[name], words) for name in names)


_SLOT = re.compile(r"\{[a-z]+\}")


def _filled(sentence: str, words: Mapping[str, str]) -> str:
    # one pass, so that braces inside a target's name or a pattern are left alone
    return _SLOT.sub(lambda slot: words.get(slot[0], slot[0]), sentence)


def _targets(schema: Schema, numbered: bool) -> str:
    comma = "、" if schema.language == "zh" else ", "
    # written as in answers, so that a name with a comma in it is seen to be one
    names = [bare(target, schema.reserved) for target in schema.targets]
    if numbered and schema.kind == "mention":
        return comma.join(f"{i} ({name})" for i, name in enumerate(names))
    return comma.join(names)


def _labels(schema: Schema, numbered: bool, placeholder: bool) -> str:
    comma = "、" if schema.language == "zh" else ", "
    shown = {label: n for label, n in schema.number_of.items() if placeholder or label != schema.placeholder}
    return comma.join(f"{number} ({label})" if numbered else label for label, number in shown.items())


def around(wordings: tuple[Mapping[str, str], ...], schema: Schema, design: Design) -> tuple[str, str]:
    """What stands before and after the text in every prompt of `design`: `prefix + text + suffix` is the prompt."""
    cue = f"\n{schema.cue}\n"
    if design.placement == "no-inst":
        return "", cue
    told = instruction(wordings, schema, design)
    if design.placement == "inst-first":
        return f"{told}\n{RULE}\n", cue
    return "", f"\n{RULE}\n{told}{cue}"
