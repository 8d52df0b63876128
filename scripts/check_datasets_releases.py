"""Check that old and new releases of `datasets` load what this project writes, row for row.

.venv/bin/python scripts/check_datasets_releases.py [RELEASE ...]     default: every release of RELEASES

The bundled corpora are built and pushed to a Hub on the loopback interface. Each release then loads some configs by
name from the folder and from the Hub, whole and streamed, in an environment of its own (.venv-datasets-RELEASE). A
release is skipped where no package registry answers; everything else that fails ends the check with exit code 1.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
from load_configs import rows_hash

from sde_datasets.building.pipeline import build
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.ingest import split_assigner as settle
from sde_datasets.ingest.plan import bundled_plan, read_plan
from sde_datasets.utils.progress import Progress

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.loopback import Hub  # noqa: E402

# each release with libraries of its time, since its users have not renewed those either
RELEASES = {
    "2.21.0": ["huggingface-hub==0.24.6", "numpy==1.26.4", "pandas==2.2.2", "pyarrow==15.0.0"],
    "3.6.0": ["huggingface-hub==0.31.1", "numpy==2.2.5", "pandas==2.2.3", "pyarrow==20.0.0"],
    "4.0.0": ["huggingface-hub==0.33.4", "numpy==2.3.1", "pandas==2.3.1", "pyarrow==21.0.0"],
    "newest": [],
}
DESIGNS = ("lines-text", "lines-text-cot", "json-num-ou")
# samples with spans and with evidence, canonical records, an alias, Chinese
CONFIGS = ("ner-lines-text", "mabsa-lines-text-cot", "ed-records", "mabsa-es", "mabsa_zh-json-num-ou")
SHARD_RECORDS = 200
REPOSITORY = "org/sde"


def main(releases: list[str]) -> int:
    """Check the releases, print one line for each, and return the exit code."""
    if unknown := [release for release in releases if release not in RELEASES]:
        print(f"unknown release {unknown[0]!r}; known: {', '.join(RELEASES)}", file=sys.stderr)
        return 2
    failed = False
    with tempfile.TemporaryDirectory() as work, Hub(Path(work) / "hub") as hub:
        folder = Path(work) / "built"
        # several shards for a split, so that the card names them by a pattern
        settle.SHARD_RECORDS = SHARD_RECORDS
        build(replace(read_plan(bundled_plan()), designs=DESIGNS), folder, 1, progress=Progress(quiet=True))
        _push(folder, hub)
        written = _written(folder)
        for release in releases:
            try:
                problem = _install(release) or _difference(release, str(folder), hub, written)
                problem = problem or _difference(release, REPOSITORY, hub, written)
                failed |= bool(problem)
                print(f"datasets {release}: {problem or 'every row is loaded as it was written'}", flush=True)
            except ConnectionError:
                print(f"datasets {release}: skipped, since no package registry can be reached", flush=True)
    return int(failed)


def _push(folder: Path, hub: Hub) -> None:
    command = [sys.executable, "-m", "sde_datasets", "push", folder, REPOSITORY, "--yes"]
    with tempfile.TemporaryDirectory() as home:
        subprocess.run(command, env=_settings(hub, home), check=True, capture_output=True)


def _settings(hub: Hub, home: str) -> dict[str, str]:
    """Return the environment of a process that asks nobody but the loopback Hub and keeps its files in `home`."""
    return os.environ | {
        "HF_ENDPOINT": hub.url,
        "HF_TOKEN": hub.token,
        "HF_HOME": home,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_UPDATE_DOWNLOAD_COUNTS": "0",
    }


def _written(folder: Path) -> dict:
    """Return what load_configs.py must print for a folder, read from its files without `datasets`."""
    manifest = Manifest.load(folder)

    def rows(paths: list[str]) -> str:
        return rows_hash(row for path in paths for row in pq.read_table(folder / path).to_pylist())

    hashes = {
        config: {split: rows(manifest.files(config, split)) for split in manifest.splits(config)} for config in CONFIGS
    }
    return {"names": manifest.configs(), "default": manifest.default_config(), "loaded": hashes, "streamed": hashes}


def _python(release: str) -> Path:
    return ROOT / f".venv-datasets-{release}" / "bin" / "python"


def _install(release: str) -> str:
    """Make the environment of a release where it is missing or older than this file, and return what went wrong.

    Raises ConnectionError where no registry answers.
    """
    python = _python(release)
    stamp = python.parents[1] / ".set-up"
    if release != "newest" and stamp.is_file() and stamp.stat().st_mtime > Path(__file__).stat().st_mtime:
        return ""
    shutil.rmtree(python.parents[1], ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
    package = "datasets" if release == "newest" else f"datasets=={release}"
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "install", package, *RELEASES[release]], capture_output=True, text=True)
    if done.returncode == 0:
        stamp.touch()
        return ""
    with tempfile.TemporaryDirectory() as folder:
        reach = [*pip, "download", "--no-deps", "--no-cache-dir", "--dest", folder, package]
        if subprocess.run(reach, capture_output=True).returncode:
            raise ConnectionError
    return f"cannot be installed:\n{done.stderr}"


def _difference(release: str, source: str, hub: Hub, written: dict) -> str:
    """Load the configs from a folder or repository with a release, and return how they differ from what was written."""
    command = [_python(release), ROOT / "scripts" / "load_configs.py", source, *CONFIGS]
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(command, env=_settings(hub, home), cwd=home, capture_output=True, text=True)
    if done.returncode:
        return f"cannot load {source}:\n{done.stderr}"
    seen = json.loads(done.stdout.splitlines()[-1])
    differing = [key for key in written if seen[key] != written[key]]
    return "".join(f"\n{source}: {key}: {seen[key]}, not {written[key]}" for key in differing)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(RELEASES)))
