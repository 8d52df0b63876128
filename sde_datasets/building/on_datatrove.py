"""Build a dataset folder with an executor of datatrove, which reaches Slurm and the Hub's Jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sde_datasets.building.shard_tasks import ShardTask, receipts, run_task, shard_tasks
from sde_datasets.building.shards import Output, ShardJob
from sde_datasets.building.store import FolderStore
from sde_datasets.dataset.view_state import ViewState
from sde_datasets.errors import InputError
from sde_datasets.utils.progress import Progress


def shard_step(tasks: list[ShardTask]) -> Any:
    """A step of datatrove: each rank writes the samples of its shards of records. It yields no documents of its own."""
    from datatrove.pipeline.base import PipelineStep

    class ShardStep(PipelineStep):
        type, name = "WRITER", "sde-datasets"

        def run(self, data: Any, rank: int = 0, world_size: int = 1) -> Iterator[Any]:
            for task in tasks[rank::world_size]:
                self.stat_update("samples", value=sum(output.entry.rows for output in run_task(task).outputs))
            yield from data or ()

    return ShardStep()


@dataclass(frozen=True)
class OnDatatrove:
    """Writes the samples of `pipeline.build` in a shared folder. executor: makes an executor of a pipeline."""

    executor: Callable[[list[Any]], Any]

    def __call__(
        self, folder: Path, states: dict[str, ViewState], jobs: list[ShardJob], progress: Progress
    ) -> Iterator[Output]:
        """Run the executor; raise InputError if it returns before all shards are written, as that of Slurm does."""
        store = FolderStore(folder.absolute())
        tasks = shard_tasks(store, folder, jobs)
        done = receipts(tasks, store)
        if missing := [task for task in tasks if task.receipt not in done]:
            self.executor([shard_step(missing)]).run()
            done = receipts(tasks, store)
        if len(done) < len(tasks):
            left = f"{len(tasks) - len(done):,} of {len(tasks):,} shards are not written yet"
            raise InputError(str(folder), left, "Run the same again when the jobs have ended.")
        yield from (output for receipt in done.values() for output in receipt.outputs)
