"""Answer on several devices: a process with the model for each of them, which takes a portion when it is free."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty
from typing import Any

from sde_datasets.errors import InputError, UsageError
from sde_datasets.prediction.completion import Completion
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.runs.samples import ConfigTemplate

# batches of a portion: prompts are sorted by length within it
_BATCHES = 4
# seconds between two looks at whether the processes are alive
_PATIENCE = 5.0
Texts = list[tuple[str, str]]


@dataclass(frozen=True)
class DeviceGenerator:
    """Answers with a process for each device, which ends with the last answer."""

    run: Path
    options: GenerationOptions
    batch: int
    devices: tuple[str, ...]

    def generate(self, texts: Iterable[tuple[str, str]], template: ConfigTemplate) -> Iterator[tuple[str, Completion]]:
        """Yield the completion of each (id, text), in any order. Raises InputError, UsageError as a Predictor does."""
        context = get_context("spawn")
        asked: Queue[Texts | None] = context.Queue()
        answered: Queue[Any] = context.Queue()
        given = [(self, device, template, asked, answered) for device in self.devices]
        processes = [context.Process(target=_answer, args=each, daemon=True) for each in given]
        for process in processes:
            process.start()
        try:
            yield from self._collect(iter(texts), asked, answered, processes)
        finally:
            for process in processes:
                process.terminate()

    def _collect(
        self, texts: Iterator[tuple[str, str]], asked: Queue[Texts | None], answered: Queue[Any], processes: list[Any]
    ) -> Iterator[tuple[str, Completion]]:
        """Keep two portions for each device in the queue, so that none waits, and yield the answers."""
        missing = 0
        more = True
        while more or missing:
            while more and missing < 2 * len(processes):
                portion = list(islice(texts, _BATCHES * self.batch))
                more = bool(portion)
                if more:
                    asked.put(portion)
                    missing += 1
            if not missing:
                break
            result = self._next(answered, processes)
            if isinstance(result, InputError | UsageError):
                raise result
            yield from result
            missing -= 1

    def _next(self, answered: Queue[Any], processes: list[Any]) -> Any:
        """Return the next result. Raises InputError if a process was killed, for example for its memory."""
        while True:
            try:
                return answered.get(timeout=_PATIENCE)
            except Empty:
                for device, process in zip(self.devices, processes, strict=True):
                    if not process.is_alive():
                        hint = "Complete answers are kept: repeat the command, with a smaller --batch."
                        raise InputError(device, f"its process ended with {process.exitcode}", hint) from None


def _answer(
    generator: DeviceGenerator, device: str, template: ConfigTemplate, asked: Queue[Texts], answered: Queue[Any]
) -> None:
    """Answer portions on a device until the process is ended; an error is sent instead of an answer."""
    from sde_datasets.prediction.predictor import Predictor
    from sde_datasets.runs.errors import translate_runtime_errors

    try:
        with translate_runtime_errors(str(generator.run), "a smaller --batch"):
            predictor = Predictor(generator.run, generator.options, generator.batch, device)
            while True:
                answered.put(list(predictor.generate(asked.get(), template)))
    except (InputError, UsageError) as error:
        answered.put(error)
