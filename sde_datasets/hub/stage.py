"""The state that a push makes: the files at their places, with card and manifest for the repository and tag."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sde_datasets.card.configs import config_files, default_config
from sde_datasets.card.dataset import TITLE, render
from sde_datasets.card.figures import example
from sde_datasets.card.notes import notes_of
from sde_datasets.card.write import CARD, notes_in
from sde_datasets.hub.changes import ONE_COMMIT, Changes, Item, compared, folders_of, items_of, place_of
from sde_datasets.hub.remote import Remote
from sde_datasets.hub.target import Target
from sde_datasets.manifest import NAME, manifest_text


@dataclass(frozen=True)
class Stage:
    """What a push is about to make. title: of its commit, with the id of the build. default: the config shown first."""

    changes: Changes
    title: str
    default: str


def stage(folder: Path, manifest: dict, remote: Remote, target: Target, one_commit: int = ONE_COMMIT) -> Stage:
    """The state that pushing `folder` makes of a repository, and what has to change for it.

    The section of the card that a person wrote is the folder's, else the repository's. Raises InputError where the
    marks of either are broken.
    """
    folders = folders_of(manifest, folder, remote, one_commit)
    published = relocated(manifest, folders) | {"repository": target.repository}
    published["tag"] = target.tag or _standing_tag(published, remote)
    words = notes_in(folder) or notes_of(remote.card, f"{target.repository} {CARD}")
    card = render(published, example(folder, manifest), words)
    texts = {CARD: card.encode(), NAME: manifest_text(published).encode()}
    items = items_of(manifest, folder, folders)
    items += [Item(path, text, len(text), sha256(text).hexdigest()) for path, text in texts.items()]
    build = sha256(b"".join(texts.values())).hexdigest()[:12]
    message = target.message or f"{manifest['name'] or TITLE}: {len(config_files(manifest))} configs"
    return Stage(compared(items, remote), f"{message} (build {build})", default_config(manifest))


def relocated(manifest: dict, folders: dict[str, str]) -> dict:
    """The manifest with every path as it is in the repository."""
    new = {path: place_of(path, entry, folders) for path, entry in manifest["outputs"].items()}
    views = {}
    for view, state in manifest["views"].items():
        records = {
            split: [shard | {"path": new[shard["path"]]} for shard in shards]
            for split, shards in state["records"].items()
        }
        views[view] = state | {"records": records}
    outputs = {new[path]: entry for path, entry in manifest["outputs"].items()}
    return manifest | {"views": views, "outputs": outputs}


def _standing_tag(published: dict, remote: Remote) -> str:
    """The tag of an earlier push that still names these data; empty where they have changed since."""
    earlier = remote.manifest
    same = earlier.get("outputs") == published["outputs"]
    return earlier.get("tag", "") if same else ""
