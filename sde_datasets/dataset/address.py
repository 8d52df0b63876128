"""Parse repository names as users give them: `org/name`, `datasets/org/name`, or an address of the Hub."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote, urlsplit

from sde_datasets.errors import UsageError

HUB = "https://huggingface.co"
_SHORT = "hf.co"
# the first part of the path of an address; an address without one of them is that of a model
_KINDS = {"datasets": "dataset", "models": "model", "spaces": "space", "buckets": "bucket"}
# pages of the Hub whose addresses look like those of models
_PAGES = ("api", "blog", "collections", "docs", "join", "learn", "login", "new", "organizations", "papers", "settings")
# the parts that can follow a repository name in an address: pages of a revision, and others
_OF_REVISION = ("tree", "blob", "resolve", "raw", "blame", "edit", "commit", "commits")
_OF_REPOSITORY = (*_OF_REVISION, "viewer", "discussions", "settings", "embed")


def repository_name(address: str, kind: str, revision: str | None = None) -> str:
    """The name of a repository from an address of the Hub or from `datasets/org/name`; other names are unchanged.

    kind: dataset or model. revision: the revision option of the user. Raises UsageError for an address of another site,
    of another kind of repository, or of another revision.
    """
    parts = address.strip("/").split("/")
    if len(parts) == 3 and parts[0] in _KINDS:
        return _checked_name(address, parts, kind, revision)
    return name_from_address(address, kind, revision)


def name_from_address(address: str, kind: str, revision: str | None = None) -> str:
    """As `repository_name`, but `datasets/org/name` and `models/org/name` are folders, not repositories."""
    if address.startswith("hf:/"):
        path = re.sub(r"@[^/]*", "", address.removeprefix("hf:").strip("/"))
        in_address = re.search(r"@([^/]*)", address)
        return _checked_name(address, path.split("/"), kind, revision, unquote(in_address[1]) if in_address else "")
    # `pathlib` removes one of the two slashes
    scheme = re.match(r"(https?):/+", address)
    rest = address[scheme.end() :] if scheme else address
    site = _site(rest)
    if site is None:
        if scheme:
            raise UsageError(f"{address!r} is not an address of {_endpoint()}: give the repository as org/name")
        return address
    path = urlsplit(rest.removeprefix(site)).path
    return _checked_name(address, [unquote(part) for part in path.split("/") if part], kind, revision)


def _endpoint() -> str:
    return (os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")


def _site(rest: str) -> str | None:
    """The beginning of an address without its scheme, if it is the site of the Hub; None for other sites."""
    for site in (_endpoint().partition("://")[2], HUB.partition("://")[2], f"www.{HUB.partition('://')[2]}", _SHORT):
        if rest == site or rest.startswith((f"{site}/", f"{site}?", f"{site}#")):
            return site
    return None


def _checked_name(address: str, parts: list[str], kind: str, option: str | None, revision: str = "") -> str:
    """The repository name in the parts of a path. Raises UsageError if kind or revision differ from the request.

    option: the revision option of the user; revision: the one in the address.
    """
    found = _KINDS.get(parts[0], "model") if parts else "page"
    if parts and parts[0] in _PAGES:
        found = "page"
    if found != kind:
        article = "an" if found[0] in "aeiou" else "a"
        raise UsageError(f"{address!r} is {article} {found} of the Hub; give a {kind} repository as org/name")
    rest = parts[1:] if parts[0] in _KINDS else parts
    has_owner = len(rest) > 1 and rest[1] not in _OF_REPOSITORY
    name, rest = "/".join(rest[: 1 + has_owner]), rest[1 + has_owner :]
    if len(rest) > 1 and rest[0] in _OF_REVISION:
        revision = rest[1]
    if revision not in ("", "main", option or "main"):
        raise UsageError(f"{address!r} names the revision {revision!r}: give {name}, and the revision as an option")
    return name
