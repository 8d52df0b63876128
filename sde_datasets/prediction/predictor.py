"""A trained run that answers: samples of a config, or new texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from transformers import AutoConfig
from transformers.utils import logging

from sde_datasets.errors import UsageError
from sde_datasets.prediction.annotate import annotate
from sde_datasets.prediction.batch_generator import BatchGenerator
from sde_datasets.prediction.completion import Completion
from sde_datasets.prediction.engine import TokenWriter
from sde_datasets.prediction.few_shot import with_few_shot_examples
from sde_datasets.prediction.micro_batches import MicroBatches
from sde_datasets.prediction.options import DEFAULT_BATCH_SIZE, GenerationOptions
from sde_datasets.prediction.run_model import load_run_model, vllm_model
from sde_datasets.prediction.sampling import PickerFactory, make_grammar_picker, make_sampler
from sde_datasets.prediction.thinking import Thinking
from sde_datasets.prediction.writers import make_writer, slow_generation_note
from sde_datasets.runs.chat import ChatFrame
from sde_datasets.runs.loading import context_length, load_tokenizer, make_encoder, set_end_tokens
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.runs.samples import ConfigTemplate
from sde_datasets.runs.thought_marks import ThoughtMarks, thinking_frame


class Predictor:
    """The model of a run folder with the prompts that it was trained on.

    run: a run folder, or the repository that it was pushed to. options: sampling, few-shot examples, the base model,
    constrained decoding, thoughts, and the engine. batch: answers at a time. device: by default a GPU if there is one.
    report: called with a line if answers take a slower way. Raises InputError for a folder that is not a complete run.

    >>> import sde_datasets as sde
    >>> try:
    ...     sde.Predictor("no-such-run")
    ... except sde.InputError as error:
    ...     print(str(error).partition(":")[0])
    no-such-run

    A complete run answers texts: `sde.Predictor("runs/a").annotate(["The tuna was great."])`; see `train`.
    """

    def __init__(
        self,
        run: str | Path,
        options: GenerationOptions | None = None,
        batch: int = DEFAULT_BATCH_SIZE,
        device: str | None = None,
        report: Callable[[str], None] | None = None,
    ) -> None:
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        self.folder = RunFolder.open(run).require_trained()
        self.options = (options or GenerationOptions()).validated()
        if self.options.engine == "server":
            raise UsageError("--engine server answers by --endpoint, not by a Predictor")
        self.template, self.training = self.folder.read_template(), self.folder.options()
        self.info = self.folder.read_info()
        self._batch, self._device, self._report = batch, device, report
        self._generator: tuple[ConfigTemplate, BatchGenerator] | None = None
        self.tokenizer = load_tokenizer(str(self.folder.model), None, self.training.end_token)
        self._frame, self._marks = self._chat_frame()
        self._writer = self._open_writer()

    @property
    def _base(self) -> bool:
        """The base model answers, without what was trained."""
        return bool(self.options.zero_shot or self.options.shots)

    @cached_property
    def model(self) -> Any:
        """The model in PyTorch, which the engine `vllm` does not load."""
        model = load_run_model(self.folder, self._base, self._device).eval()
        set_end_tokens(model, self.info.ends)
        return model

    def _open_writer(self) -> TokenWriter:
        if self.options.engine == "vllm":
            from sde_datasets.prediction.vllm_engine import VllmWriter

            return VllmWriter(vllm_model(self.folder, self._base, self._context), self.options)
        note = slow_generation_note(self.model)
        if note and self._report and self.options.engine != "generate":
            self._report(note)
        return make_writer(self.model, self.tokenizer.pad_token_id, self.options.engine, self._batch)

    @cached_property
    def _context(self) -> int:
        """The most tokens of a prompt and its answer: those of training, or of the model if prompts are longer."""
        if not (self.options.shots or self.options.thinking):
            return self.info.context
        loaded = self.options.engine != "vllm"
        name = self.training.model if self._base else str(self.folder.model)
        if not loaded and (self.folder.model / "adapter_config.json").is_file():
            name = self.training.model
        config = self.model.config if loaded else AutoConfig.from_pretrained(name, trust_remote_code=False)
        return context_length(config, self.tokenizer, None)

    def _chat_frame(self) -> tuple[ChatFrame | None, ThoughtMarks | None]:
        """Return the chat markup around prompts, and the marks of thoughts with --thinking. Raises UsageError."""
        frame = self.info.chat
        if not self.options.thinking:
            return frame, None
        if frame is None:
            raise UsageError("--thinking needs a run with a chat template: train it with --chat")
        return thinking_frame(self.tokenizer, frame, str(self.folder.model))

    def generator(self, template: ConfigTemplate) -> BatchGenerator:
        """Return the generator for the prompts of a template; that of the last template is kept.

        Raises UsageError if few-shot examples or thoughts leave no room for a prompt.
        """
        if self._generator is None or self._generator[0] != template:
            self._generator = template, self._make_generator(template)
        return self._generator[1]

    def _make_generator(self, template: ConfigTemplate) -> BatchGenerator:
        shots, context = self.options.shots, self._context
        prompts = with_few_shot_examples(self.folder, self.training, template, shots) if shots else template
        encoder = make_encoder(self.tokenizer, prompts, self.training, context, self._frame)
        thinking = self._thinking()
        room = self.info.longest_completion + (thinking.room if thinking else 0)
        prefix = len(encoder.encode_prefix(encoder.template.prefix))
        if (shots or thinking) and prefix + room >= context:
            given = f"--shots {shots}" if shots else f"--thinking-tokens {self.options.thinking_tokens}"
            raise UsageError(
                f"{given}: prompt and room for the answer take {prefix + room:,} tokens, and the model has {context:,}"
            )
        return BatchGenerator(
            self._writer,
            self.tokenizer,
            encoder,
            set(self.info.ends),
            self.limit,
            self.info.longest_completion,
            self._pickers(template, encoder.end),
            thinking,
            self.options.stop_text(template.design),
        )

    def _thinking(self) -> Thinking | None:
        if self._marks is None or self._frame is None:
            return None
        opened = self._marks.ends_open(self._frame.after)
        samplers = make_sampler(self.options) if self.options.sample and not self._writer.samples else None
        return Thinking(self.tokenizer, self._marks, self.options.thinking_tokens, opened, samplers)

    @property
    def limit(self) -> int:
        """The most tokens of an answer."""
        return self.options.max_new_tokens or self.info.answer_tokens

    def _pickers(self, template: ConfigTemplate, end: int) -> PickerFactory | None:
        if self.options.constrained:
            vocabulary = self.model.config.get_text_config().vocab_size
            return make_grammar_picker(template, self.tokenizer, end, vocabulary, self.options)
        return make_sampler(self.options) if self.options.sample and not self._writer.samples else None

    def generate(
        self, texts: Iterable[tuple[str, str]], template: ConfigTemplate | None = None
    ) -> Iterator[tuple[str, Completion]]:
        """Yield the completion for each (id, text), in any order; the default template is that of training."""
        return self.generator(template or self.template).generate(texts)

    async def annotate_async(self, text: str) -> dict[str, Any]:
        """Return what the model finds in a text, for services: concurrent calls are answered together, in batches."""
        return await self._micro_batches.annotate(text)

    @cached_property
    def _micro_batches(self) -> MicroBatches:
        return MicroBatches(self.annotate, self._batch)

    def annotate(self, texts: str | Iterable[str]) -> list[dict[str, Any]]:
        """Return what the model finds in each text, in order: a dict with the keys of `annotate.annotate`.

        Many texts at once are faster than one after the other. Call it from one thread at a time.
        """
        texts = [texts] if isinstance(texts, str) else list(texts)
        answers = dict(self.generate((str(number), text) for number, text in enumerate(texts)))
        return [annotate(text, answers[str(number)], self.template) for number, text in enumerate(texts)]
