"""Find the records that a choice is made for: a built folder, a repository, a project file, or raw annotations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from sde_datasets.building.derived import task_of_view
from sde_datasets.building.pipeline import build
from sde_datasets.dataset.address import repository_name
from sde_datasets.dataset.manifest import NAME, Manifest
from sde_datasets.errors import InputError, UsageError, nearest, summary
from sde_datasets.ingest.plan import Plan, bundled_plan, read_plan
from sde_datasets.runs.options import BUNDLED
from sde_datasets.tasks.task import Task, get_task
from sde_datasets.utils.progress import Progress

# a build needs a design; the others are written from the records when they are tried
_FIRST = "lines-text"


@dataclass(frozen=True)
class RecordSource:
    """The records of one view of a built folder. address: what `train` takes as data; empty if it must be written."""

    folder: Path
    view: str
    task: Task
    address: str = ""
    revision: str | None = None

    @property
    def manifest(self) -> Manifest:
        """The manifest of the folder."""
        return Manifest.load(self.folder)


def open_source(
    data: str | Plan, view: str, out: Path, progress: Progress, revision: str | None = None
) -> RecordSource:
    """Return the source of records. A plan, a project file and the bundled corpora are built into `out`.

    view: may be empty if the data have one view. Raises UsageError for an unknown view, InputError.
    """
    if isinstance(data, Plan):
        return _built(data, view, out, progress)
    if data == BUNDLED:
        return _built(read_plan(bundled_plan().with_name("studies.toml")), view, out, progress)
    if data.endswith(".toml"):
        return _built(read_plan(Path(data)), view, out, progress)
    if not Path(data).exists():
        return _downloaded(data, view, revision)
    folder = Path(data).absolute()
    return _of_folder(folder, view, str(folder), None)


def _of_folder(folder: Path, view: str, address: str, revision: str | None) -> RecordSource:
    manifest = Manifest.load(folder)
    name = _view(view, list(manifest.views), address)
    return RecordSource(folder, name, task_of_view(folder, manifest, name), address, revision)


def _built(plan: Plan, view: str, out: Path, progress: Progress) -> RecordSource:
    """Build the records of a view of a plan; an unchanged source is not read again."""
    views = {entry.name: entry for entry in plan.view}
    name = _view(view, list(views), "the plan")
    chosen = views[name]
    build(replace(plan, view=(replace(chosen, designs=(_FIRST,)),)), out, workers=1, progress=progress)
    task = get_task(chosen.task, plan.base).define(chosen.definitions, chosen.language)
    return RecordSource(out.absolute(), name, task)


def _downloaded(data: str, view: str, revision: str | None) -> RecordSource:
    """Download the records of a view of a repository. Raises InputError if it has none."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    name = repository_name(data, "dataset", revision)
    if name.count("/") != 1 or name.startswith((".", "/")):
        raise InputError(data, "is neither a folder nor a repository", "Give a built folder, sde.toml, or ORG/NAME.")
    api = HfApi()
    try:
        folder = Path(api.snapshot_download(name, repo_type="dataset", revision=revision, allow_patterns=[NAME]))
        manifest = Manifest.load(folder)
        chosen = _view(view, list(manifest.views), name)
        paths = [shard.path for _, shard in manifest.views[chosen].shards()]
        api.snapshot_download(name, repo_type="dataset", revision=folder.name, allow_patterns=[NAME, *paths])
    except (HfHubHTTPError, OSError, ValueError) as error:
        hint = "Check the name, or give a built folder."
        raise InputError(name, f"cannot be downloaded ({summary(error)})", hint) from error
    return RecordSource(folder, chosen, task_of_view(folder, manifest, chosen), name, folder.name)


def _view(view: str, known: list[str], location: str) -> str:
    if not view and len(known) == 1:
        return known[0]
    if not view:
        raise UsageError(f"{location} has several views: give --view. Known: {', '.join(known)}.")
    if view not in known:
        raise UsageError(f"{location} has no view {view!r}. {nearest(view, known)}")
    return view
