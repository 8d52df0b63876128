"""How well `choose` chooses: its method in simulated worlds with a known best design, beside other ways to choose.

    scripts/bench choose [--worlds 150] [--kinds "standard;weak"] [--processes 1]
    scripts/bench choose --table STUDY [--worlds 1000] [--share 0.25]

A row for each kind of worlds (tests/choosing/worlds.py). Regret: how far the true score of the recommended design at
full size is below that of the best; in brackets the share of worlds where it is 0.01 or less. Cost: share of the
training samples of the whole grid. Set: share of worlds whose 95 % set holds the best design (or one within 0.005), and
its median size. Chance: the stated chance to be within 0.005 of the best, and how often that is true. Interval: share
of worlds where the 95 % interval of the recommended design holds its true score.

With --table the worlds are replays of a folder of a study with results (tests/choosing/replay.py).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

# one thread a process, set before numpy loads
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402

from sde_datasets.choosing.trials import Settings, Verdict  # noqa: E402
from sde_datasets.study.folder import StudyFolder  # noqa: E402
from sde_datasets.study.results import read_results  # noqa: E402
from tests.choosing.replay import Replay, Table  # noqa: E402
from tests.choosing.rivals import RIVALS  # noqa: E402
from tests.choosing.trial_runs import NEAR, Outcome, outcome  # noqa: E402
from tests.choosing.worlds import FULL_SIZE, KINDS, World  # noqa: E402


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=150, help="worlds of each kind")
    parser.add_argument("--kinds", default=";".join(KINDS), help="kinds, separated by semicolons")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--draws", type=int, default=800, help="draws from the posterior")
    parser.add_argument("--first", type=int, default=0, help="number of the first world")
    parser.add_argument("--table", type=Path, help="folder of a study with results")
    parser.add_argument("--share", type=float, default=0.25, help="cost of a race, as a share of the whole table")
    asked = parser.parse_args()
    print(f"| world | choose | {' | '.join(RIVALS)} | cost | set | chance | interval |")
    print("| --- |" + " --- |" * (len(RIVALS) + 5))
    numbers = range(asked.first, asked.first + asked.worlds)
    table = None if asked.table is None else Table.of(*read_results(StudyFolder(asked.table)))
    with ProcessPoolExecutor(asked.processes) as pool:
        simulations: list[tuple[str, Callable[[int], Outcome]]] = (
            [(kind, partial(simulate, kind, asked.draws)) for kind in asked.kinds.split(";")]
            if table is None
            else [("replay", partial(replay, table, asked.share, asked.draws))]
        )
        for name, simulation in simulations:
            found = pool.map(simulation, numbers, chunksize=4) if asked.processes > 1 else map(simulation, numbers)
            print(row(name, list(found)), flush=True)


def simulate(kind: str, draws: int, number: int) -> Outcome:
    """Run one world."""
    world = World.draw(KINDS[kind], number)
    return outcome(world, world.truth, number, Settings(FULL_SIZE, draws=draws))


def replay(table: Table, share: float, draws: int, number: int) -> Outcome:
    """Run one replay of a table of results."""
    return outcome(Replay(table, number), table.truth, number, table.settings(share, draws))


def row(kind: str, found: Sequence[Outcome]) -> str:
    """Return the line of a kind of worlds."""
    ways = [[one.regret for one in found]]
    ways += [[one.rivals[number][0] for one in found] for number in range(len(RIVALS))]
    cells = [f"{np.mean(regrets):.4f} ({np.mean(np.array(regrets) <= NEAR):.0%})" for regrets in ways]
    costs = [one.cost for one in found], *([one.rivals[way][1] for one in found] for way in range(len(RIVALS)))
    cells.append(", ".join(f"{np.mean(cost):.1%}" for cost in costs))
    cells.append(_set(found))
    cells.append(f"{np.mean([one.stated for one in found]):.0%}, true {np.mean([one.true for one in found]):.0%}")
    cells.append(f"{np.mean([one.inside for one in found]):.0%}")
    return f"| {kind} | " + " | ".join(cells) + " |"


def _set(found: Sequence[Outcome]) -> str:
    covered, near = (np.mean([getattr(one, name) for one in found]) for name in ("covered", "near_covered"))
    text = f"{covered:.0%} (near {near:.0%}) of {np.median([one.set_size for one in found]):.0f}"
    verdicts = [one.verdict for one in found]
    for verdict in (Verdict.CANNOT_TELL, Verdict.NOTHING_LEARNED):
        if verdict in verdicts:
            text += f", {verdict.value} {verdicts.count(verdict) / len(found):.0%}"
    return text


if __name__ == "__main__":
    main()
