"""scores.json: written with a line for each sample, the same bytes for the same scores, and read back to compare."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sde_datasets.errors import InputError
from sde_datasets.score.scorer import FORMAT

SCORE_AGAIN = "Score the answers again."


def scores_text(scores: dict) -> str:
    """Scores as the text of scores.json. A lone surrogate of an answer stands as its escape, `\\ud800`."""
    head = {key: value for key, value in scores.items() if key != "rows"}
    lines = ",\n".join(_lines(scores["rows"]))
    text = json.dumps(head, ensure_ascii=False, indent=1, allow_nan=False).removesuffix("\n}")
    return _escaped(f'{text},\n "rows": [\n{lines}\n ]\n}}\n')


def _lines(rows: list[dict]) -> Iterator[str]:
    return ("  " + json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)


def _escaped(text: str) -> str:
    """A text that can be encoded: within JSON strings the escape of a surrogate means the surrogate."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def read_scores(path: Path) -> dict:
    """The scores in a file. Raises InputError where it is no scores.json of this format."""
    try:
        scores: Any = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise InputError(str(path), f"is no JSON ({error})", SCORE_AGAIN) from error
    if not isinstance(scores, dict) or not {"format", "schema", "rows", "design"} <= set(scores):
        raise InputError(str(path), "is no scores.json", "Give what sde-datasets score --json wrote.")
    if scores["format"] != FORMAT:
        raise InputError(str(path), f"has the format {scores['format']}, not {FORMAT}", SCORE_AGAIN)
    return scores
