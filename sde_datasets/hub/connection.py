"""The connection to one repository: the library's client with a token, a time limit, and errors in words.

What the library says of an error can hold signed addresses, and a server may repeat what it was sent, so that only the
status and the server's message are passed on, with the token taken out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from huggingface_hub import HfApi, get_session, get_token, set_client_factory
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
    OIDCError,
    RepositoryNotFoundError,
)
from huggingface_hub.utils import disable_progress_bars, logging

from sde_datasets.errors import InputError

# seconds without a byte after which an answer is given up; the Hub itself gives a commit 60
PATIENCE = 120
# tries of one call, and the longest wait between two of them in seconds
TRIES = 4
LONGEST_WAIT = 60
AGAIN = "Run the same command again: what has been sent is not sent twice."
LOG_IN = "Log in with `hf auth login`, or set HF_TOKEN to a token that may write."
# what the library raises when a server or the way to it fails
FAILURES = (httpx2.HTTPError, OSError, RuntimeError, ValueError)


@dataclass(frozen=True)
class Connection:
    """A client for one repository, of datasets or of models."""

    api: HfApi
    repository: str
    token: str
    kind: str = "dataset"

    @property
    def here(self) -> dict[str, str]:
        """What every call of the client is given."""
        return {"repo_id": self.repository, "repo_type": self.kind}

    def ask(self, method: str, **given: Any) -> Any:
        """Call a method of the client that may be called twice, again where the Hub could not answer.

        Raises what the client raises, for `errors` to put into words.
        """
        for number in range(1, TRIES + 1):
            try:
                answer = getattr(self.api, method)(**self.here, **given)
                return list(answer) if isinstance(answer, Iterator) else answer
            except FAILURES as error:
                if number == TRIES or not unclear(error):
                    raise
                time.sleep(wait(error, number))
        raise AssertionError("the last try returns or raises")

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turns what the library raises into an InputError that names the repository."""
        try:
            yield
        except InputError:
            raise
        except FAILURES as error:
            raise self.in_words(error) from None

    def in_words(self, error: Exception) -> InputError:
        """What went wrong, without addresses and without the token."""
        error = cause_of(error)
        wrong, cure = _in_words(error)
        return InputError(self.repository, wrong.replace(self.token, "***"), cure)


def cause_of(error: Exception) -> Exception:
    """The error behind one that only says which file was being sent."""
    while isinstance(error, RuntimeError) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    return error


def _in_words(error: Exception) -> tuple[str, str]:
    status = status_of(error)
    said = " ".join((getattr(error, "server_message", None) or "").split())
    because = f" ({said})" if said else ""
    if isinstance(error, OfflineModeIsEnabled):
        return "cannot be reached: HF_HUB_OFFLINE is set", ""
    if isinstance(error, LocalTokenNotFoundError) or status == 401:
        return f"the token is not accepted{because}", LOG_IN
    if status == 403 or isinstance(error, GatedRepoError):
        return f"the token may not do this{because}", "Use a token with write access to the repository."
    if isinstance(error, RepositoryNotFoundError):
        return "does not exist, or the token may not see it", "Check the name and the token."
    if status:
        return f"the Hub answered {status}{because}", AGAIN
    if isinstance(error, httpx2.TimeoutException | TimeoutError):
        return "the Hub did not answer in time", AGAIN
    if isinstance(error, httpx2.HTTPError | ConnectionError):
        return f"the connection failed ({type(error).__name__})", AGAIN
    return f"the Hub's answer cannot be used ({type(error).__name__})", AGAIN


def unclear(error: Exception) -> bool:
    """Does the error leave open whether the same call would succeed, or has succeeded?"""
    if isinstance(error, OfflineModeIsEnabled | LocalTokenNotFoundError | HFValidationError):
        return False
    return status_of(cause_of(error)) in (0, 408, 425, 429, 500, 502, 503, 504)


def wait(error: Exception, number: int) -> float:
    """Seconds until the next try: what the server asks for, else twice as long every time."""
    asked = error.response.headers.get("Retry-After", "") if status_of(error) else ""
    return min(int(asked) if asked.isdigit() else 2 ** (number - 1), LONGEST_WAIT)


def status_of(error: Exception) -> int:
    """The HTTP status that an error stands for; 0 where there was no answer."""
    return error.response.status_code if isinstance(error, HfHubHTTPError) and error.response is not None else 0


def connect(repository: str, kind: str = "dataset") -> Connection:
    """A connection with the token of this machine; `kind`: dataset or model. Raises InputError where there is none."""
    try:
        token = get_token()
    except (*FAILURES, OIDCError) as error:
        raise InputError(repository, f"there is no token to push with ({type(error).__name__})", LOG_IN) from None
    if not token:
        raise InputError(repository, "there is no token to push with", LOG_IN)
    if not token.isascii():
        raise InputError(repository, "the token is none: it has signs that no token has", LOG_IN)
    return Connection(HfApi(token=token), repository, token, kind)


def be_patient(seconds: float = PATIENCE) -> None:
    """Let the library's client, which would wait for ever, give up after so many seconds; keep it from writing itself.

    This holds for the whole process, so that it is for commands to call and not for the library's users.
    """
    hooks = get_session().event_hooks
    set_client_factory(lambda: httpx2.Client(event_hooks=hooks, follow_redirects=True, timeout=seconds))
    disable_progress_bars()
    logging.set_verbosity_error()
