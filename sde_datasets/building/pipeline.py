"""Build a dataset folder: the records of a plan's views under many designs, as a folder that `load_dataset` reads.

A build that is run again keeps the files that are complete: a killed build continues, and a build with one more design
writes the files of that design only.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from sde_datasets.building.shards import Output, ShardJob, write_shards
from sde_datasets.card.recipe import command, plan_toml
from sde_datasets.card.writer import notes_in, write_card_files
from sde_datasets.dataset.manifest import WORK, FileEntry, Manifest, claim_folder, view_config_names
from sde_datasets.dataset.rejects import REJECT_ERRORS, REJECTS, read_rejects
from sde_datasets.dataset.view_state import ViewState
from sde_datasets.designs.design import ViewTraits, get_design, select
from sde_datasets.errors import InputError
from sde_datasets.ingest.plan import Plan, bundled_plan
from sde_datasets.ingest.view import View
from sde_datasets.records.schema import Schema
from sde_datasets.tasks.task import Task
from sde_datasets.utils.files import atomic_file
from sde_datasets.utils.processes import map_processes
from sde_datasets.utils.progress import Progress

MANY_CONFIGS = 600
# below this number of samples, starting processes takes longer than the work
FEW_SAMPLES = 100_000


@dataclass(frozen=True)
class Built:
    """The result of a build: the manifest of the folder, and the numbers of files of samples written and kept."""

    manifest: Manifest
    written: int
    kept: int


# writes the samples of the jobs of a folder and its views; gives the files, in any order
Writer = Callable[[Path, dict[str, ViewState], list[ShardJob], Progress], Iterable[Output]]


def build(
    plan: Plan,
    out: Path,
    workers: int = 0,
    strict: bool = False,
    progress: Progress | None = None,
    write: Writer | None = None,
) -> Built:
    """Build `plan` into the folder `out`. `workers` 0 uses every available core.

    write: writes the samples, by default in processes of this machine.

    Raises UsageError for unknown names, and InputError for bad input, for a folder with other content, for a full disk,
    and with `strict` for any reject.
    """
    progress = progress or Progress()
    views = [View.from_plan(plan, view, out) for view in plan.view]
    # unknown designs are reported before the corpora are read
    designs = _select_designs(plan, views, {})
    _warn_of_many_configs(sum(len(view_config_names(chosen)) for chosen in designs.values()), progress)
    # broken marks around the user's notes are reported before the work
    notes_in(out)
    with disk_errors(out):
        earlier = claim_folder(out)
        known_views = earlier.views if earlier else {}
        states = {v.plan.name: v.load_or_ingest(known_views.get(v.plan.name), progress) for v in views}
        designs = _select_designs(plan, views, {name: state.schema for name, state in states.items()})
        states = {name: replace(state, designs=designs[name]) for name, state in states.items()}
        _write_rejects(out, states, strict)
        named = {view.plan.name: view for view in views}
        jobs = [job for name, view in named.items() for job in shard_jobs(out, name, view.task, states[name], earlier)]
        written = (write or partial(_write_in_processes, workers))(out, states, jobs, progress)
        outputs = sorted(written, key=lambda output: output.path)
        manifest = write_card_files(out, _manifest(plan, states, outputs))
        _remove_stale_files(out, manifest)
        manifest.save(out)
        shutil.rmtree(out / WORK)
    count = sum(output.written for output in outputs)
    return Built(manifest, count, len(outputs) - count)


def _select_designs(plan: Plan, views: list[View], schemas: dict[str, Schema]) -> dict[str, tuple[str, ...]]:
    """The names of the designs of each view. schemas: those that are known yet; which targets lack a definition."""
    traits = {}
    for view in views:
        schema = schemas.get(view.plan.name)
        undefined = tuple(view.task.undefined(schema)) if schema else ()
        traits[view.plan.name] = ViewTraits(view.plan.name, view.task.kind, undefined)
    return {v.plan.name: select(v.plan.designs or plan.designs, traits[v.plan.name], traits.values()) for v in views}


def _warn_of_many_configs(count: int, progress: Progress) -> None:
    if count > MANY_CONFIGS:
        progress.line(
            f"warning: {count} configs in one folder: every load_dataset reads all their names first, "
            "about a millisecond each. A folder for each task loads faster."
        )


@contextmanager
def disk_errors(out: Path) -> Iterator[None]:
    """Turn errors of the disk and of processes into InputErrors."""
    try:
        yield
    except OSError as error:
        hint = "Complete files are kept: free some space and run the same command again."
        raise InputError(str(error.filename or out), f"cannot be written ({error.strerror or error})", hint) from error
    except BrokenProcessPool as error:
        hint = "Run the same command again, with fewer --workers if memory is short."
        raise InputError(str(out), "a process of the build was killed", hint) from error


def _write_rejects(out: Path, states: dict[str, ViewState], strict: bool) -> None:
    """Write the rejects of all views into one file: new ones of the views just read, and the earlier ones of others."""
    target = out / REJECTS
    with atomic_file(target) as part, part.open("w", encoding="utf-8", errors=REJECT_ERRORS) as lines:
        for view in states:
            new = out / WORK / f"{view}.{REJECTS}"
            source = new if new.is_file() else target
            if source.is_file():
                lines.writelines(found.to_line() for found in read_rejects(source, view))
    count = sum(state.report.rejected for state in states.values())
    if strict and count:
        first = next(read_rejects(target)).reject
        problem = f"{first.reason} (the first of {count} rejects)"
        raise InputError(f"{first.file}:{first.line}", problem, f"All are in {target}.")


def _write_in_processes(
    workers: int, out: Path, states: dict[str, ViewState], jobs: list[ShardJob], progress: Progress
) -> Iterator[Output]:
    """Write samples in processes of this machine, or in this process if there are few."""
    samples = sum(state.record_count * len(state.designs) for state in states.values())
    shutil.rmtree(out / WORK / "samples", ignore_errors=True)
    (out / WORK / "samples").mkdir()
    with progress.work("writing", sum(len(job.designs) for job in jobs), "files"):
        for written in map_processes(write_shards, jobs, workers if samples > FEW_SAMPLES else 1):
            yield from written
            progress.advance(len(written))


def shard_jobs(out: Path, view: str, task: Task, state: ViewState, earlier: Manifest | None) -> Iterator[ShardJob]:
    """A job for each shard of records and each format of the designs of a view."""
    known = {path: entry.sha256 for path, entry in earlier.outputs.items()} if earlier else {}
    by_format: dict[str, list[str]] = {}
    for name in state.designs:
        by_format.setdefault(get_design(name).format, []).append(name)
    for split, shard in state.shards():
        for _, names in sorted(by_format.items()):
            job = ShardJob(
                folder=out,
                temporary=out / WORK / "samples",
                view=view,
                schema=state.schema,
                task=task,
                split=split,
                shard=Path(shard.path).stem,
                records=out / shard.path,
                records_sha256=shard.sha256,
                designs=tuple(names),
                known={},
            )
            paths = [job.path(name) for name in names]
            yield replace(job, known={path: known[path] for path in paths if path in known})


def _manifest(plan: Plan, states: dict[str, ViewState], outputs: list[Output]) -> Manifest:
    """The manifest with the files of samples and records."""
    bundled = plan.base == bundled_plan().parent
    entries = {output.path: output.entry for output in outputs}
    for view, state in states.items():
        for split, shard in state.shards():
            entries[shard.path] = FileEntry(shard.size, shard.sha256, f"{view}-records", split, shard.rows)
    return Manifest(plan.name, plan.repository, bundled, states, entries, plan_toml(plan), command(plan, bundled))


def _remove_stale_files(out: Path, manifest: Manifest) -> None:
    """Remove the Parquet files under data/ that the manifest does not list, and empty folders."""
    for path in (out / "data").rglob("*.parquet"):
        if path.relative_to(out).as_posix() not in manifest.outputs:
            path.unlink()
    for folder in (out / "data").iterdir():
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
