"""Files for hosted fine-tuning: OpenAI's published rules and its client, Mistral's validator.

pytest tests/export/test_hosted.py
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from sde_datasets.errors import InputError
from sde_datasets.export.config_data import ConfigData
from sde_datasets.export.exporter import ExportFolder, ExportOptions
from sde_datasets.export.openai import EXPORTER


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def rule_broken(examples: list[dict]) -> str:
    """The first rule of OpenAI's guide to supervised fine-tuning that a file breaks; empty if it breaks none."""
    if len(examples) < 10:
        return "at least 10 examples"
    for example in examples:
        found = example.get("messages")
        if set(example) != {"messages"} or not found:
            return "an example is an object with messages"
        if any(set(message) != {"role", "content"} or not message["content"] for message in found):
            return "a message has a role and a content"
        roles = [message["role"] for message in found]
        if roles[roles[0] == "system" :] != ["user", "assistant"]:
            return "a conversation of one turn ends with the assistant"
    return ""


@pytest.mark.parametrize("system", ["", "Be exact."])
def test_openai_files_keep_the_published_rules(exported, system):
    folder = exported("openai", *(["--system", system] if system else []))
    for split in ("train", "validation", "test"):
        assert rule_broken(rows(folder / f"{split}.jsonl")) == ""
    assert (rows(folder / "train.jsonl")[0]["messages"][0]["content"] == system) == bool(system)


def test_openai_takes_no_less_than_ten_examples(built, tmp_path):
    data = ConfigData.open(str(built), "ner-lines-text")
    short = ConfigData(data.data, data.config, {"train": Few()})
    with pytest.raises(InputError, match="has 9 training samples; OpenAI takes no less than 10"):
        EXPORTER.write(short, ExportFolder(tmp_path, tmp_path), ExportOptions())


class Few:
    """A split of nine samples."""

    def __len__(self) -> int:
        return 9


class Uploads(BaseHTTPRequestHandler):
    """Answers the requests of a client that uploads files and starts a job, and keeps them."""

    seen: list[tuple[str, bytes]]

    def do_POST(self) -> None:
        """Keep the request and answer it as the service does."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.path, body))
        answer = json.dumps({"id": f"made-{len(self.seen)}", "object": "any"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def service() -> Iterator[tuple[str, list]]:
    """A loopback service, its address and the requests that it got."""
    seen: list[tuple[str, bytes]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Uploads,), {"seen": seen}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1", seen
    server.shutdown()


@pytest.mark.slow
@pytest.mark.libraries
def test_the_script_of_openai_uploads_the_files_and_starts_a_job(exported, service):
    pytest.importorskip("openai", reason="needs the extra server")
    folder, (address, seen) = exported("openai"), service
    env = {"OPENAI_API_KEY": "none", "OPENAI_BASE_URL": address}
    done = subprocess.run([sys.executable, str(folder / "fine_tune.py")], env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "made-3\n"), done.stderr
    assert [path for path, _ in seen] == ["/v1/files", "/v1/files", "/v1/fine_tuning/jobs"]
    assert (folder / "train.jsonl").read_bytes() in seen[0][1] and b"fine-tune" in seen[0][1]
    assert json.loads(seen[2][1]) | {"model": ""} == {
        "model": "",
        "seed": 1,
        "training_file": "made-1",
        "validation_file": "made-2",
    }


@pytest.mark.slow
def test_conversations_pass_the_validator_of_mistral(exported):
    pytest.importorskip("mistral_common", reason="needs the extra exports")
    from mistral_common.protocol.instruct.request import ChatCompletionRequest
    from mistral_common.protocol.instruct.validator import MistralRequestValidatorV3, ValidationMode

    folder = exported("mistral", "--system", "Be exact.")
    validator = MistralRequestValidatorV3(mode=ValidationMode.finetuning)
    for row in rows(folder / "train.jsonl"):
        validator.validate_request(ChatCompletionRequest(messages=row["messages"], model="any"))
    settings = yaml.safe_load((folder / "finetune.yaml").read_text("utf-8"))
    assert settings["max_steps"] == 480 * 2 // 8 and Path(settings["data"]["instruct_data"]).is_file()
