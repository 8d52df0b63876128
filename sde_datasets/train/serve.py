"""A run that is served elsewhere: its prompts go to a server, its folder says which and how long they may be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sde_datasets.errors import UsageError
from sde_datasets.train.endpoint import Endpoint, Fit, Fits
from sde_datasets.train.folder import RunFolder
from sde_datasets.train.how import How
from sde_datasets.train.patience import Server
from sde_datasets.train.samples import Template


def served(run: Path, how: How, url: str, model: str, concurrency: int, key_name: str) -> Endpoint:
    """The server that answers for a run. Raises UsageError for what only the model itself can do."""
    folder = RunFolder.of(run).trained()
    if how.zero_shot or how.shots:
        raise UsageError("--zero-shot and --shots choose the base model: ask a server of it, without them")
    limit = how.max_new_tokens or folder.read("about")["answer_tokens"]
    server = Server(url, model, concurrency, key_name=key_name)
    return Endpoint(server, how, limit, folder.options().chat, _fits(folder, limit))


def _fits(folder: RunFolder, limit: int) -> Fits:
    """Texts are shortened as they are for the model itself (see Predictor.writer): by the run's own tokenizer."""

    def of(template: Template) -> Callable[[str], Fit | None]:
        from transformers.utils import logging

        from sde_datasets.train.models import encoder_for, load_tokenizer
        from sde_datasets.train.tokens import TooLong

        # a text longer than the context is no news
        logging.set_verbosity_error()
        options, about = folder.options(), folder.read("about")
        tokenizer = load_tokenizer(str(folder.model), None, options.end_token)
        encoder, _ = encoder_for(tokenizer, template, options, about["context"], str(folder.model))
        room = encoder.context - min(limit, about["longest_completion"] or limit)

        def fit(text: str) -> Fit | None:
            try:
                prompt = encoder.prompt(text, room)
            except TooLong:
                return None
            return Fit(prompt.cut, min(limit, encoder.context - len(prompt.ids)))

        return fit

    return of
