"""Load a config: as it is published, or rendered from the records of its view.

A repository or folder that holds the records of a view holds every design of it: the manifest has the schema, the
wordings and the definitions that instructions are made of.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sde_datasets.dataset.address import repository_name
from sde_datasets.dataset.manifest import NAME, Manifest
from sde_datasets.dataset.view_state import ViewState
from sde_datasets.designs.design import ALIASES, EVERY, Design, ViewTraits, get_design
from sde_datasets.errors import InputError, UsageError, nearest, summary
from sde_datasets.samples.renderer import Renderer

RECORDS = "records"


def load(data: str | Path, config: str, *, revision: str | None = None, **options: Any) -> Any:
    """Load a config from the records of its view: what `load_dataset` gives where the config itself is published.

    Records are rendered batch by batch when they are loaded, and `datasets` caches the result. With `streaming=True`
    they are rendered while they are read.

    data: a built folder or a dataset repository (`org/name`). config: `<view>-<design>` with any design or alias, or
    `<view>-records`. options: further arguments of `datasets.load_dataset`, such as `split` or `streaming`.

    Returns what `load_dataset` returns: a dataset if `split` is given, else one for each split.
    Raises UsageError for an unknown view or design and InputError for data that cannot be read.

    >>> import tempfile, sde_datasets as sde
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     built = sde.build("synthetic=20", f"{folder}/out", task="mabsa", designs="none")
    ...     sde.load(f"{folder}/out", "mabsa-lines-text-cot", split="train", cache_dir=folder).column_names[:3]
    ['id', 'prompt', 'completion']
    """
    import datasets

    address, commit = _resolved(data, revision)
    manifest = read_manifest(address, commit)
    view, _, name = config.partition("-")
    if view not in manifest.views:
        raise UsageError(f"unknown view {view!r} in the config {config!r}. {nearest(view, list(manifest.views))}")
    render = None if name == RECORDS else find_renderer(manifest, view, name)
    records = f"{view}-{RECORDS}"
    try:
        loaded = datasets.load_dataset(address, records, revision=commit, **options)
    except (ValueError, OSError, datasets.exceptions.DatasetsError) as error:
        raise InputError(f"{address} {records}", f"cannot be loaded ({summary(error)})") from error
    return loaded if render is None else _rendered(loaded, render)


def can_render(manifest: Manifest, config: str) -> bool:
    """True if a manifest has no such config, and has the records of its view, which its design can render."""
    view, _, design = config.partition("-")
    is_design = ALIASES.get(design, design) in EVERY
    return config not in manifest.configs() and view in manifest.views and is_design


def _resolved(data: str | Path, revision: str | None) -> tuple[str, str | None]:
    """A folder, or a repository with a commit, so that manifest and records are of one state."""
    if Path(data).is_dir():
        return str(data), None
    return resolve(repository_name(str(data), "dataset", revision), revision)


def resolve(name: str, revision: str | None) -> tuple[str, str | None]:
    """The name of a repository on the Hub, and the commit of a revision, so that scores name the state of the data.

    The arguments if the Hub cannot be reached: then the dataset is loaded from the cache.
    """
    import httpx2
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    try:
        info = HfApi().dataset_info(name, revision=revision)
    except (HfHubHTTPError, HFValidationError, OfflineModeIsEnabled, OSError, httpx2.HTTPError):
        return name, revision
    return info.id, info.sha


def read_manifest(address: str, commit: str | None) -> Manifest:
    """The manifest of a folder or of a repository. Raises InputError."""
    if Path(address).is_dir():
        return Manifest.load(Path(address))
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        path = Path(hf_hub_download(address, NAME, repo_type="dataset", revision=commit))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        problem = f"{NAME} cannot be read ({summary(error)})"
        raise InputError(address, problem, "Give a repository that sde-datasets pushed, or a built folder.") from error
    return Manifest.parse(path.read_text("utf-8"), f"{address} {NAME}")


def find_renderer(manifest: Manifest, view: str, name: str) -> Renderer:
    """The renderer of a design of a view, by its name or alias. Raises UsageError for a design it cannot have."""
    state, design = manifest.views[view], get_design(name)
    if refusal := _traits(state).refusal(design):
        raise UsageError(f"{view}-{name}: {refusal}")
    return Renderer.from_wordings(design, state.schema, state.wordings, state.definitions)


def can_have(state: ViewState, design: Design) -> bool:
    """True if the records of a view can be rendered under a design."""
    return _traits(state).allows(design)


def _traits(state: ViewState) -> ViewTraits:
    undefined = tuple(target for target in state.schema.targets if target not in state.definitions)
    return ViewTraits(state.schema.task, state.schema.kind, undefined)


def _rendered(loaded: Any, render: Renderer) -> Any:
    """A dataset of records, or one for each split, as samples."""
    import datasets

    from sde_datasets.records.columns import RECORD_SCHEMA

    if isinstance(loaded, dict):
        return type(loaded)({split: _rendered(part, render) for split, part in loaded.items()})
    features = datasets.Features.from_arrow_schema(render.arrow_schema)
    # a streamed dataset would also remove what the function returns
    removed = [name for name in RECORD_SCHEMA.names if name not in features]
    samples = loaded.with_format("arrow").map(render, batched=True, remove_columns=removed, features=features)
    return samples.select_columns(list(features)).with_format(None)
