"""The smallest plans that the tests run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sde_datasets.study.plan import Plan, checked


def small_plan(data: Path, models: Path, **changes: Any) -> Plan:
    """A plan on the bundled corpora: two designs without an instruction, a random Llama, one step of training."""
    values: dict[str, Any] = {
        "title": "Small",
        "views": (("mabsa",), ("ner",)),
        "data": str(data),
        "base": "lines-text-noinst",
        "designs": ("json-text-noinst",),
        "models": (str(models / "llama"),),
        "sizes": (4,),
        "seeds": (1, 2),
        "test_size": 3,
        "training": {"steps": 1, "max_length": 512},
    }
    return checked(Plan(**(values | changes)), "test")
