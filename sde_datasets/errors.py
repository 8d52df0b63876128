"""The two errors a person sees: something is wrong with what was given, or with how it was asked."""

from __future__ import annotations


class InputError(Exception):
    """Bad input: says where, what is wrong and how to cure it. The command line exits with 1."""

    def __init__(self, place: str, wrong: str, cure: str = "") -> None:
        self.place, self.wrong, self.cure = place, wrong, cure
        super().__init__(f"{place}: {wrong}" + (f". {cure}" if cure else ""))

    def __reduce__(self) -> tuple:
        # an exception is pickled by its args, and it must cross a process pool whole
        return type(self), (self.place, self.wrong, self.cure)


class UsageError(Exception):
    """Asked for something that does not exist or does not fit together. The command line exits with 2."""


def nearest(word: str, known: list[str] | tuple[str, ...]) -> str:
    """A hint that names the known words closest to `word`, or lists all of them when none is close."""
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=3, cutoff=0.5)
    if close:
        return "Did you mean " + " or ".join(close) + "?"
    shown = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
    return f"Known: {shown}."
