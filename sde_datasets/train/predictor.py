"""A trained run as something that answers: samples of a config, or texts that nobody has annotated yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from transformers.utils import logging

from sde_datasets.errors import InputError, UsageError
from sde_datasets.train.annotate import annotated
from sde_datasets.train.folder import RunFolder
from sde_datasets.train.how import BATCH, How
from sde_datasets.train.models import context_of, dtype_of, encoder_for, load_model, load_tokenizer, on_device
from sde_datasets.train.options import TINY
from sde_datasets.train.samples import Template
from sde_datasets.train.shots import with_shots
from sde_datasets.train.writer import Answered, Writer, sampler


class Predictor:
    """The model of a run folder with the prompts that it was trained on.

        Predictor("runs/a").annotate(["The tuna was great.", "Never again."])

    run: a run folder, or the repository that one was pushed to. how: sampling, few shots, the base model alone,
    constrained decoding (see How). device: where the model runs, by default on a GPU if there is one. Raises InputError
    for a folder that is no run or not at its end.
    """

    def __init__(self, run: str | Path, how: How | None = None, batch: int = BATCH, device: str | None = None) -> None:
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        self.folder, self.how = RunFolder.of(run).trained(), (how or How()).checked()
        self.template, self.options = Template.from_dict(self.folder.read("template")), self.folder.options()
        self.about = self.folder.read("about")
        self._batch, self._writer = batch, None
        self.tokenizer = load_tokenizer(str(self.folder.model), None, self.options.end_token)
        self.model = on_device(self._model(), device).eval()

    def _model(self) -> Any:
        options, base = self.options, self.how.zero_shot or self.how.shots
        dtype = dtype_of(options)
        if base and options.model == TINY:
            raise InputError(
                TINY, "has no base model: it was trained from scratch", "Leave --zero-shot and --shots out."
            )
        if base:
            return load_model(options.model, options.model_revision, dtype)
        here = self.folder.model
        if not (here / "adapter_config.json").is_file():
            return load_model(str(here), None, dtype)
        model = load_model(options.model, options.model_revision, dtype)
        from peft import PeftModel

        # the adapter is added into the weights: the same answers in less time
        return PeftModel.from_pretrained(model, here).merge_and_unload()

    def writer(self, template: Template) -> Writer:
        """What writes answers to the prompts of a template of the run's design, made once for each in turn.

        Raises UsageError where the few shots leave no room for a prompt.
        """
        if self._writer is None or self._writer[0] != template:
            self._writer = template, self._new_writer(template)
        return self._writer[1]

    def _new_writer(self, template: Template) -> Writer:
        options, how = self.options, self.how
        wrapped, context = template, self.about["context"]
        if how.shots:
            wrapped = with_shots(self.folder, options, template, how.shots)
            # a run may have been given less than the model can take
            context = context_of(self.model.config, self.tokenizer, None)
        encoder, end = encoder_for(self.tokenizer, wrapped, options, context, str(self.folder.model))
        taken, room = len(encoder.plain(encoder.template.prefix)), self.about["longest_completion"]
        pick = self._picker(template, end)
        if how.shots and taken + room >= context:
            raise UsageError(f"--shots {how.shots}: they take {taken:,} tokens, and the model has {context:,} in all")
        return Writer(self.model, self.tokenizer, encoder, self._ends(end), self.limit, room, self._batch, pick)

    @property
    def limit(self) -> int:
        """Tokens of an answer at most."""
        return self.how.max_new_tokens or self.about["answer_tokens"]

    def _ends(self, end: int) -> set[int]:
        said = self.model.generation_config.eos_token_id
        return {end, *(said if isinstance(said, list) else [] if said is None else [said])}

    def _picker(self, template: Template, end: int) -> Any:
        if self.how.constrained:
            from sde_datasets.train.constrained import constrained

            logits = self.model.config.get_text_config().vocab_size
            return constrained(template, self.tokenizer, end, logits, self.how)
        return sampler(self.how) if self.how.sample else None

    def answers(
        self, texts: Iterable[tuple[str, str]], template: Template | None = None
    ) -> Iterator[tuple[str, Answered]]:
        """The answer to each (id, text), in an order of its own; prompts are of `template` or as in training."""
        return self.writer(template or self.template).write(texts)

    def annotate(self, texts: Iterable[str]) -> list[dict[str, Any]]:
        """What the model finds in each text: a dict with the keys of `annotated`, in the order given."""
        texts = [texts] if isinstance(texts, str) else list(texts)
        answers = dict(self.answers((str(number), text) for number, text in enumerate(texts)))
        return [annotated(text, answers[str(number)], self.template) for number, text in enumerate(texts)]
