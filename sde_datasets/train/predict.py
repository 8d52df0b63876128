"""Predictions as files: a split of a config, or new texts, answered row by row by a run or by a server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sde_datasets.errors import InputError, UsageError
from sde_datasets.progress import Progress
from sde_datasets.sources import sha256_of
from sde_datasets.train.answers_out import AnswersOut
from sde_datasets.train.failures import told
from sde_datasets.train.folder import RunFolder
from sde_datasets.train.how import How
from sde_datasets.train.new_texts import Answers, answer_texts, prompt_hash
from sde_datasets.train.samples import Split, Template


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
        if self.out.resolve() == self.input.resolve():
            raise UsageError("--out is --input: give the annotations a file of their own")
        return self


def predict(run: Path, asked: Asked, how: How, answers: Answers, by: dict[str, Any], progress: Progress) -> Path:
    """Answer what is asked with `answers`; gives the file of answers. What an earlier, killed call wrote stays.

    `by`: what answers, which stands beside the file with `how`. Raises InputError, UsageError.
    """
    folder, asked = RunFolder.of(run).trained(), asked.checked()
    if asked.out is None and not run.is_dir():
        raise UsageError(f"{run} is a repository: give --out, the file of answers")
    made = {**how.as_dict(), **by, "model": weights(folder)}
    with told(str(run), "a smaller --batch"):
        if asked.input is not None:
            own = Template.from_dict(folder.read("template"))
            return answer_texts(asked.input, asked.out, own, answers, made, progress)
        return _answer_split(folder, run, asked, how, answers, made, progress)


def _answer_split(
    folder: RunFolder, run: Path, asked: Asked, how: How, answers: Answers, made: dict[str, Any], progress: Progress
) -> Path:
    split = split_of(folder, asked, Template.from_dict(folder.read("template")))
    template, data = split.template, split.source.about
    name = [data["config"], data["split"] + how.name, *([made["served_model"]] if "served_model" in made else [])]
    name = re.sub(r"[^\w.-]+", "_", "-".join(map(str, [*name, *([asked.limit] if asked.limit else [])])))
    # the draw of a limit is small; a whole split is read row by row, twice
    samples = split.chosen(asked.limit, folder.options().seed) if asked.limit else split
    about = {"run": run.absolute().name, "limit": asked.limit, **made, "data": data}
    with AnswersOut(asked.out or folder.predictions(name), about) as out:
        if out.whole:
            return out.path
        todo = ((sample.id, sample.text) for sample in samples if sample.id not in out.done)
        out.fill(answers(todo, template), len(samples), lambda id, said: {"prediction": said.text}, progress)
        return out.finish((each.id, {"prompt_hash": prompt_hash(template.prompt(each.text))}) for each in samples)


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


def weights(folder: RunFolder) -> dict[str, str]:
    """The hashes of the trained weights, by which one sees which model answered."""
    return {path.name: sha256_of(path) for path in sorted(folder.model.glob("*.safetensors"))}
