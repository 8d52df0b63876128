"""What the tests of exports share: built configs, an export of one, and the tokens that training sees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from sde_datasets.cli.main import main

CONFIGS = {"ner": "ner-lines-text", "mabsa": "mabsa-json-text-cot"}


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """The bundled corpora under two designs."""
    from dataclasses import replace

    from sde_datasets.building.pipeline import build
    from sde_datasets.ingest.plan import bundled_plan, read_plan
    from sde_datasets.utils.progress import Progress

    out = tmp_path_factory.mktemp("built") / "data"
    plan = replace(read_plan(bundled_plan()), designs=("lines-text", "json-text-cot"))
    build(plan, out, workers=1, progress=Progress(quiet=True))
    return out


@pytest.fixture
def exported(built, tmp_path) -> Callable[..., Path]:
    """A function that exports a config to a tool and returns the folder."""

    def export(tool: str, *options: str, config: str = CONFIGS["ner"]) -> Path:
        folder = tmp_path / f"{config}-{tool}"
        arguments = [str(built), config, "--to", tool, "--out", str(folder), *options]
        result = CliRunner().invoke(main, ["export", *arguments])
        assert result.exit_code == 0, result.output
        return folder

    return export
