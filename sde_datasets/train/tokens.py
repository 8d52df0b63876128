"""Samples as tokens: prompt and completion are one text, whose characters say what each token belongs to.

Is it good?\n---\nThe tuna was great.\nOutput:\nfood: positive</s>
INSTRUCTION ~~~~~~TEXT ~~~~~~~~~~~~~~INSTR ~~~~COMPLETION ~~~~~~~~
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sde_datasets.train.samples import Template

INSTRUCTION, TEXT, COMPLETION = 0, 1, 2


@dataclass(frozen=True)
class Encoded:
    """The tokens of a sample. parts: what each belongs to. cut: how many of its text's characters were left out."""

    ids: np.ndarray
    parts: np.ndarray
    cut: int = 0


class TooLong(Exception):
    """A sample that does not fit even without its text; `reason` says so in numbers."""

    def __init__(self, needed: int, room: int, what: str) -> None:
        self.reason = f"{what} take {needed:,} tokens without any text, and there is room for {room:,}"
        super().__init__(self.reason)


class Encoder:
    """Makes tokens of samples and prompts with one tokenizer and one template."""

    def __init__(self, tokenizer: Any, template: Template, end: int, context: int, chat: bool, bos: bool) -> None:
        """`context`: how many tokens a sample may have. `chat`: the template holds special tokens as text.

        `bos`: put the begin token in front where the tokenizer does not do so itself.
        """
        self._tokenizer, self.template, self._end, self.context = tokenizer, template, end, context
        # the text of a corpus may hold what looks like a special token; only a chat's own marks are some
        self._how = {"add_special_tokens": not chat, "split_special_tokens": not chat}
        added = tokenizer.added_tokens_decoder.items() if chat else ()
        self._special = {number for number, token in added if token.special}
        self._bos = [tokenizer.bos_token_id] if bos and tokenizer.bos_token_id is not None else []

    def sample(self, text: str, completion: str) -> Encoded:
        """The tokens of a sample, the end token last. A text too long for the context is shortened from its end.

        Raises TooLong where instruction, cue and completion alone do not fit.
        """
        return self._fitted(text, completion, self.context - 1, "instruction, cue and completion")

    def prompt(self, text: str, room: int) -> Encoded:
        """The tokens of a prompt, without an end token, in at most `room` of them. Raises TooLong."""
        return self._fitted(text, None, room, "instruction and cue")

    def plain(self, text: str) -> list[int]:
        """The tokens of a text that stands in front of prompts, as far as they are the same before any text."""
        return self._bos + self._tokens(text)[0]

    def _fitted(self, text: str, completion: str | None, room: int, what: str) -> Encoded:
        whole = len(text)
        while True:
            ids, parts, starts = self._encode(text, completion)
            if len(ids) <= room:
                if completion is not None:
                    ids, parts = [*ids, self._end], [*parts, COMPLETION]
                return Encoded(np.array(ids, np.int32), np.array(parts, np.uint8), whole - len(text))
            excess, ours = len(ids) - room, [i for i, part in enumerate(parts) if part == TEXT]
            cut = starts[ours[-excess]] - len(self.template.prefix) if excess < len(ours) else 0
            if cut <= 0:
                raise TooLong(len(ids) - len(ours) + (completion is not None), room + (completion is not None), what)
            text = text[: min(cut, len(text) - 1)]

    def _encode(self, text: str, completion: str | None) -> tuple[list[int], list[int], list[int]]:
        """Tokens, parts, and the character at which each token begins."""
        prompt = self.template.prompt(text)
        whole = prompt if completion is None else prompt + completion
        begin, end = len(self.template.prefix), len(self.template.prefix) + len(text)
        ids, offsets = self._tokens(whole)
        marks = [stop for id, (_, stop) in zip(ids, offsets, strict=True) if id in self._special]
        if any(begin < stop <= end or stop > len(prompt) for stop in marks):
            ids, offsets = self._between_marks(whole, end)
        ids, offsets = self._bos + ids, [(0, 0)] * len(self._bos) + offsets
        return ids, [part_of(stop, begin, end, len(prompt)) for _, stop in offsets], [start for start, _ in offsets]

    def _between_marks(self, whole: str, end: int) -> tuple[list[int], list[tuple[int, int]]]:
        """The tokens of a chat in which not only the template's marks, but text or completion look like marks.

        `end`: where the text ends and the template's suffix begins.
        """
        marks = [
            (id, start + shift, stop + shift)
            for part, shift in ((self.template.prefix, 0), (self.template.suffix, end))
            for id, (start, stop) in zip(*self._tokens(part), strict=True)
            if id in self._special
        ]
        ids, offsets, at = [], [], 0
        for mark, start, stop in [*marks, (None, len(whole), len(whole))]:
            more, places = self._tokens(whole[at:start], split_special_tokens=True) if at < start else ([], [])
            ids += more if mark is None else [*more, mark]
            offsets += [(at + first, at + last) for first, last in places]
            offsets += [] if mark is None else [(start, stop)]
            at = stop
        return ids, offsets

    def _tokens(self, text: str, **how: bool) -> tuple[list[int], list[tuple[int, int]]]:
        """The tokens of a text, without what a tokenizer puts after it (a separator): an end token follows."""
        asked = {"return_offsets_mapping": True, "return_special_tokens_mask": True, **self._how, **how}
        said = self._tokenizer(text, **asked)
        ids, offsets, special = said["input_ids"], said["offset_mapping"], said["special_tokens_mask"]
        last = len(ids)
        while last and special[last - 1] and offsets[last - 1] == (0, 0) and last > 1:
            last -= 1
        return ids[:last], [tuple(pair) for pair in offsets[:last]]


def part_of(stop: int, begin: int, end: int, boundary: int) -> int:
    """The part that a token belongs to whose last character stands before `stop`.

    The text lies from `begin` to `end`, the completion after `boundary`. A token that straddles belongs to what comes
    later, so that the completion is learned from its first character on.
    """
    if stop > boundary:
        return COMPLETION
    return TEXT if begin < stop <= end else INSTRUCTION


def shared_prefix(rows: Sequence[np.ndarray]) -> int:
    """How many tokens all rows begin with."""
    first = rows[0]
    length = min(len(row) for row in rows)
    for row in rows[1:]:
        differs = np.nonzero(row[:length] != first[:length])[0]
        length = int(differs[0]) if len(differs) else length
    return length
