"""Run one cell: train its model, and evaluate it. What is complete already is kept."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sde_datasets.errors import InputError
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.study.cells import FORMAT, Cell, Evaluation
from sde_datasets.study.data import StudyData
from sde_datasets.study.folder import TRAINING, CellFolder, write_json
from sde_datasets.study.sample_table import answer_samples, loss_samples
from sde_datasets.utils.progress import Progress

if TYPE_CHECKING:
    from sde_datasets.prediction.completion import Completion
    from sde_datasets.prediction.options import GenerationOptions
    from sde_datasets.prediction.predictor import Predictor
    from sde_datasets.runs.samples import ConfigTemplate, SampleRow

# the draw of test samples: one seed, so that all cells are tested on the same samples
TEST_SEED = 1
# samples for the settings of an untrained model: they decide the limit of its answers
_UNTRAINED_SAMPLES = 200
# samples whose attention is measured
_ATTENTION_SAMPLES = 50
_QUIET = Progress(quiet=True)


@dataclass(frozen=True)
class CellJob:
    """A cell to run, as a process, or another machine, gets it. batch: answers at a time. device: None for a GPU."""

    cell: Cell
    folder: CellFolder
    data: StudyData
    batch: int = 16
    device: str | None = None


def run_cell(job: CellJob) -> None:
    """Run what is missing of a cell. Raises InputError, UsageError, and other errors of training and prediction."""
    with job.folder.locked():
        job.folder.start(job.cell)
        if job.folder.training() is None and not job.folder.is_complete(job.cell):
            _train(job)
        for evaluation in job.folder.missing(job.cell):
            _evaluate(job, evaluation)
        job.folder.clear_failure()


def training_options(job: CellJob) -> TrainingOptions:
    """Return the options of the training run of a cell."""
    cell = job.cell
    return TrainingOptions(
        config=cell.config,
        data=job.data.address,
        revision=job.data.revision,
        model=cell.model,
        out=str(job.folder.run),
        seed=cell.seed,
        train_size=cell.size or _UNTRAINED_SAMPLES,
        prompt_weight=cell.prompt_weight,
        **cell.options,
    )


def _train(job: CellJob) -> None:
    from sde_datasets.runs.run_folder import RunFolder
    from sde_datasets.training.loop import train
    from sde_datasets.training.untrained import prepare_untrained

    options, begun = training_options(job), time.monotonic()
    _drop_foreign_run(job)
    run = partial(train, resume=True) if job.cell.trained else prepare_untrained
    folder = run(options, progress=_QUIET)
    info = RunFolder(folder.path).read_info()
    steps, batch = info.steps, folder.options().hyperparameters.batch_size
    seen = steps * batch / max(info.samples.train - len(info.samples.rejected), 1)
    cost = {"seconds": round(time.monotonic() - begun, 3), "tokens": round(info.train_tokens * seen)}
    more = {"train": info.samples.train, "steps": steps, "parameters": info.parameters.all}
    # a finished run needs no checkpoints, which take more space than the adapter
    for checkpoint in folder.checkpoints():
        shutil.rmtree(checkpoint)
    write_json(job.folder.path / TRAINING, cost | more)


def _drop_foreign_run(job: CellJob) -> None:
    """Remove an incomplete run that was begun with other paths or by another version: it cannot be continued."""
    from sde_datasets.runs.run_folder import RunFolder
    from sde_datasets.training.presets import with_preset

    run = RunFolder(job.folder.run)
    if not (run.path / "run.toml").is_file() or run.model.is_dir():
        return
    options = vars(with_preset(training_options(job).resolved(), _QUIET))
    before = vars(run.options())
    # run.toml has the commit that a branch was at
    if any(options[name] != before[name] for name in options if name not in ("revision", "model_revision", "out")):
        shutil.rmtree(run.path)


def _evaluate(job: CellJob, evaluation: Evaluation) -> None:
    begun = time.monotonic()
    measure = {"answers": _answers, "perplexity": _perplexity, "attention": _attention}[evaluation.kind]
    result = {"format": FORMAT, "kind": evaluation.kind} | measure(job, evaluation)
    result["seconds"] = round(time.monotonic() - begun, 3)
    write_json(job.folder.result_path(evaluation), result)


def _answers(job: CellJob, evaluation: Evaluation) -> dict[str, Any]:
    from sde_datasets.prediction.completion import Backend
    from sde_datasets.prediction.evaluate import evaluate
    from sde_datasets.prediction.options import GenerationOptions
    from sde_datasets.prediction.predictions import PredictionRequest

    options = GenerationOptions(**evaluation.generation).validated()
    counted = {"tokens": 0, "prompt_tokens": 0}

    def generate(texts: Iterable[tuple[str, str]], template: ConfigTemplate) -> Iterator[tuple[str, Completion]]:
        for id, answer in _predictor(job, options).generate(texts, template):
            counted["tokens"] += answer.tokens
            counted["prompt_tokens"] += answer.prompt_tokens
            yield id, answer

    request = PredictionRequest(
        config=evaluation.config,
        split=evaluation.split,
        data=job.data.address,
        revision=job.data.revision,
        out=job.folder.path / f"{evaluation.name}.answers.jsonl",
        limit=evaluation.limit or None,
        draw_seed=TEST_SEED,
        other_wording=True,
    )
    scores, path = evaluate(job.folder.run, request, options, Backend(generate), _QUIET)
    figures = {name: figure.value for name, figure in scores.headline.items()}
    return {"task": scores.schema.kind, "figures": figures, **counted} | answer_samples(scores, path, job.data)


def _perplexity(job: CellJob, evaluation: Evaluation) -> dict[str, Any]:
    from sde_datasets.prediction.perplexity import perplexities, sample_losses

    template, samples = _test_samples(job, evaluation, evaluation.limit)
    losses = sample_losses(_predictor(job, _generation(evaluation)), template, samples)
    prompt, completion = perplexities(losses)
    figures = {"prompt_perplexity": None if prompt != prompt else prompt, "completion_perplexity": completion}
    return {"figures": figures} | loss_samples(losses)


def _attention(job: CellJob, evaluation: Evaluation) -> dict[str, Any]:
    from sde_datasets.prediction.attention_profile import attention_profile

    limit = min(evaluation.limit or _ATTENTION_SAMPLES, _ATTENTION_SAMPLES)
    template, samples = _test_samples(job, evaluation, limit)
    profile = attention_profile(_predictor(job, _generation(evaluation)), template, samples)
    mean = sum(profile.text_share) / len(profile.text_share)
    return {"figures": {"text_attention": mean}, "attention": asdict(profile)}


def _generation(evaluation: Evaluation) -> GenerationOptions:
    from sde_datasets.prediction.options import GenerationOptions

    return GenerationOptions(**evaluation.generation)


def _predictor(job: CellJob, options: GenerationOptions) -> Predictor:
    from sde_datasets.prediction.predictor import Predictor

    return Predictor(job.folder.run, options, job.batch, job.device)


def _test_samples(job: CellJob, evaluation: Evaluation, limit: int) -> tuple[ConfigTemplate, list[SampleRow]]:
    """Return the test samples, the same for all cells, and the template of their prompts."""
    from sde_datasets.runs.samples import Split

    split = Split.open(job.data.address, evaluation.config, evaluation.split, job.data.revision)
    return split.template, split.draw(limit or len(split), TEST_SEED)


def failure_reason(error: BaseException) -> str:
    """Return an error as the reason of a failure, in one line."""
    words = " ".join(str(error).split())
    return words if isinstance(error, InputError) else f"{type(error).__name__}: {words}"
