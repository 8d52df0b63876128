"""Explain errors of the Hub and of the network, and tell transient ones from others.

Error texts of huggingface_hub can contain signed addresses: only the status and the message of the server are shown.
"""

from __future__ import annotations

import httpx2
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)

AGAIN = "Run the same command again: files that were sent are not sent again."
LOG_IN = "Log in with `hf auth login`, or set HF_TOKEN to a token with write access."
# what huggingface_hub raises when the server or the network fails
FAILURES = (httpx2.HTTPError, OSError, RuntimeError, ValueError)
# words of the Hub's messages for status 403, each with a hint; the first match counts
_FORBIDDEN = (
    # the message itself is a hint
    (("contact us", "upgrade your"), ""),
    (("storage", "quota"), "Free storage, or buy more, in the settings of the account that owns the repository."),
    (("namespace",), "Push under your own name, or ask an administrator of the organization for write access."),
    (("read access", "permission", "token"), "Use a token with write access to the repository."),
)


def explain(error: Exception) -> tuple[str, str]:
    """The problem, with the message of the Hub, and a hint, which may be empty."""
    error = root_error(error)
    status, message = http_status(error), server_message(error)
    reason = f" ({message})" if message else ""
    if isinstance(error, OfflineModeIsEnabled):
        return "cannot be reached: HF_HUB_OFFLINE is set", ""
    if isinstance(error, LocalTokenNotFoundError) or status == 401:
        return f"the token is not accepted{reason}", LOG_IN
    if isinstance(error, GatedRepoError):
        return f"the repository is gated{reason}", "Ask for access on its page."
    if isinstance(error, RepositoryNotFoundError):
        return "does not exist, or the token has no access to it", "Check the name and the token."
    if status == 403:
        return _forbidden(message)
    if status:
        return f"the Hub answered {status}{reason}", AGAIN if is_transient(error) else ""
    if isinstance(error, httpx2.TimeoutException | TimeoutError):
        return "the Hub did not answer in time", AGAIN
    if isinstance(error, httpx2.HTTPError | ConnectionError):
        return f"the connection failed ({type(error).__name__})", AGAIN
    return f"the response of the Hub is unusable ({type(error).__name__})", AGAIN


def _forbidden(message: str) -> tuple[str, str]:
    if not message:
        return "the Hub refuses this (403) and gives no reason", "Check that the token has write access."
    hints = (hint for words, hint in _FORBIDDEN if any(word in message.lower() for word in words))
    return f"the Hub refuses this: {message}", next(hints, "")


def server_message(error: Exception) -> str:
    """The message of the server, on one line and without a full stop; empty if there is none."""
    return " ".join((getattr(error, "server_message", None) or "").split()).rstrip(".")


def root_error(error: Exception) -> Exception:
    """The response of the server behind an error that only names the operation."""
    while isinstance(error, RuntimeError | ValueError) and not isinstance(error, HfHubHTTPError):
        if not isinstance(error.__cause__, Exception):
            break
        error = error.__cause__
    return error


def is_transient(error: Exception) -> bool:
    """True if the same call may succeed later, or may have succeeded."""
    if isinstance(error, OfflineModeIsEnabled | LocalTokenNotFoundError | HFValidationError):
        return False
    return http_status(root_error(error)) in (0, 408, 425, 429, 500, 502, 503, 504)


def http_status(error: Exception) -> int:
    """The HTTP status of an error; 0 if there was no response."""
    return error.response.status_code if isinstance(error, HfHubHTTPError) and error.response is not None else 0
