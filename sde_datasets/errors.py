"""Errors that the user sees in one line: `InputError` (bad input, exit code 1), `UsageError` (bad usage, exit 2)."""

from __future__ import annotations

from collections.abc import Iterable


class InputError(Exception):
    """The input is invalid. The command line prints the error and exits with 1.

    location: the file and line, or the part of the input, with the error. problem: what is wrong there.
    hint: how to correct it, empty when the problem says it.

    >>> import sde_datasets as sde
    >>> print(sde.InputError("mine.jsonl:3", "the text is empty", "Remove the row."))
    mine.jsonl:3: the text is empty. Remove the row.
    """

    def __init__(self, location: str, problem: str, hint: str = "") -> None:
        self.location, self.problem, self.hint = location, problem, hint
        super().__init__(f"{location}: {problem}" + (f". {hint}" if hint else ""))

    def __reduce__(self) -> tuple:
        # an exception is pickled by its args; this one crosses a process pool with all its attributes
        return type(self), (self.location, self.problem, self.hint)


class UsageError(Exception):
    """The request names something unknown, or its parts do not fit together. The command line exits with 2.

    >>> import sde_datasets as sde
    >>> try:
    ...     sde.parse("food: positive", "line-text", sde.schema("mabsa", targets=["food"]))
    ... except sde.UsageError as error:
    ...     print(str(error).partition(".")[0])
    unknown design 'line-text'
    """


class NoSplit(UsageError):
    """A config has no such split. `splits` are those that it has."""

    def __init__(self, config: str, split: str, splits: list[str]) -> None:
        self.config, self.split, self.splits = config, split, splits
        super().__init__(f"{config!r} has no split {split!r}. {nearest(split, splits)}")

    def __reduce__(self) -> tuple:
        return type(self), (self.config, self.split, self.splits)


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the known words closest to `word`, or lists the known words when none is close."""
    from difflib import get_close_matches

    words = list(known)
    close = get_close_matches(word, words, n=3, cutoff=0.5)
    if close:
        return "Did you mean " + " or ".join(close) + "?"
    shown = ", ".join(words[:20]) + (", ..." if len(words) > 20 else "")
    return f"Known: {shown}."


def one_line(error: BaseException) -> str:
    """An error's message with its lines joined into one."""
    return " ".join(str(error).split())


def summary(error: BaseException) -> str:
    """The first line of an error's message, or its repr when the message is empty."""
    return " ".join((str(error).strip() or repr(error)).splitlines()[0].split())
