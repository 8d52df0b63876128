"""Builds on two workers of Ray: the bytes of a local build, in a folder and in S3, also where a worker is killed.

pytest tests/building/test_on_ray.py
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sde_datasets.building.api import run_build
from sde_datasets.building.on_ray import OnRay
from sde_datasets.building.pipeline import build
from sde_datasets.building.store import FolderStore, UrlStore
from sde_datasets.dataset.manifest import NAME
from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.source_plan import source_plan
from sde_datasets.utils.progress import Progress

QUIET = Progress(quiet=True)
PLAN = source_plan(["synthetic=40"], "ner", designs=("lines-text", "json-num-cot"))
MORE = source_plan(["synthetic=40"], "ner", designs=("lines-text", "json-num-cot", "list-text"))


@dataclass(frozen=True)
class KillingStore(FolderStore):
    """A folder whose first file of samples kills the worker that puts it."""

    killed: Path = Path()

    def put(self, file: Path, path: str) -> None:
        if path.startswith("data/") and not self.killed.exists():
            self.killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        super().put(file, path)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[None]:
    """Two workers, and an S3 server that they and this process see."""
    ray, server = pytest.importorskip("ray"), pytest.importorskip("moto.server")
    s3fs = pytest.importorskip("s3fs")
    with pytest.MonkeyPatch.context() as patch:
        s3 = server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        s3.start()
        host, port = s3.get_host_and_port()
        settings = {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret", "ENDPOINT_URL": f"http://{host}:{port}"}
        for name, value in (settings | {"DEFAULT_REGION": "us-east-1"}).items():
            patch.setenv(f"AWS_{name}", value)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        try:
            s3fs.S3FileSystem().mkdir("bucket")
            yield
        finally:
            ray.shutdown()
            s3.stop()


@pytest.fixture(scope="module")
def local(tmp_path_factory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("local") / "out"
    build(PLAN, out, 1, progress=QUIET)
    return content(out)


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def content_of(store: UrlStore) -> dict[str, bytes]:
    return {path: store.open(path).read() for path in store.sizes("")}


@pytest.mark.slow
def test_two_workers_give_the_bytes_of_one_process(cluster, local, tmp_path):
    built = run_build(PLAN, str(tmp_path / "out"), 0, False, QUIET, "ray")
    assert content(tmp_path / "out") == local
    assert (built.written, built.kept) == (6, 0)


@pytest.mark.slow
def test_a_worker_that_is_killed_changes_nothing(cluster, local, tmp_path):
    store = KillingStore(tmp_path / "out", tmp_path / "killed")
    build(PLAN, store.root, progress=QUIET, write=OnRay(store))
    assert (tmp_path / "killed").exists() and content(store.root) == local


@pytest.mark.slow
def test_an_object_store_gets_the_bytes_of_a_local_build(cluster, local):
    store = UrlStore("s3://bucket/whole/out")
    run_build(PLAN, store.url, 0, False, QUIET, "ray")
    assert content_of(store) == local


@pytest.mark.slow
def test_a_build_with_one_more_design_keeps_the_other_files_of_the_store(cluster, tmp_path):
    store = UrlStore("s3://bucket/more/out")
    run_build(PLAN, store.url, 0, False, QUIET, "ray")
    built = run_build(MORE, store.url, 0, False, QUIET, "ray")
    assert (built.written, built.kept) == (3, 6)
    build(MORE, tmp_path / "out", 1, progress=QUIET)
    assert content_of(store) == content(tmp_path / "out")


@pytest.mark.slow
def test_a_store_is_incomplete_until_the_end_and_the_build_continues(cluster, local, monkeypatch):
    store = UrlStore("s3://bucket/stopped/out")

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("sde_datasets.building.on_ray._complete", stop)
        run_build(PLAN, store.url, 0, False, QUIET, "ray")
    assert NAME not in store.sizes("") and store.sizes(".build/receipts")
    with monkeypatch.context() as patch:
        # every shard has its receipt
        patch.setattr("sde_datasets.building.on_ray.run_task", stop)
        run_build(PLAN, store.url, 0, False, QUIET, "ray")
    assert content_of(store) == local


@pytest.mark.slow
def test_a_store_that_holds_other_things_is_refused(cluster, tmp_path):
    store = UrlStore("s3://bucket/other")
    (tmp_path / "note").write_text("mine")
    store.copy(tmp_path / "note", "note")
    with pytest.raises(InputError, match="exists and is not a folder that sde-datasets built"):
        run_build(PLAN, store.url, 0, False, QUIET, "ray")


@pytest.mark.slow
def test_a_store_that_does_not_exist_is_an_error_of_one_line(cluster):
    with pytest.raises(InputError, match=r"s3://missing/out: cannot be read or written"):
        run_build(PLAN, "s3://user:secret@missing/out", 0, False, QUIET, "ray")


def test_an_address_and_a_cluster_need_the_engine():
    for out, address in (("s3://bucket/out", None), ("out", "auto")):
        with pytest.raises(UsageError, match="need the engine ray"):
            run_build(PLAN, out, 0, False, QUIET, "local", address)
