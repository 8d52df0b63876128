"""The notes of the user on a card: the text between two marks, which is kept when the card is written again."""

from __future__ import annotations

from hashlib import sha256

from sde_datasets.errors import InputError

BEGIN = "<!-- notes: what stands between these two lines is yours and is kept -->"
END = "<!-- end of notes -->"


def notes_of(card: str, location: str) -> str:
    """The notes between the marks of a card; empty if it has no marks.

    Raises InputError with `location` if a mark is missing or occurs twice.
    """
    begin, end = _marks(card, location)
    return "\n".join(card.split("\n")[begin + 1 : end]).strip("\n") if end >= 0 else ""


def has_marks(card: str) -> bool:
    """True if a card has a mark of the notes, as every card that sde-datasets writes."""
    return any(line.strip() in (BEGIN, END) for line in card.split("\n"))


def _marks(card: str, location: str) -> tuple[int, int]:
    """The indices of the lines with the two marks; -1 for a card without marks."""
    lines = [line.strip() for line in card.split("\n")]
    begins, ends = ([i for i, line in enumerate(lines) if line == mark] for mark in (BEGIN, END))
    if not begins and not ends:
        return -1, -1
    if len(begins) != 1 or len(ends) != 1 or ends[0] < begins[0]:
        line = (begins or ends)[0] + 1
        hint = f"Put your notes between one line {BEGIN!r} and one line {END!r}."
        raise InputError(f"{location}:{line}", "the marks around the notes are not one pair", hint)
    return begins[0], ends[0]


def without_notes(card: str, location: str) -> str:
    """A card with empty notes, to compare it with a newly written one."""
    begin, end = _marks(card, location)
    lines = card.split("\n")
    return card if end < 0 else "\n".join([*lines[:begin], notes_section(""), *lines[end + 1 :]])


def merge_notes(local: str, remote: str, pushed: str, location: str) -> str:
    """The notes after a push: those that were changed last, in the folder (`local`) or on the Hub (`remote`).

    pushed: the digest of the notes after the last push. Raises InputError with `location` if both were changed since.
    """
    if not local or local == remote:
        return remote
    if remote in local or digest(remote) == pushed:
        return local
    if digest(local) == pushed:
        return remote
    hint = "Copy the notes from the Hub into the card of the folder, and edit them there."
    raise InputError(location, "the notes were changed both on the Hub and in the folder", hint)


def digest(notes: str) -> str:
    """A short hash of notes, to detect changes."""
    return sha256(notes.encode()).hexdigest()[:12]


def notes_section(notes: str) -> str:
    """The notes between their marks."""
    return f"{BEGIN}\n{notes}\n{END}" if notes else f"{BEGIN}\n\n{END}"
