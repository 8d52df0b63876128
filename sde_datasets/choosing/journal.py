"""The journal of a race: the decisions about its budget, so that a race that was killed continues and ends the same.

Results of trials are in the folders of their cells. The journal keeps what depends on time: the settings that the
measured speed gave, how many trials the budget paid for whenever the race asked, which trials the budget cut off, and
the seconds that earlier calls have used.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from sde_datasets.choosing.trials import Candidate, Settings, Trial
from sde_datasets.study.folder import read_json, write_json


class Journal:
    """The journal in a file.

    key: a digest of what the race depends on; with another key the journal is empty. begun: when this call began, by
    the monotonic clock.
    """

    def __init__(self, path: Path, key: str, candidates: Sequence[Candidate], begun: float | None = None) -> None:
        self._path, self._candidates = path, candidates
        stored = read_json(path) or {}
        same = stored.get("key") == key
        self._content: dict[str, Any] = stored if same else {"key": key, "decisions": {}, "charged": [], "cut": []}
        self._earlier = float(self._content.get("seconds", 0.0))
        self._begun = time.monotonic() if begun is None else begun

    @property
    def seconds(self) -> float:
        """The seconds of this call and of earlier ones."""
        return self._earlier + time.monotonic() - self._begun

    def settings(self, base: Settings) -> Settings | None:
        """Return the settings of the race; None before they were decided. base: the fields that are not stored."""
        stored = self._content.get("settings")
        return None if stored is None else replace(base, **stored)

    def decide_settings(self, settings: Settings) -> None:
        """Store the settings of the race."""
        names = [entry.name for entry in fields(Settings) if entry.name != "prior_effects"]
        self._content["settings"] = {name: value for name, value in asdict(settings).items() if name in names}
        self.save()

    def decision(self, trials: Sequence[Trial]) -> int | None:
        """Return how many of some trials the budget paid for when the race asked; None if it did not ask."""
        return self._content["decisions"].get(self._digest(trials))

    def decide(self, trials: Sequence[Trial], count: int) -> None:
        """Store a decision."""
        self._content["decisions"][self._digest(trials)] = count
        self.save()

    def charge(self, trials: Iterable[Trial]) -> None:
        """Note trials that this race runs and pays for, before they run."""
        charged = [name for name in map(self._name, trials) if name not in self._content["charged"]]
        self._content["charged"] += charged
        self.save()

    def is_charged(self, trial: Trial) -> bool:
        """Return True if this race pays for the trial; an earlier race may have run it."""
        return self._name(trial) in self._content["charged"]

    def cut(self, trials: Iterable[Trial]) -> None:
        """Note trials that did not run because the budget ended."""
        self._content["cut"] += [self._name(trial) for trial in trials]
        self.save()

    def is_cut(self, trial: Trial) -> bool:
        """Return True if the budget ended before the trial."""
        return self._name(trial) in self._content["cut"]

    def save(self) -> None:
        """Write the journal with the seconds so far."""
        self._content["seconds"] = round(self.seconds, 3)
        write_json(self._path, self._content)

    def _name(self, trial: Trial) -> str:
        return f"{self._candidates[trial.candidate].name} {trial.size} s{trial.seed}"

    def _digest(self, trials: Sequence[Trial]) -> str:
        return digest([self._name(trial) for trial in trials])


def digest(content: Any) -> str:
    """Return a digest of JSON content."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
