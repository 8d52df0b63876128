"""Propose the next tokens of an answer that copies its text, as those of the format inline do.

An answer is followed character by character: marks are skipped, and what they enclose is found in the text. The
proposal is what follows in the text, with the marks of surfaces that earlier answers marked. Proposals never change an
answer: a token that the model would not write is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

# number of proposed tokens: more of them are right than of those that are taken from earlier answers
COPY_LENGTH = 8
# the characters of the text from which a proposal is made
_CHARACTERS = 64
# the most characters of the text that an answer leaves out at once
_MOST_SKIPPED = 40
# number of written tokens with which a proposal is tokenized, so that tokens have the same borders
_TAIL = 4
# number of remembered surfaces, after which all are forgotten, so that memory does not grow with the texts
_MOST_SURFACES = 50_000
_WORD = re.compile(r"\w+|[^\w\s]")
_MARK = re.compile(r"\\.|\[|\|((?:[^\[\]|\\]|\\.)*)\]", re.DOTALL)


class MarkMemory:
    """The marks of earlier answers: how a surface was marked last, and the target after the last word of a surface."""

    def __init__(self) -> None:
        self._marked: dict[str, str] = {}
        self._lengths: dict[str, set[int]] = {}
        self._targets: dict[str, str] = {}

    def update(self, answer: str) -> None:
        """Remember the outermost marks of a finished answer; forget surfaces that it has without a mark."""
        if len(self._marked) > _MOST_SURFACES:
            self.__init__()  # type: ignore[misc]
        bare: list[str] = []
        opened: list[tuple[int, int]] = []
        position, marked = 0, []
        for match in _MARK.finditer(answer):
            bare.append(answer[position : match.start()])
            position = match.end()
            if match[0] == "[":
                opened.append((len(bare), match.start()))
            elif match[0][0] == "\\":
                bare.append(match[0][1])
            elif opened:
                first, start = opened.pop()
                surface = "".join(bare[first:])
                self._targets[_last_word(surface)] = match[1]
                if not opened:
                    marked.append((surface, answer[start:position]))
        for known in self._in("".join([*bare, answer[position:]])) - {surface for surface, _ in marked}:
            del self._marked[known]
        for surface, written in marked:
            if surface:
                self._marked[surface] = written
                self._lengths.setdefault(_first_word(surface), set()).add(len(surface))

    def _in(self, text: str) -> set[str]:
        return {surface for match in _WORD.finditer(text) if (surface := self.at(text, match.start()))}

    def at(self, text: str, position: int) -> str:
        """The longest surface that begins at a word of a text; empty for none."""
        word = _WORD.match(text, position)
        for length in sorted(self._lengths.get(word[0], ()) if word else (), reverse=True):
            surface = text[position : position + length]
            if surface in self._marked and not text[position + length : position + length + 1].isalnum():
                return surface
        return ""

    def marked(self, surface: str) -> str:
        """A known surface with its marks."""
        return self._marked[surface]

    def target(self, surface: str) -> str:
        """The target that a surface probably has; empty where nothing is known."""
        return self._targets.get(_last_word(surface)) or next(reversed(self._targets.values()), "")


def _first_word(text: str) -> str:
    match = _WORD.match(text)
    return match[0] if match else ""


def _last_word(text: str) -> str:
    words = _WORD.findall(text[-_CHARACTERS:])
    return words[-1] if words else ""


class CopyDrafts:
    """The proposals for one answer."""

    def __init__(self, text: str, tokenizer: Any, end: int, memory: MarkMemory) -> None:
        """text: what the answer copies. end: the token that ends an answer."""
        self._text, self._tokenizer, self._end, self._memory = text.strip(), tokenizer, end, memory
        self._followed, self._position = "", 0
        self._opened: list[int] = []
        self._name: str | None = None
        self._escaped = False

    def finish(self, written: Sequence[int]) -> None:
        """Remember the marks of the finished answer."""
        self._memory.update(self._decode([token for token in written if token != self._end]))

    def propose(self, written: Sequence[int]) -> list[int]:
        """Return tokens that may follow."""
        answer = self._decode(written)
        if not answer.startswith(self._followed):
            return []
        for char in answer[len(self._followed) :]:
            self._take(char)
        self._followed = answer
        return self._tokens(written, self._rest_of_name() + self._copied())[:COPY_LENGTH]

    def _decode(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(tokens), clean_up_tokenization_spaces=False))

    def _tokens(self, written: Sequence[int], proposed: str) -> list[int]:
        """The tokens of a proposed text, with the end token where it ends the answer."""
        tail = list(written[-_TAIL:])
        options = {"add_special_tokens": False, "split_special_tokens": True}
        tokens = self._tokenizer(self._decode(tail) + proposed, **options)["input_ids"]
        joined = tokens[: len(tail)] == tail
        tokens = tokens[len(tail) :] if joined else self._tokenizer(proposed, **options)["input_ids"]
        is_last = self._position + _CHARACTERS >= len(self._text)
        # the last token may be longer with the text that follows it
        return [*tokens, self._end] if is_last else tokens[:-1]

    def _take(self, char: str) -> None:
        """Follow one character of the answer."""
        if self._escaped:
            self._escaped = False
            if self._name is None:
                self._advance(char)
            else:
                self._name += char
        elif char == "\\":
            self._escaped = True
        elif self._name is not None:
            self._name = None if char == "]" else self._name + char
            if char == "]" and self._opened:
                self._opened.pop()
        elif char == "[":
            self._opened.append(self._position)
        elif char == "|":
            self._name = ""
        else:
            self._advance(char)

    def _advance(self, char: str) -> None:
        place = self._text.find(char, self._position, self._position + _MOST_SKIPPED)
        self._position = place + 1 if place >= 0 else self._position

    def _rest_of_name(self) -> str:
        """The rest of the name of a target that the answer has begun, with its bracket."""
        if self._name is None:
            return ""
        target = self._memory.target(self._text[self._opened[-1] if self._opened else 0 : self._position])
        return target.removeprefix(self._name) + "]" if target.startswith(self._name) else "]"

    def _copied(self) -> str:
        """The next characters of the text, with the marks of known surfaces outside open marks."""
        stop = min(self._position + _CHARACTERS, len(self._text))
        position, parts = self._position, []
        is_open = len(self._opened) > (self._name is not None)
        while position < stop:
            begins_word = not (position and self._text[position - 1].isalnum() and self._text[position].isalnum())
            surface = self._memory.at(self._text, position) if begins_word and not is_open else ""
            if surface:
                parts.append(self._memory.marked(surface))
                position += len(surface)
            else:
                char = self._text[position]
                parts.append("\\" + char if char in "[]|\\" else char)
                position += 1
        return "".join(parts)
