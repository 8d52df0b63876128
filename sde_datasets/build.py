"""The build: many records under many designs, as a folder that `load_dataset` reads.

Each step can be done again and finds what an earlier one left whole, so a killed build goes on, and a second build with
one more design writes that design only.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from sde_datasets.card.configs import configs_of
from sde_datasets.card.recipe import command, plan_toml
from sde_datasets.card.write import notes_in, write_beside
from sde_datasets.designs import find_design, select
from sde_datasets.errors import InputError
from sde_datasets.grid import Output, ShardJob, run
from sde_datasets.manifest import WORK, claim, write_manifest
from sde_datasets.plan import Plan, bundled_plan
from sde_datasets.progress import Progress
from sde_datasets.schemas import Schema
from sde_datasets.views import View

MANY_CONFIGS = 600
# below this many samples a pool of processes takes longer to start than to work
FEW_SAMPLES = 100_000


@dataclass(frozen=True)
class Built:
    """What a build made: the folder's manifest, how many files were written and how many stood already."""

    manifest: dict
    written: int
    kept: int


def build(plan: Plan, out: Path, workers: int = 0, strict: bool = False, progress: Progress | None = None) -> Built:
    """Build `plan` into the folder `out`. `workers` 0 uses every core that this process may use.

    Raises UsageError for what does not exist, InputError for bad input, for a folder that is not ours, for a full disk,
    and with `strict` for any reject.
    """
    progress = progress or Progress()
    views = [View.of(plan, view, out) for view in plan.view]
    names = [view.plan.name for view in views]
    designs = {v.plan.name: select(v.plan.designs or plan.designs, v.plan.name, names) for v in views}
    _warn(sum(configs_of(chosen) for chosen in designs.values()), progress)
    # broken marks of the section that a person wrote are said before the work, and not after it
    notes_in(out)
    with _disk_errors(out):
        earlier = claim(out)
        states = {v.plan.name: v.state(earlier.get("views", {}).get(v.plan.name), progress) for v in views}
        _write_rejects(out, states, strict)
        outputs = _write_grid(out, views, states, designs, earlier, workers or cores(), progress)
        return _finish(out, plan, states, designs, outputs)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _warn(configs: int, progress: Progress) -> None:
    if configs > MANY_CONFIGS:
        progress.line(
            f"warning: {configs} configs in one folder: every load_dataset reads all their names first, "
            "about a millisecond each. A folder for each task loads faster."
        )


@contextmanager
def _disk_errors(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        cure = "What is whole is kept: make room and run the same command again."
        raise InputError(str(error.filename or out), f"cannot be written ({error.strerror or error})", cure) from error
    except BrokenProcessPool as error:
        cure = "Run the same command again, with fewer --workers where memory is short."
        raise InputError(str(out), "a process of the build was killed", cure) from error


def _write_rejects(out: Path, states: dict[str, dict], strict: bool) -> None:
    """Put the rejects of all views into one file: those of views read now, and the earlier ones of the others."""
    beside = out / WORK / "rejects.jsonl"
    with beside.open("w", encoding="utf-8") as target:
        for view in states:
            fresh = out / WORK / f"{view}.rejects.jsonl"
            target.writelines(_rejects_of(view, fresh if fresh.is_file() else out / "rejects.jsonl"))
    beside.replace(out / "rejects.jsonl")
    count = sum(s["report"][what].get("rejected", 0) for s in states.values() for what in ("records", "annotations"))
    if strict and count:
        with (out / "rejects.jsonl").open(encoding="utf-8") as lines:
            first = json.loads(next(lines))
        place = f"{first['file']}:{first['line']}"
        raise InputError(place, f"{first['reason']} (the first of {count} rejects)", f"All are in {out}/rejects.jsonl.")


def _rejects_of(view: str, path: Path) -> Iterator[str]:
    if path.is_file():
        with path.open(encoding="utf-8") as lines:
            yield from (line for line in lines if json.loads(line)["view"] == view)


def _jobs(out: Path, view: View, state: dict, designs: tuple[str, ...], earlier: dict) -> Iterator[ShardJob]:
    schema = Schema.from_json(json.dumps(state["schema"]))
    known = {path: entry["sha256"] for path, entry in earlier.get("outputs", {}).items()}
    forms = sorted({find_design(name).format for name in designs})
    for split, shards in state["records"].items():
        for shard in shards:
            for form in forms:
                chosen = tuple(name for name in designs if find_design(name).format == form)
                job = ShardJob(
                    folder=out,
                    temporary=out / WORK / "samples",
                    view=view.plan.name,
                    schema=schema,
                    task=view.task,
                    split=split,
                    shard=Path(shard["path"]).stem,
                    records=out / shard["path"],
                    records_sha256=shard["sha256"],
                    designs=chosen,
                    known={},
                )
                paths = [job.path(name) for name in chosen]
                yield ShardJob(**(vars(job) | {"known": {p: known[p] for p in paths if p in known}}))


def _write_grid(out, views, states, designs, earlier, workers: int, progress: Progress) -> list[Output]:
    jobs = [j for v in views for j in _jobs(out, v, states[v.plan.name], designs[v.plan.name], earlier)]
    samples = sum(sum(states[v]["report"]["splits"].values()) * len(chosen) for v, chosen in designs.items())
    shutil.rmtree(out / WORK / "samples", ignore_errors=True)
    (out / WORK / "samples").mkdir()
    outputs: list[Output] = []
    with progress.work("writing", sum(len(job.designs) for job in jobs), "files"):
        for done in _run_all(jobs, workers if samples > FEW_SAMPLES else 1):
            outputs += done
            progress.advance(len(done))
    return sorted(outputs)


def _run_all(jobs: list[ShardJob], workers: int) -> Iterator[list[Output]]:
    if workers == 1 or len(jobs) < 2:
        yield from map(run, jobs)
        return
    # spawned, since a forked copy of Arrow's threads is not safe; SIGINT ends a worker at once and without a word
    quiet = {"initializer": signal.signal, "initargs": (signal.SIGINT, signal.SIG_DFL)}
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), **quiet) as pool:
        try:
            for future in as_completed([pool.submit(run, job) for job in jobs]):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _finish(out: Path, plan: Plan, states: dict, designs: dict, outputs: list[Output]) -> Built:
    """Write what stands beside the data, remove what is not of this build, and write the manifest last."""
    bundled = plan.base == bundled_plan().parent
    manifest = {
        "name": plan.name,
        "repository": plan.repository,
        "bundled": bundled,
        "views": {name: state | {"designs": list(designs[name])} for name, state in states.items()},
        "outputs": {o.path: _entry(o) for o in outputs},
        "plan": plan_toml(plan),
        "command": command(plan, bundled),
    }
    for view, state in states.items():
        for split, shards in state["records"].items():
            for shard in shards:
                about = {"config": f"{view}-records", "split": split}
                manifest["outputs"][shard["path"]] = about | {k: v for k, v in shard.items() if k != "path"}
    manifest = write_beside(out, manifest)
    _remove_stale(out, set(manifest["outputs"]))
    write_manifest(out, manifest)
    shutil.rmtree(out / WORK)
    written = sum(output.fresh for output in outputs)
    return Built(manifest, written, len(outputs) - written)


def _entry(output: Output) -> dict:
    keep = ("config", "split", "rows", "bytes", "sha256", "prompt_characters", "completion_characters")
    return {key: value for key, value in output._asdict().items() if key in keep}


def _remove_stale(out: Path, wanted: set[str]) -> None:
    """Remove Parquet files under data/ that this build did not make, and folders left empty."""
    for path in (out / "data").rglob("*.parquet"):
        if path.relative_to(out).as_posix() not in wanted:
            path.unlink()
    for folder in (out / "data").iterdir():
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
