"""The state that a push makes: the files at their places, with card and manifest for the repository and tag."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sde_datasets.card.configs import config_files, default_config
from sde_datasets.card.dataset import TITLE, render
from sde_datasets.card.figures import example
from sde_datasets.card.notes import digest, merged, notes_of
from sde_datasets.card.write import CARD, notes_in
from sde_datasets.hub.changes import ONE_COMMIT, Changes, Item, compared, folders_of, items_of, place_of
from sde_datasets.hub.remote import Remote
from sde_datasets.hub.target import Target
from sde_datasets.manifest import NAME, manifest_text


@dataclass(frozen=True)
class Stage:
    """What a push is about to make. message: the title of its commit, without the id of the build.

    default: the config that is shown first.
    """

    changes: Changes
    build: str
    message: str
    default: str


def stage(folder: Path, manifest: dict, remote: Remote, target: Target, one_commit: int = ONE_COMMIT) -> Stage:
    """The state that pushing `folder` makes of a repository, and what has to change for it.

    The section of the card that a person wrote is the one that was written last. Raises InputError where its marks are
    broken, or where it was written in both.
    """
    folders = folders_of(manifest, folder, remote, one_commit)
    published = relocated(manifest, folders) | {"repository": target.repository}
    published["tag"] = target.tag or _standing_tag(published, remote)
    place = f"{target.repository} {CARD}"
    theirs, pushed = notes_of(remote.card, place), remote.manifest.get("notes", "")
    ours = notes_in(folder)
    words = merged(ours, theirs, pushed, place)
    # what was written on the Hub alone is no change of this push
    published["notes"] = pushed if words == theirs != ours else digest(words)
    card = render(published, example(folder, manifest), words)
    texts = {CARD: card.encode(), NAME: manifest_text(published).encode()}
    items = items_of(manifest, folder, folders)
    items += [Item(path, text, len(text), sha256(text).hexdigest()) for path, text in texts.items()]
    build = sha256(b"".join(texts.values())).hexdigest()[:12]
    message = target.message or f"{manifest['name'] or TITLE}: {len(config_files(manifest))} configs"
    return Stage(compared(items, remote), build, " ".join(message.split()), default_config(manifest))


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
