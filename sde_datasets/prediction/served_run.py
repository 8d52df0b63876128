"""A run whose model is on a server: its folder decides the form of the prompts and how long they may be."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sde_datasets.errors import UsageError
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.runs.samples import ConfigTemplate
from sde_datasets.runs.thought_marks import MARKS_ROOM

if TYPE_CHECKING:
    from sde_datasets.prediction.server import CompletionServer, Truncator
    from sde_datasets.prediction.server_prompt import PromptFormat
    from sde_datasets.runs.chat import ChatFrame


def server_for_run(
    run: Path, options: GenerationOptions, url: str, model: str, concurrency: int, key_name: str
) -> CompletionServer:
    """Return the server that answers for a run. Raises UsageError for options that only the model itself supports."""
    if find_spec("openai") is None:
        raise UsageError("--endpoint needs openai, which is not installed: pip install 'sde-datasets[server]'")
    from sde_datasets.prediction.server import CompletionServer
    from sde_datasets.prediction.server_client import ServerSettings

    folder = RunFolder.open(run).require_trained()
    if options.engine not in ("auto", "server"):
        raise UsageError(f"--engine {options.engine} answers in this process: omit it, or omit --endpoint")
    if options.zero_shot or options.shots:
        raise UsageError("--zero-shot and --shots use the base model: serve that model, and omit them")
    info = folder.read_info()
    limit = options.max_new_tokens or info.answer_tokens
    settings = ServerSettings(url, model, concurrency, key_name=key_name)
    form = prompt_format(folder, options)
    thought = form.thinking.budget + MARKS_ROOM if form.thinking else 0
    truncator = _truncator(folder, limit, form.frame, thought)
    return CompletionServer(settings, options, limit, form, truncator, info.ends)


def prompt_format(folder: RunFolder, options: GenerationOptions) -> PromptFormat:
    """Return how prompts are sent: a chat as messages if the server renders the run's prompt from them, else whole.

    Raises UsageError for --thinking with a run that has no chat template.
    """
    from sde_datasets.prediction.server_prompt import PromptFormat, ServerThinking

    frame = folder.read_info().chat
    if frame is None:
        if options.thinking:
            raise UsageError("--thinking needs a run with a chat template: train it with --chat")
        return PromptFormat()
    from sde_datasets.runs.chat import chat_frame
    from sde_datasets.runs.loading import load_tokenizer

    tokenizer = load_tokenizer(str(folder.model), None, folder.options().end_token)
    if options.thinking:
        from sde_datasets.runs.thought_marks import thinking_frame

        open_frame, marks = thinking_frame(tokenizer, frame, str(folder.model))
        return PromptFormat(open_frame, messages=False, thinking=ServerThinking(marks, options.thinking_tokens))
    current, _ = chat_frame(tokenizer, frame.system, str(folder.model))
    # a template that depends on the date renders another prompt now than in training
    return PromptFormat(frame, messages=frame.as_asked and current == frame)


def _truncator(folder: RunFolder, limit: int, frame: ChatFrame | None, thought: int) -> Truncator:
    """Return a truncator that shortens texts as for the local model (see Predictor.generator).

    thought: the tokens of the context that a prompt leaves free for a thought.
    """
    from sde_datasets.prediction.server import Truncation

    def for_template(template: ConfigTemplate) -> Callable[[str], Truncation | None]:
        from transformers.utils import logging

        from sde_datasets.runs.encoding import TooLong
        from sde_datasets.runs.loading import load_tokenizer, make_encoder

        # transformers warns of texts that are longer than the context
        logging.set_verbosity_error()
        options, info = folder.options(), folder.read_info()
        tokenizer = load_tokenizer(str(folder.model), None, options.end_token)
        encoder = make_encoder(tokenizer, template, options, info.context + thought, frame)
        room = encoder.context - min(limit, info.longest_completion or limit) - thought

        def truncate(text: str) -> Truncation | None:
            try:
                prompt = encoder.encode_prompt(text, room)
            except TooLong:
                return None
            return Truncation(prompt.truncated_chars, min(limit, encoder.context - thought - len(prompt.ids)))

        return truncate

    return for_template
