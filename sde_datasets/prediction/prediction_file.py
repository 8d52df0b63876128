"""Write a file of answers line by line: a killed process loses nothing, and the complete file is in the right order.

<name>.jsonl              the answers, when they are complete
<name>.about.json         their provenance
<name>.jsonl.part         the answers so far
<name>.about.json.part    their provenance
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from sde_datasets.dataset.split import SplitIdentity
from sde_datasets.errors import InputError
from sde_datasets.prediction.completion import TOO_LONG, Completion
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.utils.files import PART, write_text
from sde_datasets.utils.progress import Progress

# what a row contains besides id, token counts and stop
RowMaker = Callable[[str, Completion], dict[str, Any]]
# reads the row of an id from the partial file
RowReader = Callable[[str], dict[str, Any]]


@dataclass(frozen=True)
class Provenance:
    """What produced the answers of a file; answers with equal provenance are not generated again.

    model: the sha256 of each file of weights. endpoint, served_model: those of a server. run, limit, data: for a split,
    the name of the run, the number of samples, and the identity of the split. draw_seed: of the samples, if it is not
    that of the run. input: the identity of a file of texts.
    """

    options: GenerationOptions
    model: dict[str, str]
    endpoint: str = ""
    served_model: str = ""
    run: str = ""
    limit: int | None = None
    data: SplitIdentity | None = None
    input: dict[str, Any] | None = None
    draw_seed: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the content of <name>.about.json."""
        split = {"run": self.run, "limit": self.limit} if self.data is not None else {}
        server = {"endpoint": self.endpoint, "served_model": self.served_model} if self.endpoint else {}
        source = {"draw_seed": self.draw_seed, "data": self.data.to_dict() if self.data else None, "input": self.input}
        return {
            **split,
            **self.options.to_dict(),
            **server,
            "model": self.model,
            **{name: value for name, value in source.items() if value is not None},
        }


class ResumableWriter:
    """Write answers line by line into a partial file, and the complete file at the end.

    Use it as a context manager: it locks the file for this process. A partial file with another provenance is not
    continued. is_complete: the file was completed before with this provenance. done: the byte offset of each id's row
    in the partial file.
    """

    def __init__(self, path: Path, provenance: Provenance) -> None:
        self.path, self._provenance = path, provenance.to_dict()
        self._part = path.with_name(path.name + PART)
        self._about = path.with_name(path.name.removesuffix(".jsonl") + ".about.json")
        self._about_part = self._about.with_name(self._about.name + PART)
        self._lock = FileLock(path.with_name(path.name + ".lock"), blocking=False)
        self.is_complete = False
        self.done: dict[str, int] = {}
        self._file: IO[bytes] | None = None

    def __enter__(self) -> ResumableWriter:
        """Raises InputError if the file cannot be written or is another file, or its part has another provenance."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            complete = self.path.is_file() and not self._part.is_file()
            self.is_complete = complete and _read_json(self._about) == self._provenance
            if not self.is_complete:
                self._begin()
        except Timeout as error:
            raise InputError(str(self.path), "is being written by another process", "Wait for it.") from error
        except OSError as error:
            self.__exit__()
            problem = f"cannot be written ({error.strerror})"
            raise InputError(str(error.filename or self.path), problem, "Give another --out.") from error
        except InputError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()
        if self._lock.is_locked:
            self._lock.release()
            Path(self._lock.lock_file).unlink(missing_ok=True)

    def _begin(self) -> None:
        """Open the partial file, or start it."""
        if self.path.exists() and not (self._part.is_file() or self._about.is_file()):
            raise InputError(str(self.path), "exists and is not a prediction file", "Give another --out.")
        if self._part.is_file():
            # a process that is killed at the end of `commit` leaves the partial file with the final provenance
            about = self._about_part if self._about_part.is_file() else self._about
            if _read_json(about) != self._provenance:
                hint = f"Remove it, or give another --out, to start again: {self._part}"
                raise InputError(str(self._part), "was started with another model or other options", hint)
            self.done = self._read_part()
        write_text(self._about_part, json.dumps(self._provenance, ensure_ascii=False, indent=1) + "\n")
        self._file = self._part.open("ab")

    def _read_part(self) -> dict[str, int]:
        """Return the ids in the partial file with the offsets of their rows; cut off an incomplete last row."""
        done, offset = {}, 0
        with self._part.open("rb+") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    file.truncate(offset)
                    break
                try:
                    done[json.loads(line)["id"]] = offset
                except (ValueError, TypeError, KeyError) as error:
                    hint = "Remove the file to start again."
                    raise InputError(f"{self._part}:{number}", "is not a row of answers", hint) from error
                offset += len(line)
        return done

    def _open_part(self) -> IO[bytes]:
        if self._file is None:
            raise ValueError("the writer is not entered, or its file is complete")
        return self._file

    def add(self, row: dict[str, Any]) -> None:
        """Write a row and flush it."""
        file = self._open_part()
        self.done[row["id"]] = file.tell()
        file.write(json.dumps(row, ensure_ascii=True).encode() + b"\n")
        file.flush()

    def extend(
        self, completions: Iterable[tuple[str, Completion]], count: int, make_row: RowMaker, progress: Progress
    ) -> None:
        """Add the missing answers, of `count` in total; report how many texts were truncated or did not fit."""
        truncated, too_long = 0, 0
        with progress.work("answering", count, "texts"):
            progress.advance(len(self.done))
            for id, answer in completions:
                self.add({"id": id, **make_row(id, answer), **_counts(answer)})
                truncated, too_long = truncated + (answer.cut > 0), too_long + (answer.stop == TOO_LONG)
                progress.advance(1)
        if truncated:
            progress.line(f"{truncated:,} texts were truncated to fit")
        if too_long:
            progress.line(f"{too_long:,} prompts are too long even without their text, and have no answer")

    def commit(self, ids: Iterable[tuple[str, dict[str, Any]]]) -> Path:
        """Write the rows of `ids` in this order, each with further fields, as the complete file; return its path."""
        return self.commit_rows(lambda row_of: ({"id": id, **more, **row_of(id)} for id, more in ids))

    def commit_rows(self, rows: Callable[[RowReader], Iterable[dict[str, Any]]]) -> Path:
        """Write the complete file; return its path. rows: makes its rows with a function that reads answers by id."""
        self._open_part().close()
        ordered = self.path.with_name(self.path.name + ".whole")
        with self._part.open("rb") as part, ordered.open("wb") as file:

            def row_of(id: str) -> dict[str, Any]:
                part.seek(self.done[id])
                return json.loads(part.readline())

            for row in rows(row_of):
                # a lone surrogate from a server is written as its escape, which JSON reads back
                file.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
        # a process that is killed between these steps leaves the partial file, and the next one commits again
        self._about.unlink(missing_ok=True)
        ordered.replace(self.path)
        self._about_part.replace(self._about)
        self._part.unlink()
        return self.path


def _counts(answer: Completion) -> dict[str, Any]:
    """Return the fields of a row about tokens and how the answer ended."""
    counts = {"tokens": answer.tokens, "prompt_tokens": answer.prompt_tokens, "stop": answer.stop, "cut": answer.cut}
    optional = {"reasoning_tokens": answer.reasoning_tokens}
    return {name: value for name, value in (counts | optional).items() if value or name not in ("cut", *optional)}


def _read_json(path: Path) -> Any:
    """Return the content of a JSON file; None if it cannot be read."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
