"""Build a dataset folder on a Ray cluster: the driver reads the corpora, and tasks write the samples.

The corpora are read once, in order, on the driver, which makes records and splits the same as in a local build. Each
shard of records is a task. The result is equal to a local build, byte for byte.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sde_datasets.building.pipeline import Built, build
from sde_datasets.building.shard_tasks import receipts, run_task, shard_tasks
from sde_datasets.building.shards import Output, ShardJob
from sde_datasets.building.store import FolderStore, Store, StoreError, UrlStore, open_store
from sde_datasets.building.uniqueness import check_unique
from sde_datasets.card.writer import CARD
from sde_datasets.dataset.manifest import NAME, WORK, Manifest
from sde_datasets.dataset.view_state import ViewState
from sde_datasets.errors import InputError
from sde_datasets.ingest.plan import Plan
from sde_datasets.utils.progress import Progress
from sde_datasets.utils.ray_tasks import connect, map_ray


def build_on_ray(
    plan: Plan, out: str, address: str | None = None, strict: bool = False, progress: Progress | None = None
) -> Built:
    """Build `plan` into a folder that all machines share, or at an address of an object store (`s3://bucket/out`).

    address: of the cluster; None for the running one or a new local one. For an object store, the records are staged in
    a folder of this machine's cache until the build is complete.

    Raises what `build` raises, and UsageError without Ray, without the fsspec package of a store, or without cluster.
    """
    progress, store, started = progress or Progress(), open_store(out), connect(address)
    try:
        if isinstance(store, FolderStore):
            return build(plan, store.root, strict=strict, progress=progress, write=OnRay(store))
        return _build_remote(plan, store, strict, progress)
    finally:
        if started:
            import ray

            ray.shutdown()


@dataclass(frozen=True)
class OnRay:
    """Writes the samples of a build as tasks of the cluster."""

    store: Store

    def __call__(
        self, folder: Path, states: dict[str, ViewState], jobs: list[ShardJob], progress: Progress
    ) -> Iterator[Output]:
        run = partial(map_ray, location=self.store.address, retry=(StoreError,))
        for view, state in states.items():
            check_unique(self.store, view, state, run)
        tasks = shard_tasks(self.store, folder, jobs)
        done = receipts(tasks, self.store)
        with progress.work("writing", len(tasks), "shards"):
            progress.advance(len(done))
            for receipt in done.values():
                yield from receipt.outputs
            for receipt in run(run_task, [task for task in tasks if task.receipt not in done]):
                progress.advance(1)
                yield from receipt.outputs


def _build_remote(plan: Plan, store: UrlStore, strict: bool, progress: Progress) -> Built:
    """Stage records and card on this machine, and put them into the store: the records first, the manifest last."""
    staging = _staging_folder(store.address)
    store.claim(staging)

    def write(folder: Path, states: dict[str, ViewState], jobs: list[ShardJob], progress: Progress) -> Iterator[Output]:
        for state in states.values():
            for _, shard in state.shards():
                store.copy(folder / shard.path, shard.path)
        yield from OnRay(store)(folder, states, jobs, progress)

    built = build(plan, staging, strict=strict, progress=progress, write=write)
    _complete(store, staging, built.manifest)
    shutil.rmtree(staging)
    return built


def _complete(store: UrlStore, staging: Path, manifest: Manifest) -> None:
    """Put the remaining files into the store, remove those of earlier builds, and put the manifest last."""
    for path in (*(path for path, entry in manifest.outputs.items() if not entry.config), CARD):
        store.copy(staging / path, path)
    present = store.sizes("")
    for path, entry in manifest.outputs.items():
        if present.get(path) != entry.size:
            raise InputError(f"{store.address}/{path}", "was changed during the build", "Run the same command again.")
    stale = [path for path in present if path.startswith(("data/", "plots/")) and path not in manifest.outputs]
    store.remove(stale)
    store.copy(staging / NAME, NAME)
    store.remove([path for path in present if path.startswith(f"{WORK}/")])


def _staging_folder(address: str) -> Path:
    """The folder of this machine that stages a build for an address; a build that is run again finds it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "sde-datasets" / f"build-{hashlib.sha256(address.encode()).hexdigest()[:12]}"
