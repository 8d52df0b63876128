"""Reasoning blocks and special tokens around an answer. Nothing inside a reasoning block is part of the answer."""

from __future__ import annotations

import re
from typing import NamedTuple

_NAMES = "think|thinking|thought|reasoning"
# a bare value never contains one of these (see `quoting.bare`): outside quotes they always mark a block or an end
TAG_WITHOUT_BARS = r"</?(?i:think|thinking|thought|reasoning)>|</s>|<end_of_turn>"
TAG = rf"{TAG_WITHOUT_BARS}|<\|[A-Za-z0-9_]{{1,32}}\|>"
_TAG = re.compile(TAG)
_OPENING = re.compile(rf"<(?:{_NAMES})>", re.IGNORECASE)
_CLOSING = re.compile(rf"</(?:{_NAMES})>", re.IGNORECASE)
_CHANNEL, _FINAL = "<|channel|>", re.compile(r"<\|channel\|>final<\|message\|>")
_START = re.compile(r"(?:\s*+<\|[A-Za-z0-9_]{1,32}\|>(?:assistant)?)+")
_END = re.compile(r"<\|[A-Za-z0-9_]{1,32}\|>|<end_of_turn>|</s>")


class Plain(NamedTuple):
    """An answer without reasoning and special tokens: the text from `start` to `end`, and defects (name, offset).

    cut: a block is open at the end of the text, so that the answer is missing.
    """

    start: int
    end: int
    defects: tuple[tuple[str, int], ...]
    cut: bool = False


def has_tag(text: str) -> bool:
    """True where a text contains a tag of a reasoning block or a special token."""
    return "<" in text and _TAG.search(text) is not None


def without_thoughts(text: str) -> Plain:
    """Locate the answer in a text that may begin with reasoning and end with special tokens."""
    plain = _after_channels(text) if _CHANNEL in text else _after_blocks(text)
    if plain.cut:
        return plain
    start, end, defects = plain.start, plain.end, list(plain.defects)
    if begin := _START.match(text, start, end):
        defects.append(("special_token", start))
        start = begin.end()
    stop = _END.search(text, start, end)
    if stop:
        defects.append(("special_token", stop.start()))
        rest = _END.sub("", text[stop.start() : end]).strip()
        if rest:
            defects.append(("trailing_text", stop.end()))
        end = stop.start()
    return Plain(start, end, tuple(defects))


def separate_thoughts(text: str) -> tuple[str, str]:
    """Return a text without its reasoning, and the reasoning without its tags; an open block stays in the text."""
    plain = without_thoughts(text) if has_tag(text) else None
    if plain is None or plain.cut or all(name != "reasoning_block" for name, _ in plain.defects):
        return text, ""
    answer, thought = (
        (text[plain.start :], text[: plain.start]) if plain.start else (text[: plain.end], text[plain.end :])
    )
    return answer.strip(), _CLOSING.sub("", _OPENING.sub("", thought)).strip()


def _after_channels(text: str) -> Plain:
    """The final channel of an answer in channels; without one the answer is cut off."""
    final = None
    for final in _FINAL.finditer(text):  # noqa: B007, the last match counts
        pass
    if final is None:
        return Plain(0, 0, (("truncated", len(text)),), cut=True)
    return Plain(final.end(), len(text), (("reasoning_block", 0),))


def _after_blocks(text: str) -> Plain:
    """The text after the last closing tag; if that is empty, the text before the blocks."""
    opening, last = _OPENING.search(text), None
    for last in _CLOSING.finditer(text):  # noqa: B007, the last match counts
        pass
    after = last.end() if last else 0
    if still_open := _OPENING.search(text, after):
        return Plain(0, 0, (("truncated", still_open.start()),), cut=True)
    if last is None:
        return Plain(0, len(text), ())
    if opening and opening.start() < last.start() and not text[after:].strip() and text[: opening.start()].strip():
        return Plain(0, opening.start(), (("reasoning_block", opening.start()),))
    return Plain(after, len(text), (("reasoning_block", opening.start() if opening else 0),))
