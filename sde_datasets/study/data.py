"""The data of a study: a built folder, a repository, or a project file that is built under the designs of the plan."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path

from sde_datasets.building.pipeline import build
from sde_datasets.dataset.manifest import NAME as MANIFEST
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.dataset.split import SplitSource
from sde_datasets.designs.design import EVERY
from sde_datasets.errors import InputError, UsageError, nearest
from sde_datasets.ingest.plan import bundled_plan, read_plan
from sde_datasets.runs.options import BUNDLED
from sde_datasets.utils.progress import Progress


@dataclass(frozen=True)
class SplitFacts:
    """A split of a config. digest: identifies its content. characters: mean of prompt and completion; 0 if unknown."""

    digest: str
    rows: int
    characters: float = 0.0


@dataclass(frozen=True)
class StudyData:
    """Where the configs are: a folder, or a repository. `facts` remembers the splits that were opened."""

    address: str
    revision: str | None = None
    opened: dict[tuple[str, str], SplitFacts] = field(default_factory=dict, compare=False)

    def facts(self, config: str, split: str) -> SplitFacts:
        """Return what is known of a split. Raises UsageError for an unknown config or split, InputError."""
        if (config, split) not in self.opened:
            source = SplitSource.open(self.address, config, split, self.revision)
            identity = source.identity
            content = sorted(identity.sha256.values()) or [identity.name, identity.revision or "", config, split]
            digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
            characters = 0.0
            if source.folder is not None and source.dataset is None:
                characters = sum(Manifest.load(source.folder).mean_characters(config))
            self.opened[config, split] = SplitFacts(digest, source.rows, characters)
        return self.opened[config, split]


def open_data(data: str, wanted: dict[str, set[str]], folder: Path, progress: Progress) -> StudyData:
    """Return the data of a study; a project file, and the bundled corpora, are built into `folder`.

    wanted: the designs of each view. Raises UsageError for a view or config that the data lack, InputError.
    """
    if data == BUNDLED or data.endswith(".toml"):
        return _built(_bundled() if data == BUNDLED else Path(data), wanted, folder, progress)
    if not Path(data).is_dir():
        return StudyData(data)
    manifest = Manifest.load(Path(data))
    _check_views(wanted, list(manifest.views), data)
    for view, designs in wanted.items():
        if missing := sorted(designs - set(manifest.views[view].designs)):
            words = ",".join(sorted(designs))
            hint = f"Build it again with --designs {words}, or give its project file (sde.toml) as --data."
            raise InputError(data, f"lacks {view}-{missing[0]} and {len(missing) - 1} further configs", hint)
    return StudyData(str(Path(data).absolute()))


def _built(project: Path, wanted: dict[str, set[str]], folder: Path, progress: Progress) -> StudyData:
    plan = read_plan(project)
    views = {view.name: view for view in plan.view}
    _check_views(wanted, list(views), str(project))
    known = Manifest.load(folder).views if (folder / MANIFEST).is_file() else {}
    missing = [view for view, designs in wanted.items() if view not in known or designs - set(known[view].designs)]
    if missing:
        # what an earlier plan of this study needed is kept
        names = [name for name in views if name in wanted or name in known]
        designs = {name: wanted.get(name, set()) | set(known[name].designs if name in known else ()) for name in names}
        chosen = tuple(replace(views[name], designs=tuple(d for d in EVERY if d in designs[name])) for name in names)
        build(replace(plan, view=chosen), folder, progress=progress)
    return StudyData(str(folder.absolute()))


def _check_views(wanted: dict[str, set[str]], known: list[str], location: str) -> None:
    for view in wanted:
        if view not in known:
            raise UsageError(f"{location} has no view {view!r}. {nearest(view, known)} Give others with --views.")


def _bundled() -> Path:
    """The project file with the bundled corpora as the views that the plans of the package name."""
    return bundled_plan().with_name("studies.toml")
