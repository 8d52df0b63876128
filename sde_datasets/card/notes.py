"""The section of a card that a person writes: it stands between two marks and survives every new writing."""

from __future__ import annotations

from hashlib import sha256

from sde_datasets.errors import InputError

BEGIN = "<!-- notes: what stands between these two lines is yours and is kept -->"
END = "<!-- end of notes -->"


def notes_of(card: str, place: str) -> str:
    """What a person wrote between the marks of a card; empty where there are no marks.

    Raises InputError, naming `place`, where one mark is missing or stands twice: then it is not clear what to keep.
    """
    begin, end = _marks(card, place)
    return "\n".join(card.split("\n")[begin + 1 : end]).strip("\n") if end >= 0 else ""


def _marks(card: str, place: str) -> tuple[int, int]:
    """The lines of the two marks, -1 where there are none."""
    lines = [line.strip() for line in card.split("\n")]
    begins, ends = ([i for i, line in enumerate(lines) if line == mark] for mark in (BEGIN, END))
    if not begins and not ends:
        return -1, -1
    if len(begins) != 1 or len(ends) != 1 or ends[0] < begins[0]:
        line = (begins or ends)[0] + 1
        cure = f"Put your words between one line {BEGIN!r} and one line {END!r}."
        raise InputError(f"{place}:{line}", "the marks of the section of notes are not one pair", cure)
    return begins[0], ends[0]


def emptied(card: str, place: str) -> str:
    """A card without what a person wrote into it, to be compared with one that is newly made."""
    begin, end = _marks(card, place)
    lines = card.split("\n")
    return card if end < 0 else "\n".join([*lines[:begin], section(""), *lines[end + 1 :]])


def merged(ours: str, theirs: str, pushed: str, place: str) -> str:
    """The section that a push leaves: what was written last, in the folder (`ours`) or on the Hub (`theirs`).

    pushed: the digest of the section that the last push left there. Raises InputError, naming `place`, where both have
    been written since.
    """
    if not ours or ours == theirs:
        return theirs
    if theirs in ours or digest(theirs) == pushed:
        return ours
    if digest(ours) == pushed:
        return theirs
    cure = "Put into the section of the folder's card what shall stand there, after copying it from the Hub."
    raise InputError(place, "the section of notes was written both on the Hub and in the folder", cure)


def digest(notes: str) -> str:
    """A short hash of a section, to know it again."""
    return sha256(notes.encode()).hexdigest()[:12]


def section(notes: str) -> str:
    """The section with its marks."""
    return f"{BEGIN}\n{notes}\n{END}" if notes else f"{BEGIN}\n\n{END}"
