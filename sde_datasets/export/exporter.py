"""What every exporter gets and gives: the options, the folder to write to, and what was written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from sde_datasets.errors import UsageError
from sde_datasets.export.config_data import ConfigData
from sde_datasets.runs.options import Hyperparameters, TrainingOptions

DEFAULT_MODEL = "Qwen/Qwen3-0.6B"
PRESET = "small"


@dataclass(frozen=True)
class ExportOptions:
    """The options of an export.

    model: the model that configurations and commands name. preset: the hyperparameters of configurations, those of
    `train`. chat: samples are conversations; system: their system message. predictions: a file of answers, whose
    annotations replace gold.
    """

    model: str = DEFAULT_MODEL
    preset: str = PRESET
    chat: bool = False
    system: str = ""
    predictions: Path | None = None

    @property
    def hyperparameters(self) -> Hyperparameters:
        """The hyperparameters of LoRA under the preset."""
        return TrainingOptions(model=self.model, preset=self.preset).hyperparameters

    @property
    def adapter(self) -> TrainingOptions:
        """The other defaults of `train`: alpha, dropout, clipping and seed."""
        return TrainingOptions()


@dataclass
class ExportFolder:
    """The folder of an export while it is written.

    work: where files are written. path: the name that the folder gets, which configurations and commands use.
    written: a remark on each file.
    """

    work: Path
    path: Path
    written: dict[str, str] = field(default_factory=dict)

    def rows(self, name: str, rows: Iterable[Mapping[str, Any]]) -> str:
        """Write rows as JSON lines and return the path of the file."""
        count = 0
        with (self.work / name).open("w", encoding="utf-8", newline="\n") as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                count += 1
        self.written[name] = f"{count:,} rows"
        return str(self.path / name)

    def json(self, name: str, content: Any) -> str:
        """Write a JSON file and return its path."""
        return self.text(name, json.dumps(content, ensure_ascii=False, indent=2) + "\n")

    def text(self, name: str, content: str) -> str:
        """Write a text file and return its path."""
        (self.work / name).write_text(content, encoding="utf-8", newline="\n")
        self.written[name] = ""
        return str(self.path / name)

    def template(self, name: str, source: str, /, **values: Any) -> str:
        """Fill `templates/<source>`, which may use `path` and `folder`, write it, and return its path."""
        path = str(self.path / name)
        return self.text(name, fill_template(source, path=path, folder=str(self.path), **values))

    def beside(self, what: str) -> str:
        """Return a path beside the folder for what a tool writes: the folder itself may be exported again."""
        return f"{self.path}-{what}"


def fill_template(name: str, /, **values: Any) -> str:
    """Fill a template of this package. Raises jinja2.UndefinedError for a value that is missing."""
    from jinja2 import Environment, StrictUndefined

    source = (files("sde_datasets.export") / "templates" / name).read_text("utf-8")
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True)
    # `tojson` of Jinja escapes for HTML; a string of JSON is one of YAML and of Python too
    environment.filters["quoted"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment.from_string(source).render(**values)


class Counted:
    """Rows that are counted while they are read."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self._rows, self.count = rows, 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for row in self._rows:
            self.count += 1
            yield row


@dataclass(frozen=True)
class Commands:
    """What to run after an export: the tool itself, and how its answers come back; empty where there are none."""

    run: str
    back: str = ""


@dataclass(frozen=True)
class Exporter:
    """A tool: how its files are written, and which options it takes.

    chat: whether samples are conversations: None for both forms, True or False for the only one.
    predictions: whether a file of answers can replace gold. view: whether the configs of a view can be exported
    together.
    """

    write: Callable[[ConfigData, ExportFolder, ExportOptions], Commands]
    chat: bool | None = None
    predictions: bool = False
    view: bool = False

    def checked(self, options: ExportOptions, tool: str) -> None:
        """Raise UsageError for options that the tool does not take."""
        if options.chat and self.chat is False:
            raise UsageError(f"{tool} takes no conversations: omit --chat")
        if options.system and not (options.chat or self.chat):
            raise UsageError("--system is a part of a chat: give --chat too")
        if options.predictions and not self.predictions:
            raise UsageError(f"{tool} takes no predictions: omit --predictions")


def messages(prompt: str, completion: str | None = None, system: str = "") -> list[dict[str, str]]:
    """Return a conversation as training with --chat sees it: an optional system message, the prompt, the answer."""
    roles = [("system", system)] if system else []
    roles += [("user", prompt)] + ([("assistant", completion)] if completion is not None else [])
    return [{"role": role, "content": content} for role, content in roles]


def score_command(data: ConfigData, answers: str, split: str = "test") -> str:
    """Return the command that scores a file of answers of a split."""
    chosen = f" --split {split}" if split != "test" else ""
    revision = f" --revision {data.revision}" if data.revision else ""
    return f"sde-datasets score {answers} --data {data.data} --config {data.config}{chosen}{revision}"
