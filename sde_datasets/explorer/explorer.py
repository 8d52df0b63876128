"""What the page asks for, as JSON: the catalogue, a view, a search for records, a record, its tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sde_datasets.designs.design import AXES, EVERY
from sde_datasets.errors import UsageError, nearest
from sde_datasets.explorer.dataset_files import DatasetFiles
from sde_datasets.explorer.rendered import RenderedRecord, rendered
from sde_datasets.explorer.study_scores import ScoreGrid, score_grids
from sde_datasets.explorer.token_counts import TokenCounter
from sde_datasets.explorer.view import ExploredView, find_view
from sde_datasets.samples.prompts import PromptTemplate
from sde_datasets.tasks.task import Task

Json = dict[str, Any]
_NUMBER = {name: number for number, name in enumerate(EVERY)}
# records of one answer to a search, and the characters of a text that it shows
PAGE, _BEGINNING = 50, 120


class Explorer:
    """A dataset with the tokenizers and the study that its page shows."""

    def __init__(
        self,
        files: DatasetFiles,
        tasks: Sequence[Task] = (),
        counters: Sequence[TokenCounter] = (),
        grids: Sequence[ScoreGrid] = (),
    ) -> None:
        """Raises what `ExploredView.open` raises."""
        self.files, self.grids = files, grids
        self.counters = {counter.name: counter for counter in counters}
        self.views = {name: ExploredView.open(files, name, tasks) for name in files.manifest.views}

    @classmethod
    def open(
        cls,
        data: str,
        *,
        revision: str | None = None,
        tasks: Sequence[Task] = (),
        tokenizers: Sequence[str] = (),
        study: Path | None = None,
    ) -> Explorer:
        """Open a built folder or a repository. Raises InputError, UsageError."""
        counters = [TokenCounter(name) for name in tokenizers]
        grids = score_grids(study) if study else []
        return cls(DatasetFiles.open(data, revision), tasks, counters, grids)

    def catalogue(self) -> Json:
        """Return what the page knows from the start: axes, designs, views, tokenizers and scores.

        A design has the numbers of its options in the order of the axes; views and scores name designs by their number.
        """
        options = {axis: list(words) for axis, words in AXES.items()}
        return {
            "title": self.files.manifest.name or self.files.name,
            "dataset": self.files.name,
            "revision": self.files.revision,
            "axes": [
                {"name": axis, "options": [{"name": name, "meaning": said} for name, (_, said) in words.items()]}
                for axis, words in AXES.items()
            ],
            "designs": [
                {
                    "name": name,
                    "options": [options[axis].index(str(getattr(design, axis))) for axis in AXES],
                    "answer": _NUMBER[design.answer.name],
                }
                for name, design in EVERY.items()
            ],
            "views": [_view(view) for view in self.views.values()],
            "start": self.files.manifest.default_config(),
            "tokenizers": list(self.counters),
            "grids": [
                {
                    "view": grid.view,
                    "name": grid.name,
                    "scores": {_NUMBER[design]: score for design, score in grid.scores.items()},
                    "seeds": {_NUMBER[design]: count for design, count in grid.seeds.items()},
                }
                for grid in self.grids
            ],
        }

    def view(self, view: str) -> Json:
        """Return the prompt templates of a view, in the order of its designs. Raises UsageError for an unknown view."""
        return _packed(find_view(self.views, view).templates.values())

    def records(self, view: str, words: str = "", split: str = "", skip: int = 0, limit: int = PAGE) -> Json:
        """Return the records that contain `words`, with the beginning of their text. Raises UsageError."""
        found = find_view(self.views, view).search(words, split, skip, limit)
        rows = [row | {"text": row["text"][:_BEGINNING]} for row in found.rows]
        return {"rows": rows, "more": found.more}

    def record(self, view: str, split: str, id: str) -> Json:
        """Return a record with its completions, by the number of the design without its prompt axes."""
        found = self._rendered(view, split, id)
        return asdict(found) | {"answers": {_NUMBER[name]: n for name, n in found.answers.items()}}

    def tokens(self, view: str, split: str, id: str, tokenizer: str) -> Json:
        """Return the tokens of each prompt of a record, in the order of the view's designs, and of each completion.

        Raises UsageError for an unknown view, record or tokenizer.
        """
        if tokenizer not in self.counters:
            raise UsageError(f"unknown tokenizer {tokenizer!r}. {nearest(tokenizer, self.counters)}")
        found, counter = self._rendered(view, split, id), self.counters[tokenizer]
        templates = self.views[view].templates.values()
        prompts = [template.prompt(found.text) for template in templates]
        return {"prompts": counter.count(prompts), "completions": counter.count(found.completions)}

    def _rendered(self, view: str, split: str, id: str) -> RenderedRecord:
        explored = find_view(self.views, view)
        return rendered(explored, explored.record(split, id))


def _view(view: ExploredView) -> Json:
    return {
        "name": view.name,
        "language": view.state.language,
        "splits": view.splits,
        "designs": [_NUMBER[name] for name in view.templates],
        "built": [_NUMBER[name] for name in view.state.designs],
    }


def _packed(templates: Iterable[PromptTemplate]) -> Json:
    """Return the parts of prompts before and after the text, as numbers of their lines, which designs share."""
    lines: dict[str, int] = {}

    def numbers(part: str) -> list[int]:
        return [lines.setdefault(line, len(lines)) for line in part.split("\n")]

    parts = [[numbers(template.prefix), numbers(template.suffix)] for template in templates]
    return {"lines": list(lines), "parts": parts}
