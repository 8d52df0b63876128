"""The command lines that serve the model of a run, by vLLM or llama.cpp, and the request that an application sends."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.run_model import needs_merge, vllm_model
from sde_datasets.prediction.served_run import prompt_format
from sde_datasets.prediction.server_prompt import PromptFormat
from sde_datasets.prediction.vllm_engine import VllmModel, lora_rank
from sde_datasets.runs.run_folder import RunFolder


@dataclass(frozen=True)
class ServeCommands:
    """Command lines for a run, each a list of words. request: the body of a request, sent to `address`/`path`."""

    prepare: list[list[str]]
    vllm: list[list[str]]
    llama_cpp: list[list[str]]
    predict: list[str]
    request: dict[str, Any]
    address: str
    path: str

    def __str__(self) -> str:
        """The commands as a shell script with comments."""
        blocks = [("Merge the adapter, which servers cannot load as it is", self.prepare)] if self.prepare else []
        blocks += [
            ("vLLM", self.vllm),
            ("llama.cpp, in its folder (the scripts need its requirements.txt)", self.llama_cpp),
        ]
        body = json.dumps(self.request, ensure_ascii=False)
        curl = ["curl", f"{self.address}/{self.path}", "-H", "Content-Type: application/json", "-d", body]
        blocks += [
            ("The request that an application sends", [curl]),
            ("The test split, answered by it", [self.predict]),
        ]
        return "\n\n".join(f"# {title}\n" + "\n".join(map(shlex.join, lines)) for title, lines in blocks)


def serve_commands(run: Path, port: int, text: str) -> ServeCommands:
    """Return the commands for a run. text: that of the request. Raises InputError for an incomplete run."""
    folder = RunFolder.open(run).require_trained()
    name, info = run.absolute().name, folder.read_info()
    merging = needs_merge(folder)
    prepare = [["sde-datasets", "merge", str(run)]] if merging else []
    model = vllm_model(folder, False, info.context, merged=merging)
    if Path(model.model).is_dir():
        model = replace(model, model=str(Path(model.model).absolute()))
    address = f"http://localhost:{port}/v1"
    form = prompt_format(folder, GenerationOptions())
    return ServeCommands(
        prepare,
        [_vllm_serve(model, name, port)],
        _llama_server(model, name, port),
        ["sde-datasets", "predict", str(run), "--endpoint", address, "--endpoint-model", name],
        _request(folder, form, name, text),
        address,
        "chat/completions" if form.messages else "completions",
    )


def _vllm_serve(model: VllmModel, name: str, port: int) -> list[str]:
    words = ["vllm", "serve", model.model]
    words += ["--revision", model.revision] if model.revision else []
    words += ["--dtype", model.dtype, "--max-model-len", str(model.context), "--enable-prefix-caching"]
    # the sampling settings of a model, such as a repetition penalty, would change the answers
    words += ["--generation-config", "vllm", "--port", str(port)]
    if model.adapter:
        rank = str(lora_rank(model.rank))
        return [
            *words,
            "--enable-lora",
            "--max-lora-rank",
            rank,
            "--lora-modules",
            f"{name}={model.adapter.absolute()}",
        ]
    return [*words, "--served-model-name", name]


def _llama_server(model: VllmModel, name: str, port: int) -> list[list[str]]:
    folder, base = model.model, f"{name}.gguf"
    lines = []
    if not Path(model.model).is_dir():
        folder = f"{name}-base"
        revision = ["--revision", model.revision] if model.revision else []
        lines.append(["hf", "download", model.model, *revision, "--local-dir", folder])
    lines.append(["python", "convert_hf_to_gguf.py", folder, "--outfile", base])
    server = ["llama-server", "--model", base, "--alias", name, "--ctx-size", str(model.context), "--port", str(port)]
    if model.adapter:
        adapter = f"{name}-adapter.gguf"
        convert = ["python", "convert_lora_to_gguf.py", str(model.adapter.absolute()), "--base", folder]
        lines.append([*convert, "--outfile", adapter])
        server += ["--lora", adapter]
    return [*lines, server]


def _request(folder: RunFolder, form: PromptFormat, name: str, text: str) -> dict[str, Any]:
    info = folder.read_info()
    body = {"model": name, "temperature": 0, "max_tokens": info.answer_tokens}
    return body | form.prompt(folder.read_template(), text) | form.extra(info.ends)
