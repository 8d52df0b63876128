"""Check cards before a push: who wrote the present card, and whether the Hub accepts the new one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

import yaml
from huggingface_hub import get_session
from huggingface_hub.utils import hf_raise_for_status

from sde_datasets.card.notes import has_marks
from sde_datasets.card.writer import CARD
from sde_datasets.designs.design import ALIASES
from sde_datasets.errors import InputError
from sde_datasets.hub.connection import Connection, retry
from sde_datasets.hub.responses import FAILURES, http_status, server_message
from sde_datasets.hub.snapshot import EarlierPush
from sde_datasets.utils.progress import size

_YAML = re.compile(r"\A---\n(.*?\n)---(\n|\Z)", re.DOTALL)
_FOREIGN = "was not written by sde-datasets"
_HINT = "Give --replace-card to replace it, or push to another repository."


def refuse_foreign_card(connection: Connection, card: str) -> None:
    """Raise InputError if a push would replace a card that sde-datasets did not write."""
    if not has_marks(card):
        raise _replaced_card(connection, _FOREIGN)


def refuse_foreign_dataset_card(connection: Connection, card: str, earlier: EarlierPush | None) -> None:
    """Raise InputError if a push would replace a card of another origin, or one to which others added configs."""
    lost = sorted(set(_configs(card)) - _pushed_configs(earlier))
    if earlier is None or not has_marks(card):
        raise _replaced_card(connection, _FOREIGN, lost)
    if lost:
        raise _replaced_card(connection, "lists configs that sde-datasets did not write", lost)


def _replaced_card(connection: Connection, problem: str, lost: Sequence[str] = ()) -> InputError:
    consequence = f": the configs {', '.join(lost)} would no longer load" if lost else ""
    return connection.repository_error(f"{problem}, and a push replaces it{consequence}", _HINT, CARD)


def _configs(card: str) -> list[str]:
    """The configs that the YAML of a card lists; none if it cannot be parsed."""
    found = _YAML.match(card)
    try:
        head = yaml.load(found[1], getattr(yaml, "CSafeLoader", yaml.SafeLoader)) if found else {}
    except (yaml.YAMLError, ValueError, RecursionError):
        return []
    listed = head.get("configs") if isinstance(head, dict) else None
    entries = listed if isinstance(listed, list) else []
    return [str(entry["config_name"]) for entry in entries if isinstance(entry, dict) and "config_name" in entry]


def _pushed_configs(earlier: EarlierPush | None) -> set[str]:
    """The configs that an earlier push wrote into the card."""
    names = {entry.config for entry in earlier.outputs.values() if entry.config} if earlier else set()
    return names | {f"{name.partition('-')[0]}-{alias}" for name in names for alias in ALIASES}


def check_card(connection: Connection, card: bytes) -> None:
    """Ask the Hub whether it accepts a card, before anything is created or sent.

    Raises InputError with the message of the Hub if it does not.
    """
    try:
        retry(partial(_check, connection, card.decode()))
    except FAILURES as error:
        message, status = server_message(error), http_status(error)
        if status == 400:
            raise connection.repository_error(
                f"the Hub refuses the card: {message or 'it gives no reason'}", file=CARD
            ) from None
        if status == 413:
            hint = "Publish fewer configs: build with fewer --designs." if connection.kind == "dataset" else ""
            problem = f"the Hub refuses the card: {size(len(card))} is too large ({message or 'status 413'})"
            raise connection.repository_error(problem, hint, CARD) from None
        raise connection.input_error(error) from None


def _check(connection: Connection, card: str) -> None:
    """Validate a card as huggingface_hub does before each commit, but before the data are sent."""
    answer = get_session().post(
        f"{connection.api.endpoint}/api/validate-yaml",
        json={"content": card, "repoType": connection.kind},
        headers={"Authorization": f"Bearer {connection.token}"},
    )
    hf_raise_for_status(answer)
