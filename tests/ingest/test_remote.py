"""Remote sources: a web server on this machine, and the S3 server of moto where it is installed.

pytest tests/ingest/test_remote.py
"""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sde_datasets.building.api import build
from sde_datasets.errors import InputError
from sde_datasets.ingest import remote
from sde_datasets.ingest.remote import fetch, public_address

ROW = b'{"id": "1", "text": "Ana met Bo.", "annotations": [{"target": "PER", "mention": "Ana"}]}\n'


class _Handler(BaseHTTPRequestHandler):
    """Answers by path: a file, one whose answer is cut off, one that is not there, one that moved, one that stalls."""

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/moved.jsonl":
            self._send(302, b"", {"Location": "/a.jsonl"})
        elif path == "/packed.jsonl.gz":
            self._send(200, gzip.compress(ROW), {"Content-Encoding": "gzip"})
        elif path == "/cut.jsonl":
            self._send(200, ROW, {"Content-Length": "1000"})
        elif path == "/a.jsonl":
            self._send(200, ROW)
        else:
            self._send(403 if path == "/closed.jsonl" else 404, b"<html>")

    def _send(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    """The address of a web server on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", ["a.jsonl", "moved.jsonl", "a.jsonl?token=x"])
def test_file_of_a_web_server_is_fetched_with_its_name(web, tmp_path, name):
    path = fetch(f"{web}/{name}", tmp_path)
    assert (path.name, path.read_bytes()) == (name.partition("?")[0], ROW)


def test_compressed_file_stays_compressed_whatever_the_server_says(web, tmp_path):
    assert gzip.decompress(fetch(f"{web}/packed.jsonl.gz", tmp_path).read_bytes()) == ROW


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.jsonl", "cannot be fetched: the server answers 404 Not Found. Check the address and your access."),
        ("closed.jsonl", "cannot be fetched: the server answers 403 Forbidden."),
        ("cut.jsonl", "cannot be fetched (peer closed connection without sending complete message body"),
    ],
)
def test_failure_of_a_web_server_is_one_clear_line(web, tmp_path, name, words):
    with pytest.raises(InputError) as error:
        fetch(f"{web}/{name}", tmp_path)
    assert str(error.value).startswith(f"{web}/{name}: {words}") and "\n" not in str(error.value)


def test_server_that_is_not_there_is_one_clear_line(tmp_path):
    with pytest.raises(InputError, match=r"^http://127.0.0.1:9/a.jsonl: cannot be fetched \(.*refused"):
        fetch("http://127.0.0.1:9/a.jsonl", tmp_path)


def test_address_is_recognised_built_and_shown_without_its_secrets(web, tmp_path):
    address = f"{web.replace('//', '//user:secret@')}/a.jsonl?signature=secret"
    build(address, tmp_path / "out", task="ner", designs="lines-text")
    written = "".join(
        path.read_text("utf-8") for path in (tmp_path / "out").iterdir() if path.suffix in (".md", ".json", ".jsonl")
    )
    assert f"{web}/a.jsonl" in written and "secret" not in written


def test_public_address_keeps_bucket_and_path():
    assert public_address("s3://bucket/a/b.csv") == "s3://bucket/a/b.csv"


def test_missing_package_of_s3_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "s3fs", None)
    with pytest.raises(
        InputError, match=r"s3://bucket/a.jsonl: cannot be fetched .*s3fs.*pip install 'sde-datasets\[s3\]'"
    ):
        fetch("s3://bucket/a.jsonl", tmp_path)


@contextmanager
def s3_server(monkeypatch) -> Iterator[None]:
    """The S3 server of moto with the file s3://bucket/a.jsonl, as the server that s3fs asks."""
    pytest.importorskip("s3fs", reason="needs the extra s3")
    moto = pytest.importorskip("moto.server", reason="needs moto[s3], flask and flask-cors")
    import boto3

    server = moto.ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="bucket")
    client.put_object(Bucket="bucket", Key="a.jsonl", Body=ROW)
    try:
        yield
    finally:
        server.stop()


def test_file_of_s3_is_fetched_and_a_missing_one_is_one_clear_line(tmp_path, monkeypatch):
    with s3_server(monkeypatch):
        assert fetch("s3://bucket/a.jsonl", tmp_path).read_bytes() == ROW
        with pytest.raises(InputError, match=r"^s3://bucket/none.jsonl: does not exist. Check the address"):
            fetch("s3://bucket/none.jsonl", tmp_path)


def test_time_out_is_an_error_of_the_address(tmp_path, monkeypatch):
    monkeypatch.setattr(remote, "TIMEOUT", 0.1)
    silent = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    try:
        with pytest.raises(InputError, match=r"cannot be fetched \(timed out\)"):
            fetch(f"http://127.0.0.1:{silent.server_port}/a.jsonl", Path(tmp_path))
    finally:
        silent.server_close()
