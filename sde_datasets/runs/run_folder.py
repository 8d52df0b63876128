"""The layout of a run folder, its lock, and the files in it.

run.toml          the resolved options: sufficient to repeat the run
template.json     design, schema, and the text around the input text in prompts
about.json        data, samples, parameters, versions
metrics.jsonl     loss, learning rate, tokens/s, padding, memory, validation scores
loss.png          the loss curve
model/            the adapter or the weights, and the tokenizer
checkpoint-<n>/   what --resume continues from
best-<n>/         during training: the weights with the best validation score, from step n
predictions/      <config>-<split>.jsonl with the provenance of the answers, and their scores
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

from sde_datasets.dataset.address import name_from_address
from sde_datasets.errors import InputError, summary
from sde_datasets.runs.options import TrainingOptions, read_options
from sde_datasets.runs.run_info import RunInfo
from sde_datasets.runs.samples import ConfigTemplate
from sde_datasets.utils.files import OLD, PART, write_text

CHECKPOINT = "checkpoint-"
BEST = "best-"
# working folders of a run: for a checkpoint that is being written, and for the encoded samples
STAGE, TOKENS = ".checkpoint", ".tokens"
# the first weights of an adapter that starts with those of the model (PiSSA)
INITIAL = ".initial"
_TRAIN_AGAIN = "Train again."


@dataclass(frozen=True)
class RunFolder:
    """A run folder by its path."""

    path: Path

    @classmethod
    def open(cls, name: str | Path) -> RunFolder:
        """Return the run in a folder, or download it from a model repository if there is no such folder.

        name: a path, org/name, or the address of a repository's page. Raises InputError, UsageError.
        """
        if Path(name).exists():
            return cls(Path(name))
        name = name_from_address(str(name), "model")
        if name.count("/") != 1 or name.startswith((".", "/")):
            return cls(Path(name))
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError

        try:
            return cls(Path(snapshot_download(name)))
        except (HfHubHTTPError, OSError, ValueError) as error:
            problem = f"is not a folder, and cannot be downloaded ({summary(error)})"
            raise InputError(name, problem, "Give a run folder, or org/name.") from error

    @property
    def model(self) -> Path:
        """The folder of the trained model, which exists when the run is complete. A repository has it at its root."""
        pushed = any((self.path / name).is_file() for name in ("config.json", "adapter_config.json"))
        return self.path if pushed else self.path / "model"

    @property
    def bundled(self) -> Path:
        """The folder for configs that are built from the bundled corpora."""
        return self.path / ".bundled"

    @property
    def metrics(self) -> Path:
        """The path of metrics.jsonl."""
        return self.path / "metrics.jsonl"

    def predictions(self, name: str) -> Path:
        """Return the path of a prediction file."""
        return self.path / "predictions" / f"{name}.jsonl"

    def options(self) -> TrainingOptions:
        """Read the options of the run. Raises InputError if the folder is not a run."""
        if not (self.path / "run.toml").is_file():
            raise InputError(str(self.path), "is not a run folder (no run.toml)", "Make one with sde-datasets train.")
        return TrainingOptions(**read_options(self.path / "run.toml"))

    def require_trained(self) -> RunFolder:
        """Return this folder. Raises InputError if the run is not complete."""
        self.options()
        if not self.model.is_dir():
            raise InputError(str(self.path), "has no trained model yet", "Continue with sde-datasets train --resume.")
        return self

    def read_info(self) -> RunInfo:
        """Read about.json. Raises InputError if it is missing or broken."""
        with _readable(self.path / "about.json") as content:
            return RunInfo.from_dict(content)

    def has_info(self) -> bool:
        """Return True if about.json exists: the run was prepared at least once."""
        return (self.path / "about.json").is_file()

    def read_template(self) -> ConfigTemplate:
        """Read template.json. Raises InputError if it is missing or broken."""
        with _readable(self.path / "template.json") as content:
            return ConfigTemplate.from_dict(content)

    def write_info(self, info: RunInfo) -> None:
        """Write about.json."""
        self._write_json("about.json", info.to_dict())

    def write_template(self, template: ConfigTemplate) -> None:
        """Write template.json."""
        self._write_json("template.json", template.to_dict())

    def _write_json(self, name: str, content: dict[str, Any]) -> None:
        write_text(self.path / name, json.dumps(content, ensure_ascii=False, indent=1) + "\n")

    def checkpoints(self) -> list[Path]:
        """Return the checkpoints, oldest first."""
        return self._by_step(CHECKPOINT)

    def best(self) -> list[Path]:
        """Return the stored weights with a best validation score, oldest first."""
        return self._by_step(BEST)

    def _by_step(self, prefix: str) -> list[Path]:
        return sorted((p for p in self.path.glob(f"{prefix}*") if p.name.removeprefix(prefix).isdigit()), key=step_of)

    def has_foreign_files(self) -> bool:
        """Return True if the folder contains files other than those of a run that was killed while it started."""
        names = (p.name for p in self.path.iterdir())
        return any(not (name.startswith(".") or name == "run.toml" + PART) for name in names)

    def remove_leftovers(self) -> None:
        """Remove what a killed process left incomplete, and restore what it was about to replace."""
        for path in sorted(self.path.iterdir()):
            if path.suffix == OLD and not path.with_suffix("").exists():
                path.rename(path.with_suffix(""))
            elif path.is_dir() and (path.suffix in (OLD, PART) or path.name in (STAGE, TOKENS)):
                shutil.rmtree(path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Create the folder and lock it for this process. Raises InputError if another process uses it."""
        from filelock import FileLock, Timeout

        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            problem = f"cannot be a run folder ({error.strerror})"
            raise InputError(str(self.path), problem, "Give another --out.") from error
        lock = FileLock(self.path / ".lock", blocking=False)
        try:
            lock.acquire()
        except Timeout as error:
            hint = "Wait for it, or give another --out."
            raise InputError(str(self.path), "is in use by another process", hint) from error
        try:
            yield
        finally:
            lock.release()


def step_of(path: Path) -> int:
    """Return the step in the name of a checkpoint or of best weights."""
    return int(path.name.rpartition("-")[2])


@contextmanager
def _readable(path: Path) -> Iterator[Any]:
    """Yield the content of a JSON file; raise InputError if it cannot be read or the block cannot use it."""
    try:
        yield json.loads(path.read_text("utf-8"))
    except KeyError as error:
        raise InputError(str(path), f"lacks {error.args[0]}", _TRAIN_AGAIN) from error
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InputError(str(path), f"cannot be read ({error})", _TRAIN_AGAIN) from error
