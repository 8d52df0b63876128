"""Predictions as files: a split of a config, or new texts, answered row by row by a run or by a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sde_datasets.errors import InputError, UsageError
from sde_datasets.progress import Progress
from sde_datasets.score.answers_file import about_file, id_of, rows, text_of
from sde_datasets.sources import sha256_of
from sde_datasets.train.answers_out import AnswersOut
from sde_datasets.train.folder import RunFolder
from sde_datasets.train.how import How
from sde_datasets.train.samples import Split, Template

# answers to (id, text) under a template, in any order
Answers = Callable[[Iterable[tuple[str, str]], Template], Iterator[tuple[str, Any]]]


@dataclass(frozen=True)
class Asked:
    """What is to be answered: a split of a config (by default the run's own, test), or the texts of a file.

    data: where the config is; by default where the run's data are. out: the file of answers. limit: so many samples of
    the split, drawn by the run's seed.
    """

    config: str = ""
    split: str = "test"
    data: str = ""
    revision: str | None = None
    input: Path | None = None
    out: Path | None = None
    limit: int | None = None

    def checked(self) -> Asked:
        """Itself. Raises UsageError for what does not fit together."""
        if self.input is None:
            return self
        if self.config or self.data or self.revision or self.limit:
            raise UsageError("--config, --data, --revision and --limit do not go with --input")
        if self.out is None:
            raise UsageError("give --out, the file for the annotations of --input")
        return self


def predict(run: Path, asked: Asked, how: How, answers: Answers, by: dict[str, Any], progress: Progress) -> Path:
    """Answer what is asked with `answers`; gives the file of answers. What an earlier, killed call wrote stays.

    `by`: what answers, which stands beside the file with `how`. Raises InputError, UsageError.
    """
    folder, asked = RunFolder(run).trained(), asked.checked()
    own = Template.from_dict(folder.read("template"))
    if asked.input is not None:
        return _texts(asked, own, how, answers, {**by, "model": weights(folder)}, progress)
    split = split_of(folder, asked, own)
    name = f"{split.source.about['config']}-{split.source.about['split']}{how.name}{'-endpoint' if by else ''}"
    name += f"-{asked.limit}" if asked.limit else ""
    about = {
        "run": run.absolute().name,
        "limit": asked.limit,
        **how.as_dict(),
        **by,
        "model": weights(folder),
        "data": split.source.about,
    }
    out = AnswersOut(asked.out or folder.predictions(name), about)
    if out.whole:
        return out.path
    template = split.template
    # the draw of a limit is small; a whole split is read row by row, twice
    samples = split.chosen(asked.limit, folder.options().seed) if asked.limit else split
    todo = ((sample.id, sample.text) for sample in samples if sample.id not in out.done)
    with progress.work("answering", len(samples), "samples"):
        progress.advance(len(out.done))
        for id, said in answers(todo, template):
            row = {"id": id, "prediction": said.text, "tokens": said.tokens, "prompt_tokens": said.prompt_tokens}
            out.add(row | {"stop": said.stop, **({"cut": said.cut} if said.cut else {})})
            progress.advance(1)
    return out.finish((sample.id, {"prompt_hash": prompt_hash(template.prompt(sample.text))}) for sample in samples)


def split_of(folder: RunFolder, asked: Asked, own: Template) -> Split:
    """The split to answer. Raises UsageError where its design is not the run's, InputError where its words are not."""
    options = folder.options()
    data, revision = asked.data or options.data, asked.revision if asked.data else asked.revision or options.revision
    split = Split.of(data, asked.config or options.config, asked.split, revision, folder.bundled)
    template, config = split.template, split.source.about["config"]
    if template.design != own.design:
        raise UsageError(f"{config} is of the design {template.design}; the run was trained on {own.design}")
    if template.schema == own.schema and template != own:
        raise InputError(config, "has other prompts than the run was trained on", "Predict on data of the same build.")
    return split


def _texts(asked: Asked, own: Template, how: How, answers: Answers, by: dict[str, Any], progress: Progress) -> Path:
    from sde_datasets.train.annotate import annotated

    out = AnswersOut(asked.out, {**how.as_dict(), **by, "input": about_file(asked.input)})
    if out.whole:
        return out.path
    texts = dict(new_texts(asked.input))
    with progress.work("answering", len(texts), "texts"):
        progress.advance(len(out.done))
        todo = ((id, text) for id, text in texts.items() if id not in out.done)
        for id, said in answers(todo, own):
            out.add({"id": id, **annotated(texts[id], said, own)})
            progress.advance(1)
    return out.finish((id, {}) for id in texts)


def new_texts(path: Path) -> Iterator[tuple[str, str]]:
    """The (id, text) of each row of a JSON-lines file; a row without an id has its line as id. Raises InputError."""
    seen: set[str] = set()
    for line, row in rows(path):
        place = f"{path}:{line}"
        id = id_of(row, place) if "id" in row else str(line)
        if id in seen:
            raise InputError(place, f"the id {id!r} stands twice", "Give each row an id of its own, or none.")
        seen.add(id)
        yield id, text_of(row, ("text",), place)
    if not seen:
        raise InputError(str(path), "has no rows", 'Give one JSON object a line: {"text": ...}.')


def prompt_hash(prompt: str) -> str:
    """A short name of a prompt, by which one sees that two files answer the same ones."""
    return sha256(prompt.encode()).hexdigest()[:16]


def weights(folder: RunFolder) -> dict[str, str]:
    """The hashes of the trained weights, by which one sees which model answered."""
    return {path.name: sha256_of(path) for path in sorted(folder.model.glob("*.safetensors"))}
