"""Write annotated corpora as fine-tuning datasets, one Hugging Face dataset config for each sample design.

The names below are the public API. They are loaded when they are first used, so that importing this package is fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sde_datasets.building.api import build as build
    from sde_datasets.choosing.api import choose as choose
    from sde_datasets.dataset.load import load as load
    from sde_datasets.designs.design import Design as Design
    from sde_datasets.errors import InputError as InputError
    from sde_datasets.errors import UsageError as UsageError
    from sde_datasets.formats.parse import parse as parse
    from sde_datasets.ingest.read import read as read
    from sde_datasets.prediction.predictor import Predictor as Predictor
    from sde_datasets.records.record import Annotation as Annotation
    from sde_datasets.records.record import Record as Record
    from sde_datasets.records.schema import Schema as Schema
    from sde_datasets.samples.renderer import renderer as renderer
    from sde_datasets.samples.sample import Sample as Sample
    from sde_datasets.samples.sample import render as render
    from sde_datasets.scoring.api import score as score
    from sde_datasets.scoring.compare import compare as compare
    from sde_datasets.tasks.schemas import schema as schema
    from sde_datasets.training.api import train as train

__version__ = "0.1.0"

_MODULES = {
    "Annotation": "records.record",
    "Design": "designs.design",
    "InputError": "errors",
    "Predictor": "prediction.predictor",
    "Record": "records.record",
    "Sample": "samples.sample",
    "Schema": "records.schema",
    "UsageError": "errors",
    "build": "building.api",
    "choose": "choosing.api",
    "compare": "scoring.compare",
    "load": "dataset.load",
    "parse": "formats.parse",
    "read": "ingest.read",
    "render": "samples.sample",
    "renderer": "samples.renderer",
    "schema": "tasks.schemas",
    "score": "scoring.api",
    "train": "training.api",
}
__all__ = ["__version__", *_MODULES]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
