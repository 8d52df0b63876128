"""Answers as models spoil them: cuts, swaps, repeats, other marks, prose, each drawn by a seeded random.Random."""

from __future__ import annotations

from random import Random

PROSE = (
    "Sure, here is the answer:\n",
    "\nI hope this helps!",
    "I am sorry, but ",
    "以下是答案：\n",
    "```json\n",
    "\n```",
    " (see above) ",
)
FULL_WIDTH = {",": "，", ":": "：", ";": "；", ".": "。", '"': "“", "'": "’", "[": "［", "{": "｛"}
MARKS = ",;:.'\"[]{}->\\/|*#\n\t \u3000"


def _cut(text: str, dice: Random) -> str:
    return text[: dice.randrange(len(text) + 1)]


def _behead(text: str, dice: Random) -> str:
    return text[dice.randrange(len(text) + 1) :]


def _insert(text: str, dice: Random) -> str:
    at = dice.randrange(len(text) + 1)
    return text[:at] + dice.choice(MARKS) + text[at:]


def _drop(text: str, dice: Random) -> str:
    at = dice.randrange(len(text) + 1)
    return text[:at] + text[at + dice.choice((1, 1, 1, 3)) :]


def _swap(text: str, dice: Random) -> str:
    at = dice.randrange(max(len(text) - 1, 1))
    return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]


def _lines(text: str, dice: Random) -> str:
    lines = text.split("\n")
    dice.shuffle(lines)
    return "\n".join(lines[: dice.randrange(1, len(lines) + 1)])


def _repeat(text: str, dice: Random) -> str:
    start = dice.randrange(len(text) + 1)
    end = dice.randrange(start, len(text) + 1)
    return text[:end] + text[start:end] * dice.choice((1, 1, 5)) + text[end:]


def _widen(text: str, dice: Random) -> str:
    narrow = dice.choice(list(FULL_WIDTH))
    return text.replace(narrow, FULL_WIDTH[narrow], dice.choice((1, 1, -1)))


def _remark(text: str, dice: Random) -> str:
    return text.replace(dice.choice(",;:.'\"[]{}"), dice.choice(MARKS), dice.choice((1, 1, -1)))


def _prose(text: str, dice: Random) -> str:
    at = dice.choice((0, len(text), dice.randrange(len(text) + 1)))
    return text[:at] + dice.choice(PROSE) + text[at:]


def _case(text: str, dice: Random) -> str:
    return dice.choice((text.upper(), text.lower(), text.title()))


def _one_line(text: str, dice: Random) -> str:
    return text.replace("\n", dice.choice((" ", ", ", "; ", "\n\n")))


def _fold(text: str, dice: Random) -> str:
    return dice.choice(
        ("[\n" + text.replace("\n", ",\n") + "\n]", text.replace(", ", ",\n  "), "- " + text.replace("\n", "\n- "))
    )


KINDS = (_cut, _behead, _insert, _drop, _swap, _lines, _repeat, _widen, _remark, _prose, _case, _one_line, _fold)


def mutated(text: str, dice: Random) -> str:
    """A text with one to three things wrong with it."""
    for _ in range(dice.choice((1, 1, 2, 3))):
        text = dice.choice(KINDS)(text, dice)
    return text
