"""Check the wordings of a task: the sentences of an instruction."""

from __future__ import annotations

from collections.abc import Mapping

from sde_datasets.designs.design import FORMATS
from sde_datasets.errors import InputError, nearest
from sde_datasets.records.schema import Kind

# by kind of task: the sentences of a wording, each with the words in braces that it must hold
_COMMON = dict.fromkeys(FORMATS, ("{pattern}",)) | {
    "pu": ("{absent}",),
    "ou": ("{nothing}",),
    "cot": (),
    "rcot": (),
}
# a task for which nobody uses a design beyond the paper can do without its sentences
_INLINE = {"inline_task": ("{targets}",), "inline": ("{pattern}",), "inline_text": (), "inline_rest": ("{rest}",)}
_BEYOND = {"post": ("{reason}",), "defs": ()}
SENTENCES: dict[Kind, dict[str, tuple[str, ...]]] = {
    "label": {"task": ("{targets}",), "labels": ("{labels}",), "labels_num": ("{labels}",), **_COMMON, **_BEYOND},
    "mention": {"task": ("{targets}",), "targets_num": (), **_COMMON, **_INLINE, **_BEYOND},
}


def check_wording(wording: object, kind: Kind, location: str) -> None:
    """Raise InputError, naming `location`, if a wording lacks a sentence or a sentence lacks its word in braces."""
    known = SENTENCES[kind]
    if not isinstance(wording, Mapping):
        raise InputError(location, f"is {wording!r}", "Give a table of sentences.")
    if unknown := sorted(set(wording) - set(known)):
        raise InputError(location, f"unknown sentence {unknown[0]!r}", nearest(unknown[0], known))
    has_inline = not _INLINE.keys().isdisjoint(wording)
    for name, needed in known.items():
        if (name in _INLINE and not has_inline) or (name in _BEYOND and name not in wording):
            continue
        if not isinstance(wording.get(name), str):
            raise InputError(location, f"lacks the sentence {name!r}", "Add it as a string.")
        for word in needed:
            if word not in wording[name]:
                raise InputError(location, f"the sentence {name!r} lacks {word}", "Write it where the value belongs.")
