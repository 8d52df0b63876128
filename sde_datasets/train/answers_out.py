"""A file of answers in the making: a line for each, kept when the process dies, in the order asked for at its end.

<name>.jsonl              the answers, when they are whole
<name>.about.json         by what they were made
<name>.jsonl.part         those that there are so far
<name>.about.json.part    by what these are made
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from sde_datasets.errors import InputError
from sde_datasets.manifest import write_text
from sde_datasets.progress import Progress

Row = Callable[[str, Any], dict[str, Any]]


class AnswersOut:
    """Writes answers line by line, and their file when it is whole. A context: in it, no other process writes there.

    `about` says by what the answers are made; a part that was made by something else is not gone on from.
    """

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        self.path, self._about = path, about
        self._part = path.with_name(path.name + ".part")
        self._said = path.with_name(path.name.removesuffix(".jsonl") + ".about.json")
        self._said_part = self._said.with_name(self._said.name + ".part")
        self._lock = FileLock(path.with_name(path.name + ".lock"), blocking=False)
        self.whole, self.done, self._file = False, {}, None

    def __enter__(self) -> AnswersOut:
        """Raises InputError where the file cannot be written, is not ours, or a part by something else stands there."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            # whether all was answered before, in just this way
            self.whole = self.path.is_file() and not self._part.is_file() and _reads(self._said) == self._about
            if not self.whole:
                self._begin()
        except Timeout as error:
            raise InputError(str(self.path), "is being written by another process", "Wait for it.") from error
        except OSError as error:
            self.__exit__()
            wrong = f"cannot be written ({error.strerror})"
            raise InputError(str(error.filename or self.path), wrong, "Give another --out.") from error
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
        if self.path.exists() and not (self._part.is_file() or self._said.is_file()):
            raise InputError(str(self.path), "exists and holds no answers of ours", "Give another --out.")
        if self._part.is_file():
            # a process that was killed at the very end has put in place by what they are made, and left the part
            begun = self._said_part if self._said_part.is_file() else self._said
            if _reads(begun) != self._about:
                cure = f"Remove it, or give another --out, to begin anew: {self._part}"
                raise InputError(str(self._part), "was begun by another model or in another way", cure)
            self.done = self._left()
        write_text(self._said_part, json.dumps(self._about, ensure_ascii=False, indent=1) + "\n")
        self._file = self._part.open("ab")

    def _left(self) -> dict[str, int]:
        """The ids that an earlier process answered, with where their lines begin; a line half written is cut off."""
        done, place = {}, 0
        with self._part.open("rb+") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    file.truncate(place)
                    break
                try:
                    done[json.loads(line)["id"]] = place
                except (ValueError, TypeError, KeyError) as error:
                    cure = "Remove the file to begin anew."
                    raise InputError(f"{self._part}:{number}", "is no row of answers", cure) from error
                place += len(line)
        return done

    def add(self, row: dict[str, Any]) -> None:
        """Write a row; what is added stays, whatever happens to the process."""
        self.done[row["id"]] = self._file.tell()
        self._file.write(json.dumps(row, ensure_ascii=True).encode() + b"\n")
        self._file.flush()

    def fill(self, answers: Iterable[tuple[str, Any]], count: int, row: Row, progress: Progress) -> None:
        """Add the answers that are not there yet, of `count` in all; says how many texts were cut or left out.

        row: what stands in a row besides its id, the counts of tokens and why the answer ended.
        """
        cut, nothing = 0, 0
        with progress.work("answering", count, "texts"):
            progress.advance(len(self.done))
            for id, said in answers:
                counts = {"tokens": said.tokens, "prompt_tokens": said.prompt_tokens, "stop": said.stop}
                self.add({"id": id, **row(id, said), **counts, **({"cut": said.cut} if said.cut else {})})
                cut, nothing = cut + (said.cut > 0), nothing + (said.stop == "too long")
                progress.advance(1)
        if cut:
            progress.line(f"{cut:,} texts were shortened from their end to fit")
        if nothing:
            progress.line(f"{nothing:,} prompts were too long even without their text, and have no answer")

    def finish(self, ids: Iterable[tuple[str, dict[str, Any]]]) -> Path:
        """Put the rows of `ids` into their file, in that order, each with what stands beside its id."""
        self._file.close()
        beside = self.path.with_name(self.path.name + ".whole")
        with self._part.open("rb") as rows, beside.open("wb") as file:
            for id, more in ids:
                rows.seek(self.done[id])
                line = json.dumps({"id": id, **more, **json.loads(rows.readline())}, ensure_ascii=False)
                # a lone surrogate that a server sent stands as its escape, which means it within JSON
                file.write(line.encode("utf-8", "backslashreplace") + b"\n")
        # a process that is killed between these steps leaves the part, and it is finished again
        self._said.unlink(missing_ok=True)
        beside.replace(self.path)
        self._said_part.replace(self._said)
        self._part.unlink()
        return self.path


def _reads(path: Path) -> Any:
    """The content of a JSON file; None where there is none."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
