"""Write scores.json with one line per sample, the same bytes for the same scores, and read it back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sde_datasets.errors import InputError
from sde_datasets.scoring.sample_counts import SampleCounts, SampleScore
from sde_datasets.scoring.scores import FORMAT, Scores

SCORE_AGAIN = "Score the answers again."


def scores_text(scores: Scores) -> str:
    """Return the text of scores.json. A lone surrogate of an answer is written as its escape, `\\ud800`."""
    head = {key: value for key, value in replace(scores, rows=()).to_json().items() if key != "rows"}
    lines = ",\n".join(_lines(scores.rows))
    text = json.dumps(head, ensure_ascii=False, indent=1, allow_nan=False).removesuffix("\n}")
    return _escaped(f'{text},\n "rows": [\n{lines}\n ]\n}}\n')


def _lines(rows: tuple[SampleScore, ...]) -> Iterator[str]:
    ends: dict[SampleCounts, str] = {}
    for row in rows:
        end = ends.get(row.counts)
        if end is None:
            end = ends[row.counts] = json.dumps(row.counts.to_json(), separators=(",", ":"))[1:]
        yield f"  {json.dumps(row.key(), ensure_ascii=False, separators=(',', ':'))[:-1]},{end}"


def _escaped(text: str) -> str:
    """A text that can be encoded: within JSON strings the escape of a surrogate means the surrogate."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def read_scores(path: Path) -> Scores:
    """Read a scores.json. Raises InputError where the file is not one of this format."""
    try:
        entries = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise InputError(str(path), f"is not JSON ({error})", SCORE_AGAIN) from error
    if not isinstance(entries, dict) or not {"format", "schema", "rows", "design"} <= set(entries):
        raise InputError(str(path), "is not a scores.json", "Give what sde-datasets score --json wrote.")
    if entries["format"] != FORMAT:
        raise InputError(str(path), f"has the format {entries['format']}, not {FORMAT}", SCORE_AGAIN)
    try:
        return Scores.from_json(entries)
    except (KeyError, TypeError, AttributeError, InputError) as error:
        raise InputError(str(path), f"is a damaged scores.json ({error!r})", SCORE_AGAIN) from error
