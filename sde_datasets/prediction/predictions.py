"""Write prediction files: a split of a config, or new texts, answered by a run or by a server."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from sde_datasets.dataset.split import SplitIdentity
from sde_datasets.errors import InputError, UsageError
from sde_datasets.prediction.annotate_file import annotate_file, prompt_hash
from sde_datasets.prediction.completion import Backend
from sde_datasets.prediction.documents import WHOLE_TEXTS, WindowSize, write_documents
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.prediction_file import Provenance, ResumableWriter
from sde_datasets.prediction.text_file import TextFile
from sde_datasets.runs.errors import translate_runtime_errors
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.runs.samples import ConfigTemplate, Split
from sde_datasets.utils.files import sha256_of
from sde_datasets.utils.progress import Progress


@dataclass(frozen=True)
class PredictionRequest:
    """What to answer: a split of a config (by default test of the run's own config), or the texts of a file.

    input: the file of texts; text_column, id_column: its keys or columns. data: where the config is, by default the
    run's data. out: the file to write. limit: number of samples of the split, drawn with `draw_seed`, by default the
    run's seed. other_wording: the config may have another wording of the instruction than that of training. window: how
    long texts of `input` are cut.
    """

    config: str = ""
    split: str = "test"
    data: str = ""
    revision: str | None = None
    input: Path | None = None
    out: Path | None = None
    limit: int | None = None
    text_column: str = "text"
    id_column: str = "id"
    draw_seed: int | None = None
    other_wording: bool = False
    window: WindowSize = WHOLE_TEXTS

    def validated(self) -> PredictionRequest:
        """Return the request. Raises UsageError for options that exclude each other."""
        if self.input is None:
            return self
        if self.config or self.data or self.revision or self.limit:
            raise UsageError("--config, --data, --revision and --limit do not go with --input")
        if self.out is None:
            raise UsageError("give --out, the file for the annotations of --input")
        if self.out.resolve() == self.input.resolve():
            raise UsageError("--out is the file of --input: give another one")
        return self


def predict(
    run: Path, request: PredictionRequest, options: GenerationOptions, backend: Backend, progress: Progress
) -> Path:
    """Answer a request and return the file of answers. Answers of an earlier, killed call are kept.

    Raises InputError, UsageError.
    """
    folder, request = RunFolder.open(run).require_trained(), request.validated()
    if request.out is None and not run.is_dir():
        raise UsageError(f"{run} is a repository: give --out, the file of answers")
    provenance = Provenance(options, weight_hashes(folder), backend.endpoint, backend.served_model)
    with translate_runtime_errors(str(run), "a smaller --batch"):
        if request.input is not None and request.out is not None:
            template = folder.read_template()
            texts = TextFile(request.input, request.text_column, request.id_column)
            return annotate_file(texts, request.out, template, backend.generate, provenance, progress, request.window)
        drawn = request.draw_seed if request.limit else None
        provenance = replace(provenance, run=run.absolute().name, limit=request.limit, draw_seed=drawn)
        return _answer_split(folder, request, backend, provenance, progress)


def _answer_split(
    folder: RunFolder, request: PredictionRequest, backend: Backend, provenance: Provenance, progress: Progress
) -> Path:
    split = open_split(folder, request, folder.read_template())
    template = split.template
    provenance = replace(provenance, data=split.source.identity)
    # a limited draw is small; a whole split is read row by row, twice
    seed = folder.options().seed if request.draw_seed is None else request.draw_seed
    samples = split.draw(request.limit, seed) if request.limit else split
    path = request.out or folder.predictions(_file_name(split.source.identity, provenance))
    with ResumableWriter(path, provenance) as file:
        if file.is_complete:
            return file.path
        remaining = ((sample.id, sample.text) for sample in samples if sample.id not in file.done)
        completions = backend.generate(remaining, template)
        file.extend(completions, len(samples), lambda id, answer: answer.answer_fields(), progress)
        hashes = ((sample.id, {"prompt_hash": prompt_hash(template.prompt(sample.text))}) for sample in samples)
        path = file.commit(hashes)
    write_documents(split, path)
    return path


def _file_name(data: SplitIdentity, provenance: Provenance) -> str:
    """Return the name of a prediction file in the run folder: <config>-<split>[-<options>][-<model>][-<limit>]."""
    parts = [data.config, data.split + provenance.options.suffix]
    parts += [provenance.served_model] if provenance.served_model else []
    parts += [str(provenance.limit)] if provenance.limit else []
    return re.sub(r"[^\w.-]+", "_", "-".join(parts))


def open_split(folder: RunFolder, request: PredictionRequest, template: ConfigTemplate) -> Split:
    """Open the split to answer. Raises UsageError for another design than the run's, InputError for other prompts."""
    options = folder.options()
    revision = request.revision if request.data else request.revision or options.revision
    config = request.config or options.config
    split = Split.open(request.data or options.data, config, request.split, revision, folder.bundled)
    config = split.source.identity.config
    wording = split.template.design.wording if request.other_wording else template.design.wording
    if split.template.design != replace(template.design, wording=wording):
        designs = f"{split.template.design.name}; the run was trained on {template.design.name}"
        raise UsageError(f"{config} has the design {designs}")
    same = split.template.design == template.design and split.template.schema == template.schema
    if same and split.template != template:
        raise InputError(config, "has other prompts than the run was trained on", "Predict on data of the same build.")
    return split


def weight_hashes(folder: RunFolder) -> dict[str, str]:
    """Return the sha256 of each file of trained weights, which identifies the model of an answer."""
    return {path.name: sha256_of(path) for path in sorted(folder.model.glob("*.safetensors"))}
