"""The models that answer questions: one on a server, or that of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sde_datasets.errors import UsageError
from sde_datasets.prediction.completion import Backend, Completion
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.prediction_file import Provenance
from sde_datasets.prediction.server_prompt import PromptFormat
from sde_datasets.runs.chat import ChatFrame
from sde_datasets.runs.samples import ConfigTemplate

# the most tokens of an answer
ANSWER_TOKENS = 256
# a question is the message of a user; the server adds its own markup
_MESSAGES = PromptFormat(ChatFrame("", "", trimmed=False, end=0, as_asked=True), messages=True)


@dataclass(frozen=True)
class AnsweringModel:
    """A model that answers. name: as the card gives it. provenance: what identifies its answers."""

    name: str
    backend: Backend
    provenance: Provenance


def server_model(url: str, model: str, concurrency: int, key_name: str) -> AnsweringModel:
    """The model of a server. Raises UsageError for an invalid address, InputError if the server names no model."""
    if find_spec("openai") is None:
        raise UsageError("--endpoint needs openai, which is not installed: pip install 'sde-datasets[server]'")
    from sde_datasets.prediction.server import CompletionServer
    from sde_datasets.prediction.server_client import ServerSettings

    options = GenerationOptions()
    settings = ServerSettings(url, model, concurrency, key_name=key_name)
    server = CompletionServer(settings, options, ANSWER_TOKENS, _MESSAGES)
    backend = server.backend
    return AnsweringModel(server.model, backend, Provenance(options, {}, backend.endpoint, server.model))


def run_model(run: Path, zero_shot: bool) -> AnsweringModel:
    """The model of a run, or its base model. Raises InputError for a folder that is not a complete run."""
    from sde_datasets.prediction.predictions import weight_hashes
    from sde_datasets.runs.run_folder import RunFolder

    folder = RunFolder.open(run).require_trained()
    options = GenerationOptions(zero_shot=zero_shot, max_new_tokens=ANSWER_TOKENS)

    def generate(texts: Iterable[tuple[str, str]], template: ConfigTemplate) -> Iterator[tuple[str, Completion]]:
        # the model is loaded only when there is something to answer
        from sde_datasets.prediction.predictor import Predictor

        return Predictor(run, options).generate(texts, template)

    base = folder.options().model
    name = base if zero_shot else f"{run.absolute().name} (trained from {base})"
    return AnsweringModel(name, Backend(generate), Provenance(options, weight_hashes(folder), run=run.absolute().name))
