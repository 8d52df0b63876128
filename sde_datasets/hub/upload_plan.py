"""Plan a push: the files with their paths in the repository, and the card and manifest for repository and tag."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from sde_datasets.card.dataset import TITLE, render
from sde_datasets.card.notes import digest, merge_notes, notes_of
from sde_datasets.card.stats import example_samples
from sde_datasets.card.writer import CARD, notes_in
from sde_datasets.dataset.file_patterns import stray_files
from sde_datasets.dataset.manifest import NAME, Manifest
from sde_datasets.errors import InputError
from sde_datasets.hub.diff import (
    ONE_COMMIT,
    Changes,
    UploadFile,
    compare_files,
    config_folders,
    remote_path,
    upload_files,
)
from sde_datasets.hub.push_options import PushOptions
from sde_datasets.hub.snapshot import EarlierPush, Snapshot


@dataclass(frozen=True)
class UploadPlan:
    """The changes of a push.

    build: the id of the resulting state. message: the title of the commit, without this id.
    default: the default config. samples: the config of samples that examples name.
    """

    changes: Changes
    build: str
    message: str
    default: str
    samples: str


def plan_upload(
    folder: Path, manifest: Manifest, snapshot: Snapshot, options: PushOptions, one_commit: int = ONE_COMMIT
) -> UploadPlan:
    """Compute the changes that bring a repository to the state of `folder`.

    The notes on the card are those that were changed last, in the folder or on the Hub. Raises InputError if the marks
    around them are broken, if they were changed in both, or if `load_dataset` would load other files with the pushed.
    """
    folders = config_folders(manifest, folder, snapshot, one_commit)
    published = replace(relocated(manifest, folders), repository=options.repository)
    earlier = snapshot.earlier or EarlierPush()
    # a tag still names these data if the earlier push had the same files
    tag = options.tag or (earlier.tag if earlier.outputs == published.outputs else "")
    location = f"{options.repository} {CARD}"
    local, remote = notes_in(folder), notes_of(snapshot.card, location)
    notes = merge_notes(local, remote, earlier.notes, location)
    # notes that were changed on the Hub only are no change of this push
    published = replace(published, tag=tag, notes=earlier.notes if notes == remote != local else digest(notes))
    card = render(published, example_samples(folder, manifest), notes)
    texts = {CARD: card.encode(), NAME: published.to_json().encode()}
    files = upload_files(manifest, folder, folders)
    files += [UploadFile(path, text, len(text), sha256(text).hexdigest()) for path, text in texts.items()]
    build = sha256(b"".join(texts.values())).hexdigest()[:12]
    message = options.message or f"{manifest.name or TITLE}: {len(manifest.configs())} configs"
    changes = compare_files(files, snapshot)
    if strays := stray_files(published, set(snapshot.files) - set(changes.remove)):
        problem = "is not part of this push, and load_dataset would load it with the pushed files"
        hint = "Remove it from the repository, or push to another one."
        raise InputError(f"{options.repository} {strays[0]}", problem, hint)
    return UploadPlan(changes, build, " ".join(message.split()), manifest.default_config(), manifest.default_samples())


def records_only(manifest: Manifest) -> Manifest:
    """The manifest of the records of a folder alone: no designs, and neither catalogue nor plots of designs."""
    outputs = {
        path: entry
        for path, entry in manifest.outputs.items()
        if entry.config.endswith("-records") or not (entry.config or path in _OF_DESIGNS or path.endswith(_PLOT))
    }
    views = {view: replace(state, designs=()) for view, state in manifest.views.items()}
    return replace(manifest, views=views, outputs=outputs)


_OF_DESIGNS, _PLOT = ("configs.csv",), "-completions.png"


def relocated(manifest: Manifest, folders: dict[str, str]) -> Manifest:
    """The manifest with the paths of the files in the repository."""
    new = {path: remote_path(path, entry, folders) for path, entry in manifest.outputs.items()}
    views = {}
    for view, state in manifest.views.items():
        records = {
            split: tuple(replace(shard, path=new[shard.path]) for shard in shards)
            for split, shards in state.records.items()
        }
        views[view] = replace(state, records=records)
    return replace(manifest, views=views, outputs={new[path]: entry for path, entry in manifest.outputs.items()})
