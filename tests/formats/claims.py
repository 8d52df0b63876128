"""Check that a reading claims only what the answer contains."""

from __future__ import annotations

import json
import re
import unicodedata

from sde_datasets.formats import AnswerFormat, ParsedAnswer, ReasonsAfter
from sde_datasets.formats.answers import ERRORS, NOTES

_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


class Claims:
    """A text that may contain a string as it is, as a JSON string or in single quotes."""

    def __init__(self, text: str) -> None:
        self._text = text

    def holds(self, surface: str) -> bool:
        """True if the text contains a surface, escaped or not."""
        if surface in self._text:
            return True
        forms = (json.dumps(surface)[1:-1], json.dumps(surface, ensure_ascii=False)[1:-1])
        escaped = (*forms, *(form.replace('\\"', '"').replace("'", "\\'") for form in forms))
        return any(form in self._text for form in escaped) or surface in _unescaped(self._text)


def _unescaped(text: str) -> str:
    """A text with its escapes undone, whatever they are."""
    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", lambda m: _char(m[1]), text, flags=re.DOTALL)


def _char(escape: str) -> str:
    named = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
    return chr(int(escape[1:], 16)) if len(escape) == 5 else named.get(escape, escape)


def check_reading(form: AnswerFormat, text: str, reading: ParsedAnswer, aliases: dict[str, list[str]]) -> None:
    """A reading claims only what the text contains; its defects are in the list and lie within the text."""
    form = form.plain if isinstance(form, ReasonsAfter) else form
    for defect in reading.defects:
        assert defect.name in (*ERRORS, *NOTES) and 0 <= defect.at <= len(text)
        assert defect.target is None or defect.target in form.targets
    assert reading.usable or not reading.answer.values
    # nested marks divide the surfaces of an inline answer, which are whole in its bare text
    bare = reading.answer.marked.text if reading.answer.marked else ""
    claims, plain = Claims(f"{text}\n{bare}"), _plain(text)
    for target, value in reading.answer.values.items():
        assert target in form.targets
        if isinstance(value, str):
            words = [form.written[value], value, *aliases.get(value, ())]
            words += [number.replace("-", dash) for number in words[:1] for dash in "–—−"]
            assert any(_plain(word) in plain or word in text for word in words), (text, target, value)
        else:
            assert value and all(claims.holds(surface) for surface in value), (text, target, value)
    for said in reading.answer.descriptions.values():
        assert all(claims.holds(words) for words in ([said] if isinstance(said, str) else said)), (text, said)
