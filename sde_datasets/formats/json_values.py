"""JSON in answers: read without NaN, with the first of two equal keys, with bounded depth and number length."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sde_datasets.designs import Design
from sde_datasets.formats.answers import Collector, Format, Unreadable
from sde_datasets.formats.tokens import json_string
from sde_datasets.schemas import Schema


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs))


_DECODER = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=_first_wins)


def json_value(text: str, at: int) -> Any:
    """The JSON value that `text` is. Raises Unreadable: `truncated` where it ends too early, else `malformed`."""
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        trailing = error.msg == "Extra data"
        # json places an open string at its beginning, and everything else that is cut off at the end
        cut = error.pos >= len(text) or error.msg.startswith("Unterminated string")
        cut = cut or (error.msg.startswith("Invalid \\uXXXX") and len(text) - error.pos < 6)
        raise Unreadable(
            "trailing_text" if trailing else "truncated" if cut else "malformed", at + error.pos
        ) from error
    except (ValueError, RecursionError) as error:
        raise Unreadable("malformed", at) from error


class JsonFormat(Format):
    """What the two JSON formats share: targets and labels as JSON, and a JSON value for each line."""

    nothing = "[]"

    def __init__(self, design: Design, schema: Schema) -> None:
        super().__init__(design, schema)
        by_index = self.numbers and not self.labelled
        self._targets = {t: str(i) if by_index else json_string(t) for i, t in enumerate(schema.targets)}
        self._labels = {label: str(n) if self.numbers else json_string(label) for label, n in schema.number_of.items()}
        self._label_of = {(n if self.numbers else label): label for label, n in schema.number_of.items()}
        self._target_pattern = "<number>" if by_index else f'"<{schema.target_word}>"'
        self._value_pattern = "<number>" if self.numbers and self.labelled else f'"<{schema.value_word}>"'
        self._description_pattern = f'"<{schema.description_word}>"'

    def _lines(self, body: str, at: int, found: Collector) -> Iterator[tuple[Any, int]]:
        """The value of each line of an answer with its place; none where the whole answer is `[]`."""
        if self.omits and body == self.nothing:
            found.nothing()
            return
        for line in body.split("\n"):
            text = line.strip()
            if text:
                begin = at + len(line) - len(line.lstrip())
                yield json_value(text, begin), begin
            at += len(line) + 1

    def _read_target(self, given: Any, at: int) -> str:
        wanted = int if self.numbers and not self.labelled else str
        if type(given) is not wanted:
            raise Unreadable("malformed", at)
        if wanted is str:
            return given
        if not 0 <= given < len(self.targets):
            raise Unreadable("number_out_of_range", at)
        return self.targets[given]

    def _read_label(self, given: Any, at: int) -> str | None:
        """The label that a JSON value names, None for the placeholder."""
        known = type(given) is (int if self.numbers else str)
        label = self._label_of.get(given) if known else None
        if label is None:
            raise Unreadable("number_out_of_range" if known and self.numbers else "unknown_label", at)
        return None if label == self.schema.placeholder else label

    def _read_description(self, given: Any, at: int) -> str:
        if type(given) is not str:
            raise Unreadable("malformed", at)
        return given
