"""The section of a card that a person writes: it stands between two marks and survives every new writing."""

from __future__ import annotations

from sde_datasets.errors import InputError

BEGIN = "<!-- notes: what stands between these two lines is yours and is kept -->"
END = "<!-- end of notes -->"


def notes_of(card: str, place: str) -> str:
    """What a person wrote between the marks of a card; empty where there are no marks.

    Raises InputError, naming `place`, where one mark is missing or stands twice: then it is not clear what to keep.
    """
    lines = [line.strip() for line in card.split("\n")]
    begins, ends = ([i for i, line in enumerate(lines) if line == mark] for mark in (BEGIN, END))
    if not begins and not ends:
        return ""
    if len(begins) != 1 or len(ends) != 1 or ends[0] < begins[0]:
        line = (begins or ends)[0] + 1
        cure = f"Put your words between one line {BEGIN!r} and one line {END!r}."
        raise InputError(f"{place}:{line}", "the marks of the section of notes are not one pair", cure)
    return "\n".join(card.split("\n")[begins[0] + 1 : ends[0]]).strip("\n")


def section(notes: str) -> str:
    """The section with its marks."""
    return f"{BEGIN}\n{notes}\n{END}" if notes else f"{BEGIN}\n\n{END}"
