"""Encode samples as tokens: prompt and completion are one text, whose characters decide the segment of each token.

The tokens of the prompt are those that prediction uses. If the tokenizer would join the end of a prompt with its
completion, training would see other tokens than prediction; then prompt and completion are tokenized separately.

Is it good?\n---\nThe tuna was great.\nOutput:\nfood: positive</s>
INSTRUCTION ~~~~~~TEXT ~~~~~~~~~~~~~~INSTR ~~~~COMPLETION ~~~~~~~~
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sde_datasets.runs.samples import ConfigTemplate

# the segments of a sample; a loss weight belongs to each
INSTRUCTION, TEXT, COMPLETION = 0, 1, 2

# start and end of each token, in characters
_Offsets = list[tuple[int, int]]


@dataclass(frozen=True)
class EncodedSample:
    """The tokens of a sample or of a prompt.

    ids: token ids (int32). segments: the segment of each token (uint8): INSTRUCTION, TEXT or COMPLETION.
    truncated_chars: how many characters of the text were dropped from its end.
    joined: the tokenizer joins prompt and completion, so they were tokenized separately.
    """

    ids: np.ndarray
    segments: np.ndarray
    truncated_chars: int = 0
    joined: bool = False


class TooLong(Exception):
    """A sample does not fit into the context even with an empty text; `reason` gives the numbers."""

    def __init__(self, needed: int, room: int, parts: str) -> None:
        self.reason = f"{parts} take {needed:,} tokens without any text, and there is room for {room:,}"
        super().__init__(self.reason)


class SampleEncoder:
    """Encode samples and prompts with one tokenizer and one prompt template."""

    def __init__(self, tokenizer: Any, template: ConfigTemplate, end: int, context: int, chat: bool, bos: bool) -> None:
        """Create an encoder.

        end: the id of the token that ends a completion. context: the most tokens of a sample.
        chat: the template contains special tokens as text. bos: put the BOS token first if the tokenizer does not.
        """
        self._tokenizer, self.template, self.end, self.context = tokenizer, template, end, context
        # the text of a corpus may contain what looks like a special token; only chat markup consists of special tokens
        self._settings = {"add_special_tokens": not chat, "split_special_tokens": not chat}
        added = tokenizer.added_tokens_decoder.items() if chat else ()
        self._special = {number for number, token in added if token.special}
        self._bos = tokenizer.bos_token_id if bos else None
        # samples that were encoded before, by text and completion; None: they are not kept
        self.known: dict[tuple[str, str], EncodedSample] | None = None

    def encode_sample(self, text: str, completion: str) -> EncodedSample:
        """Encode a sample; its last token is the end token. A text that is too long is truncated at its end.

        Raises TooLong if instruction, cue and completion alone do not fit.
        """
        known = (self.known or {}).get((text, completion))
        if known is None:
            known = self._fit(text, completion, self.context - 1, "instruction, cue and completion")
            if self.known is not None:
                self.known[text, completion] = known
        return known

    def encode_prompt(self, text: str, room: int) -> EncodedSample:
        """Encode a prompt, without an end token, in at most `room` tokens. Raises TooLong."""
        return self._fit(text, None, room, "instruction and cue")

    def encode_prefix(self, text: str) -> list[int]:
        """Return the token ids of a text that comes first in prompts."""
        return self._with_bos(*self._tokenize(text))[0]

    def _fit(self, text: str, completion: str | None, room: int, parts: str) -> EncodedSample:
        length = len(text)
        while True:
            ids, segments, starts, joined = self._encode(text, completion)
            if len(ids) <= room:
                if completion is not None:
                    ids, segments = [*ids, self.end], [*segments, COMPLETION]
                return EncodedSample(np.array(ids, np.int32), np.array(segments, np.uint8), length - len(text), joined)
            excess = len(ids) - room
            text_tokens = [i for i, segment in enumerate(segments) if segment == TEXT]
            keep = starts[text_tokens[-excess]] - len(self.template.prefix) if excess < len(text_tokens) else 0
            if keep <= 0:
                end = completion is not None
                raise TooLong(len(ids) - len(text_tokens) + end, room + end, parts)
            text = text[: min(keep, len(text) - 1)]

    def _encode(self, text: str, completion: str | None) -> tuple[list[int], list[int], list[int], bool]:
        """Return ids, segments, the start character of each token, and whether prompt and completion were separate."""
        boundary = len(self.template.prompt(text))
        ids, offsets = self._tokenize_whole(text, "")
        joined = False
        if completion is not None:
            prompt_ids, prompt_offsets = ids, offsets
            ids, offsets = self._tokenize_whole(text, completion)
            joined = ids[: len(prompt_ids)] != prompt_ids
            if joined:
                more, spans = self._tokenize(completion, add_special_tokens=False, split_special_tokens=True)
                ids = prompt_ids + more
                offsets = prompt_offsets + [(boundary + start, boundary + stop) for start, stop in spans]
        begin = len(self.template.prefix)
        segments = [segment_of(stop, begin, begin + len(text), boundary) for _, stop in offsets]
        return ids, segments, [start for start, _ in offsets], joined

    def _tokenize_whole(self, text: str, completion: str) -> tuple[list[int], _Offsets]:
        """Return the tokens of a prompt and a completion as one text, and their offsets."""
        prompt = self.template.prompt(text)
        begin, end = len(self.template.prefix), len(self.template.prefix) + len(text)
        ids, offsets = self._tokenize(prompt + completion)
        special_stops = [stop for id, (_, stop) in zip(ids, offsets, strict=True) if id in self._special]
        if any(begin < stop <= end or stop > len(prompt) for stop in special_stops):
            ids, offsets = self._tokenize_around_markup(prompt + completion, end)
        return self._with_bos(ids, offsets)

    def _with_bos(self, ids: list[int], offsets: _Offsets) -> tuple[list[int], _Offsets]:
        """Add the BOS token if it is required and neither tokenizer nor template wrote it."""
        if self._bos is None or ids[:1] == [self._bos]:
            return ids, offsets
        return [self._bos, *ids], [(0, 0), *offsets]

    def _tokenize_around_markup(self, whole: str, end: int) -> tuple[list[int], _Offsets]:
        """Tokenize a chat whose text or completion contains what looks like a special token: only markup stays special.

        end: the character at which the text ends and the template's suffix begins.
        """
        markup: list[tuple[int | None, int, int]] = [
            (id, start + shift, stop + shift)
            for part, shift in ((self.template.prefix, 0), (self.template.suffix, end))
            for id, (start, stop) in zip(*self._tokenize(part), strict=True)
            if id in self._special
        ]
        ids: list[int] = []
        offsets: _Offsets = []
        position = 0
        for mark, start, stop in [*markup, (None, len(whole), len(whole))]:
            if position < start:
                more, spans = self._tokenize(whole[position:start], split_special_tokens=True)
                ids += more
                offsets += [(position + first, position + last) for first, last in spans]
            if mark is not None:
                ids.append(mark)
                offsets.append((start, stop))
            position = stop
        return ids, offsets

    def _tokenize(self, text: str, **settings: bool) -> tuple[list[int], _Offsets]:
        """Tokenize a text, without the separator that some tokenizers append: an end token follows."""
        options = {"return_offsets_mapping": True, "return_special_tokens_mask": True, **self._settings, **settings}
        encoding = self._tokenizer(text, **options)
        ids, offsets, special = encoding["input_ids"], encoding["offset_mapping"], encoding["special_tokens_mask"]
        last = len(ids)
        while last and special[last - 1] and offsets[last - 1] == (0, 0) and last > 1:
            last -= 1
        return ids[:last], [tuple(pair) for pair in offsets[:last]]


def segment_of(stop: int, begin: int, end: int, boundary: int) -> int:
    """Return the segment of a token whose last character is before `stop`.

    The text spans `begin` to `end`, the completion starts at `boundary`. A token that crosses a border belongs to the
    later segment, so that the completion is learned from its first character.
    """
    if stop > boundary:
        return COMPLETION
    return TEXT if begin < stop <= end else INSTRUCTION


def shared_prefix_length(rows: Sequence[np.ndarray]) -> int:
    """Return the number of leading tokens that all rows share."""
    first = rows[0]
    length = min(len(row) for row in rows)
    for row in rows[1:]:
        differs = np.nonzero(row[:length] != first[:length])[0]
        length = int(differs[0]) if len(differs) else length
    return length
