"""The config that an export reads: the samples of its splits, their prompt template and their annotations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from sde_datasets.dataset.address import repository_name
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.dataset.split import SplitSource
from sde_datasets.designs.design import ALIASES
from sde_datasets.errors import InputError, NoSplit, UsageError, nearest
from sde_datasets.records.record import SPLITS
from sde_datasets.runs.samples import ConfigTemplate, SampleRow, Split


class AnnotatedText(NamedTuple):
    """A text with its annotations as rows of a config have them: target, label or mention, spans, evidence."""

    id: str
    text: str
    annotations: list[dict[str, Any]]


@dataclass(frozen=True)
class ConfigData:
    """The opened splits of a config.

    data: the folder or repository; revision: the commit of a repository. others: the other configs of a view, where all
    of them are exported together.
    """

    data: str
    config: str
    splits: dict[str, Split]
    revision: str | None = None
    others: tuple[ConfigData, ...] = ()

    @classmethod
    def open(cls, data: str, config: str, revision: str | None = None) -> ConfigData:
        """Open all splits of a config. Raises what `SplitSource.open` raises, and InputError for empty splits."""
        splits: dict[str, Split] = {}
        missing: NoSplit | None = None
        for split in SPLITS:
            try:
                source = SplitSource.open(data, config, split, revision)
            except NoSplit as error:
                missing = error
                continue
            if source.rows:
                splits[split] = Split(source)
                revision = source.identity.revision or revision
        if not splits:
            raise missing or InputError(f"{data} {config}", "has no samples", "Give a config with samples.")
        return cls(data, config, splits, revision)

    @property
    def template(self) -> ConfigTemplate:
        """The prompt template, with design and schema, which is the same in all splits."""
        return next(iter(self.splits.values())).template

    @classmethod
    def open_view(cls, data: str, view: str, revision: str | None = None) -> ConfigData:
        """Open the configs of all designs of a view; the first holds the others.

        Raises UsageError for an unknown view, and what `open` raises.
        """
        names = [name for name in _config_names(data, revision) if name.startswith(f"{view}-")]
        configs = [cls.open(data, name, revision) for name in names]
        if not configs:
            views = dict.fromkeys(name.partition("-")[0] for name in _config_names(data, revision))
            raise UsageError(f"unknown view {view!r}. {nearest(view, views)}")
        return replace(configs[0], others=tuple(configs[1:]))

    def require_train(self) -> None:
        """Raise InputError if there is no split to train on."""
        if "train" not in self.splits:
            raise InputError(
                f"{self.data} {self.config}", "has no split train", "This tool trains: give another config."
            )

    @property
    def test(self) -> str:
        """The name of the split to answer: test, or else the last one."""
        return list(self.splits)[-1]

    def rows(self, split: str) -> Iterator[SampleRow]:
        """Yield the samples of a split: id, text and completion. Raises InputError for prompts that do not fit."""
        return iter(self.splits[split])

    def prompted(self, split: str) -> Iterator[tuple[str, str, str]]:
        """Yield (id, prompt, completion) of a split."""
        template = self.template
        return ((row.id, template.prompt(row.text), row.completion) for row in self.rows(split))

    def annotated(self, split: str) -> Iterator[AnnotatedText]:
        """Yield the texts of a split with their gold annotations."""
        for batch in self.splits[split].source.batches(("id", "source_text", "annotations")):
            for row in batch.to_pylist():
                yield AnnotatedText(row["id"], row["source_text"], row["annotations"])

    def longest_completion(self) -> int:
        """Return the length of the longest completion in characters: a limit for the tokens of an answer."""
        return max(len(row.completion) for split in self.splits for row in self.rows(split))


def _config_names(data: str, revision: str | None) -> list[str]:
    """The names of the configs of a folder or repository, without records and aliases."""
    if Path(data).exists():
        names = Manifest.load(Path(data)).configs()
    else:
        import datasets

        names = datasets.get_dataset_config_names(repository_name(data, "dataset", revision), revision=revision)
    return [name for name in names if name.partition("-")[2] not in ("records", *ALIASES)]
