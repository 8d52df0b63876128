"""The run folder: what stands where, who may write in it, and how whole folders come to be seen at once.

run.toml          the options, resolved: enough to repeat the run
template.json     design, schema and what stands around the text of a prompt
about.json        data, samples, parameters, versions
metrics.jsonl     loss, learning rate, tokens/s, padding, memory, validation scores
loss.png          the curve
model/            the adapter or the weights, and the tokenizer
checkpoint-<n>/   what --resume goes on from
best-<n>/         while it trains: the weights with the best validation score, those of step n
predictions/      <config>-<split>.jsonl with what it was made by, and their scores
README.md         the model card
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sde_datasets.errors import InputError
from sde_datasets.manifest import write_text
from sde_datasets.train.options import Options, read_options

CHECKPOINT = "checkpoint-"
BEST = "best-"
# where a checkpoint is made, and where the tokens stand while a run goes on
STAGE, TOKENS = ".checkpoint", ".tokens"
# what a killed process may leave of a thing that was to take another's place
_PART, _OLD = ".part", ".old"
_HOLDS = {
    "template": ("design", "schema", "prefix", "suffix"),
    "about": ("data", "samples", "answer_tokens", "longest_completion", "context", "parameters", "versions"),
}


@dataclass(frozen=True)
class RunFolder:
    """A run folder by its path."""

    path: Path

    @classmethod
    def of(cls, name: str | Path) -> RunFolder:
        """The run in a folder or, where there is none, in a model repository (org/name), which is fetched.

        Raises InputError.
        """
        name = str(name)
        if Path(name).exists() or name.count("/") != 1 or name.startswith((".", "/")):
            return cls(Path(name))
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError

        try:
            return cls(Path(snapshot_download(name)))
        except (HfHubHTTPError, OSError, ValueError) as error:
            said = (str(error).strip() or repr(error)).splitlines()[0]
            raise InputError(
                name, f"is no folder, and cannot be fetched ({said})", "Give a run folder, or org/name."
            ) from error

    @property
    def model(self) -> Path:
        """The trained model; it is there when the run is at its end. In a repository it stands beside the rest."""
        pushed = any((self.path / name).is_file() for name in ("config.json", "adapter_config.json"))
        return self.path if pushed else self.path / "model"

    @property
    def bundled(self) -> Path:
        """Where configs of the bundled corpora are built, for runs on them."""
        return self.path / ".bundled"

    @property
    def metrics(self) -> Path:
        """A row for each time that metrics were taken."""
        return self.path / "metrics.jsonl"

    def predictions(self, name: str) -> Path:
        """The file of the predictions of that name."""
        return self.path / "predictions" / f"{name}.jsonl"

    def options(self) -> Options:
        """The options of the run. Raises InputError where the folder holds none."""
        if not (self.path / "run.toml").is_file():
            raise InputError(str(self.path), "is no run folder (no run.toml)", "Make one with sde-datasets train.")
        return Options(**read_options(self.path / "run.toml"))

    def trained(self) -> RunFolder:
        """Itself where the run is at its end. Raises InputError otherwise."""
        self.options()
        if not self.model.is_dir():
            raise InputError(str(self.path), "is not trained to its end", "Go on with sde-datasets train --resume.")
        return self

    def read(self, name: str) -> dict[str, Any]:
        """A JSON file of the folder, template or about. Raises InputError where it is not there or is broken."""
        place = f"{self.path}/{name}.json"
        try:
            content = json.loads((self.path / f"{name}.json").read_text("utf-8"))
            lacking = [key for key in _HOLDS[name] if key not in content]
        except (OSError, ValueError, TypeError) as error:
            raise InputError(place, f"cannot be read ({error})", "Train again.") from error
        if lacking:
            raise InputError(place, f"lacks {lacking[0]}", "Train again.")
        return content

    def write(self, name: str, content: dict[str, Any]) -> None:
        """Write a JSON file of the folder."""
        write_text(self.path / f"{name}.json", json.dumps(content, ensure_ascii=False, indent=1) + "\n")

    def checkpoints(self) -> list[Path]:
        """The checkpoints, oldest first."""
        return self._by_step(CHECKPOINT)

    def best(self) -> list[Path]:
        """The weights that had the best validation score of their time, oldest first."""
        return self._by_step(BEST)

    def _by_step(self, prefix: str) -> list[Path]:
        return sorted((p for p in self.path.glob(f"{prefix}*") if p.name.removeprefix(prefix).isdigit()), key=step_of)

    def holds_others(self) -> bool:
        """True where something stands here that no run has left which was killed before its run.toml was whole."""
        names = (p.name for p in self.path.iterdir())
        return any(not (name.startswith(".") or name == "run.toml" + _PART) for name in names)

    def clear(self) -> None:
        """Remove what a killed process had half written, and put back what it was about to replace."""
        for path in sorted(self.path.iterdir()):
            if path.suffix == _OLD and not path.with_suffix("").exists():
                path.rename(path.with_suffix(""))
            elif path.is_dir() and (path.suffix in (_OLD, _PART) or path.name in (STAGE, TOKENS)):
                shutil.rmtree(path)

    @contextmanager
    def owned(self) -> Iterator[None]:
        """The time in which this process alone writes here. Raises InputError where another one does."""
        from filelock import FileLock, Timeout

        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                str(self.path), f"cannot be a run folder ({error.strerror})", "Give another --out."
            ) from error
        lock = FileLock(self.path / ".lock", blocking=False)
        try:
            lock.acquire()
        except Timeout as error:
            raise InputError(
                str(self.path), "is in use by another process", "Wait for it, or give another --out."
            ) from error
        try:
            yield
        finally:
            lock.release()


def step_of(path: Path) -> int:
    """The step in the name of a checkpoint or of best weights."""
    return int(path.name.rpartition("-")[2])


@contextmanager
def whole(folder: Path) -> Iterator[Path]:
    """A folder to write into that takes the place of `folder` when all of it is there."""
    beside = folder.with_name(folder.name + _PART)
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    yield beside
    put(beside, folder)


def put(made: Path, folder: Path) -> None:
    """Rename `made` to `folder`, in the place of what was there."""
    old = folder.with_name(folder.name + _OLD)
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    made.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
