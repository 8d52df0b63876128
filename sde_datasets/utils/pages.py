"""Pages of HTML: templates whose values are escaped, with the style that all pages share (`theme.css`)."""

from __future__ import annotations

from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader
from markupsafe import Markup


def page_environment(package: str) -> Environment:
    """Return the environment of the templates of a package; they can include `theme.css`."""
    return Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("sde_datasets.utils")]),
        autoescape=True,
        finalize=printable,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def printable(value: Any) -> Any:
    """A value for a page: characters that cannot be printed are replaced by their codes."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(char if char.isprintable() or char == "\n" else f"\\u{{{ord(char):x}}}" for char in value)
