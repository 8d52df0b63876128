"""Docstrings of this project as the API reference shows them: examples as code, parameters as a list."""

from __future__ import annotations

import re
from typing import Any

import griffe

_PARAMETER = re.compile(r"^((?:\w+, )*\w+): (?=\S)")


class PlainDocstrings(griffe.Extension):
    """Mark up the plain docstrings of this project before they are rendered."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Replace the docstring of an object."""
        if obj.docstring:
            obj.docstring.value = marked_up(obj.docstring.value)


def marked_up(docstring: str) -> str:
    """The docstring with `name: meaning` lines as a list and `>>>` examples as code blocks."""
    lines, code, listed = [], False, False
    for line in docstring.split("\n"):
        starts = line.startswith(">>>")
        if starts and not code:
            lines += ["", "```pycon"]
        elif code and not line.strip():
            lines.append("```")
        code = starts or (code and bool(line.strip()))
        if not code and (found := _PARAMETER.match(line)):
            names = ", ".join(f"`{name}`" for name in found[1].split(", "))
            line = f"- {names}: {line[found.end() :]}"
            if not listed:
                lines.append("")
            listed = True
        elif listed and not code and line.strip():
            line = f"    {line.strip()}"
        else:
            listed = listed and not code and bool(line.strip())
        lines.append(line)
    return "\n".join([*lines, "```"] if code else lines)
