"""Lines of reasons: one description of a target on a line, as the designs with reasons after the answer write them.

food: "the tuna was great"      'DNA': "the IL-2 gene"      0: "the IL-2 gene"      (natural, lines, json)
["food", "the tuna was great"]                              ["DNA", "IL-2 gene", "the IL-2 gene"]      (list)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import repeat
from typing import NamedTuple

from sde_datasets.formats.answers import Answer
from sde_datasets.formats.matcher import Matcher
from sde_datasets.formats.quoting import BLANK, QUOTED, STRING, json_string, unquoted, written_targets
from sde_datasets.records.record import is_encodable
from sde_datasets.records.schema import Schema

_LINE = re.compile(rf"(?P<name>{QUOTED}|{STRING}|[^:：\n\"]++){BLANK}(?P<colon>[:：]){BLANK}(?P<words>{STRING})")
# the beginning of a line that the end of the answer cuts off
_CUT = re.compile(rf"(?:{QUOTED}|{STRING}|[^:：\n\"\[]++){BLANK}[:：]{BLANK}\"[^\n]*|\[\"?[^\n\]]*")
_LONGEST_NAME = 1000


class Reason(NamedTuple):
    """A description on a line of the answer.

    target: None for a name that is no target of the schema. surface: the mention that a list describes, else None.
    note: the defect of the line, if it deviates from the written form.
    """

    target: str | None
    surface: str | None
    words: str
    note: str | None = None


class ReasonLines:
    """Writes and parses the lines of reasons of one design under one schema."""

    def __init__(self, schema: Schema, matcher: Matcher, by_index: bool, as_lists: bool) -> None:
        """by_index: targets are written as numbers. as_lists: the lines are JSON lists."""
        self._schema, self._matcher, self._by_index, self._as_lists = schema, matcher, by_index, as_lists
        self._of_mentions = as_lists and schema.kind == "mention"
        self._names = written_targets(schema, by_index)
        self._colon = schema.colon.strip()

    def write(self, answer: Answer) -> Iterator[str]:
        """Yield the lines of an answer, targets in the order of the schema; targets without a description have none."""
        for target in self._schema.targets:
            words = answer.descriptions.get(target)
            if words is None:
                continue
            if not isinstance(words, str):
                # each mention of the target has a line, so that equal mentions keep their order
                yield from map(self._list, repeat(target), answer.values[target], words)
            elif self._as_lists:
                yield self._list(target, None, words)
            else:
                yield f"{self._names[target]}{self._schema.colon}{json_string(words)}"

    def _list(self, target: str, surface: str | None, words: str) -> str:
        first = str(self._schema.index[target]) if self._by_index else json_string(target)
        parts = [first, *([json_string(surface)] if surface is not None else []), json_string(words)]
        return f"[{', '.join(parts)}]"

    def pattern(self) -> str:
        """The form of a line for instructions, with words in angle brackets."""
        schema = self._schema
        name, words = "<number>" if self._by_index else f"<{schema.target_word}>", f'"<{schema.description_word}>"'
        if self._as_lists:
            surface = [f'"<{schema.value_word}>"'] if self._of_mentions else []
            return f"[{', '.join([name if self._by_index else json_string(name), *surface, words])}]"
        return f"{name if self._by_index or not schema.quoted else repr(name)}{schema.colon}{words}"

    def parse(self, line: str) -> Reason | None:
        """Parse a line without blanks at its edges; None for a line of another form."""
        return self._parse_list(line) if self._as_lists else self._parse_item(line)

    def is_cut(self, line: str) -> bool:
        """True for the beginning of a line of reasons, without its end."""
        return _CUT.fullmatch(line) is not None and line.startswith("[") == self._as_lists

    def _parse_item(self, line: str) -> Reason | None:
        match = _LINE.fullmatch(line)
        if match is None or not is_encodable(words := json.loads(match["words"])):
            return None
        name = match["name"].rstrip()
        exact = next((target for target, written in self._names.items() if written == name), None)
        target = self._resolve(name) if exact is None else exact
        note = None
        if target is None:
            note = "unknown_target"
        elif match["colon"] != self._colon:
            note = "wrong_punctuation"
        elif exact is None:
            note = "reworded_target"
        return Reason(target, None, words, note if words else "malformed")

    def _resolve(self, written: str) -> str | None:
        """The target that a name of another spelling means."""
        if written.startswith('"'):
            name = json.loads(written)
        else:
            name = unquoted(written) if re.fullmatch(QUOTED, written) else written
        if self._by_index and name.isascii() and name.isdigit() and len(name) < 6:
            number = int(name)
            return self._schema.targets[number] if number < len(self._schema.targets) else None
        return self._matcher.target(self._matcher.undecorated(name), guess=False)

    def _parse_list(self, line: str) -> Reason | None:
        try:
            parts = json.loads(line) if line.startswith("[") else None
        except (ValueError, RecursionError):
            return None
        if not isinstance(parts, list) or len(parts) != (3 if self._of_mentions else 2):
            return None
        first, *strings = parts
        if type(first) not in (int, str) or not all(isinstance(each, str) and is_encodable(each) for each in strings):
            return None
        exact = self._exact(first)
        target = self._resolve(first) if exact is None and isinstance(first, str) else exact
        note = "unknown_target" if target is None else "reworded_target" if exact is None else None
        return Reason(target, strings[0] if self._of_mentions else None, strings[-1], note)

    def _exact(self, first: int | str) -> str | None:
        """The target that a list begins with, as the design writes it."""
        if isinstance(first, str):
            return first if not self._by_index and first in self._schema.index else None
        return self._schema.targets[first] if self._by_index and 0 <= first < len(self._schema.targets) else None
