"""Answer the concurrent requests of a service in batches: texts that arrive while the model is busy are the next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any

Row = dict[str, Any]


class MicroBatches:
    """One thread answers, so the model is never used twice at a time, and the event loop is never blocked."""

    def __init__(self, answer: Callable[[list[str]], list[Row]], most: int) -> None:
        """answer: returns a row for each text. most: the most texts of a batch."""
        self._answer, self._most = answer, most
        self._waiting: list[tuple[str, Future[Row]]] = []
        self._lock, self._thread = Lock(), ThreadPoolExecutor(1, "answers")

    async def annotate(self, text: str) -> Row:
        """Return the row of a text. Raises what `answer` raises."""
        future: Future[Row] = Future()
        with self._lock:
            self._waiting.append((text, future))
        self._thread.submit(self._answer_batch)
        return await asyncio.wrap_future(future)

    def _answer_batch(self) -> None:
        """Answer the texts that wait, at most `most`; each text has submitted one such call."""
        with self._lock:
            taken, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        # a client that went away has cancelled its request
        asked = [(text, future) for text, future in taken if future.set_running_or_notify_cancel()]
        if not asked:
            return
        try:
            rows = self._answer([text for text, _ in asked])
        except Exception as error:
            for _, future in asked:
                future.set_exception(error)
        else:
            for (_, future), row in zip(asked, rows, strict=True):
                future.set_result(row)
