"""A connection to one repository: the client of huggingface_hub with a token, retries, and errors for the user.

A server may repeat what it was sent, so the token is removed from its messages.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from huggingface_hub import HfApi, get_session, get_token, set_client_factory
from huggingface_hub.errors import OIDCError
from huggingface_hub.utils import disable_progress_bars, logging

from sde_datasets.errors import InputError
from sde_datasets.hub.responses import FAILURES, LOG_IN, explain, http_status, is_transient

# seconds without a byte after which a request fails; the Hub itself limits a commit to 60
TIMEOUT = 120
# attempts of one call, and the longest wait between two of them in seconds
ATTEMPTS = 4
LONGEST_WAIT = 60
LEFT = "This push created the repository and sent no data: push again to fill it, or delete it in its settings."


@dataclass(frozen=True)
class Connection:
    """A client for one repository. kind: dataset or model."""

    api: HfApi
    repository: str
    token: str
    kind: str = "dataset"

    @property
    def repository_arguments(self) -> dict[str, str]:
        """The arguments of every call of the client."""
        return {"repo_id": self.repository, "repo_type": self.kind}

    def call(self, method: str, **arguments: Any) -> Any:
        """Call an idempotent method of the client, and retry transient errors.

        Raises what the client raises; `translate_errors` turns it into an InputError.
        """

        def send() -> Any:
            answer = getattr(self.api, method)(**self.repository_arguments, **arguments)
            return list(answer) if isinstance(answer, Iterator) else answer

        return retry(send)

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn errors of the client into InputErrors that name the repository."""
        try:
            yield
        except InputError:
            raise
        except FAILURES as error:
            raise self.input_error(error) from None

    def input_error(self, error: Exception) -> InputError:
        """An error of the client as an InputError, without addresses and without the token."""
        problem, hint = explain(error)
        return self.repository_error(problem, hint)

    def repository_error(self, problem: str, hint: str = "", file: str = "") -> InputError:
        """An error about the repository or a file of it, with the token removed."""
        return InputError(f"{self.repository} {file}".strip(), problem.replace(self.token, "***"), hint)

    @contextmanager
    def ensure_repository(self, missing: bool, private: bool) -> Iterator[None]:
        """Create the repository if it is missing; an error within the block then says that it has no data."""
        if missing:
            with self.translate_errors():
                self.call("create_repo", private=private or None, exist_ok=True)
        try:
            yield
        except InputError as error:
            if not missing:
                raise
            raise InputError(error.location, error.problem, f"{error.hint} {LEFT}".strip()) from None


def retry(call: Callable[[], Any]) -> Any:
    """Make an idempotent call, and retry transient errors. Raises what the last attempt raises."""
    for number in range(1, ATTEMPTS + 1):
        try:
            return call()
        except FAILURES as error:
            if number == ATTEMPTS or not is_transient(error):
                raise
            time.sleep(retry_delay(error, number))
    raise AssertionError("the last attempt returns or raises")


def retry_delay(error: Exception, number: int) -> float:
    """Seconds until the next attempt: those that the server requests, else twice as many each time."""
    response = getattr(error, "response", None)
    requested = response.headers.get("Retry-After", "") if http_status(error) and response is not None else ""
    return min(int(requested) if requested.isdigit() else 2 ** (number - 1), LONGEST_WAIT)


def connect(repository: str, kind: str = "dataset") -> Connection:
    """A connection with the saved token. kind: dataset or model. Raises InputError if there is no valid token."""
    try:
        token = get_token()
    except (*FAILURES, OIDCError) as error:
        raise InputError(repository, f"there is no token to push with ({type(error).__name__})", LOG_IN) from None
    if not token:
        raise InputError(repository, "there is no token to push with", LOG_IN)
    if not token.isascii():
        raise InputError(repository, "the token is invalid: it has characters that no token has", LOG_IN)
    return Connection(HfApi(token=token), repository, token, kind)


def configure_client(seconds: float = TIMEOUT) -> None:
    """Set a time limit for the client of huggingface_hub, which has none, and silence its output.

    This affects the whole process: it is meant for commands, not for users of the library.
    """
    hooks = get_session().event_hooks
    set_client_factory(lambda: httpx2.Client(event_hooks=hooks, follow_redirects=True, timeout=seconds))
    disable_progress_bars()
    logging.set_verbosity_error()
