"""How well `choose` chooses: its method in simulated worlds with a known best design, beside other ways to choose.

    scripts/bench choose [--worlds 150] [--kinds standard,weak] [--processes 1]

A row for each kind of worlds (tests/choosing/worlds.py). Regret: how far the true score of the recommended design at
full size is below that of the best; in brackets the share of worlds where it is 0.01 or less. Cost: share of the
training samples of the whole grid. Set: share of worlds whose 95 % set holds the best design (or one within 0.005), and
its median size. Chance: the stated chance to be within 0.005 of the best, and how often that is true. Interval: share
of worlds where the 95 % interval of the recommended design holds its true score.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

# one thread a process, set before numpy loads
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402

from sde_datasets.choosing.trials import Settings, Verdict  # noqa: E402
from tests.choosing.rivals import RIVALS  # noqa: E402
from tests.choosing.trial_runs import NEAR, Outcome, outcome  # noqa: E402
from tests.choosing.worlds import FULL_SIZE, KINDS, World  # noqa: E402


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=150, help="worlds of each kind")
    parser.add_argument("--kinds", default=",".join(KINDS), help="kinds, separated by commas")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--draws", type=int, default=2000, help="draws from the posterior")
    parser.add_argument("--first", type=int, default=0, help="number of the first world")
    asked = parser.parse_args()
    print(f"| world | choose | {' | '.join(RIVALS)} | cost | set | chance | interval |")
    print("| --- |" + " --- |" * (len(RIVALS) + 5))
    with ProcessPoolExecutor(asked.processes) as pool:
        for kind in asked.kinds.split(","):
            jobs = [(kind, number, asked.draws) for number in range(asked.first, asked.first + asked.worlds)]
            print(row(kind, list(outcomes(jobs, pool, asked.processes))), flush=True)


def outcomes(jobs: Sequence[tuple[str, int, int]], pool: ProcessPoolExecutor, processes: int) -> Iterator[Outcome]:
    """Yield the outcome of each job, in order."""
    yield from pool.map(simulate, jobs, chunksize=4) if processes > 1 else map(simulate, jobs)


def simulate(job: tuple[str, int, int]) -> Outcome:
    """Run one world."""
    kind, number, draws = job
    world = World.draw(KINDS[kind], number)
    return outcome(world, world.truth, number, Settings(FULL_SIZE, draws=draws))


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
