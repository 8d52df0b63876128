"""vLLM: the requests of `vllm run-batch`, in the form of OpenAI's batches; each answer has the id of its sample.

{"custom_id": "r1", "method": "POST", "url": "/v1/completions", "body": {"model": "...", "prompt": "...", ...}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sde_datasets.export.config_data import ConfigData
from sde_datasets.export.exporter import Commands, Exporter, ExportFolder, ExportOptions, messages, score_command


def write(data: ConfigData, folder: ExportFolder, options: ExportOptions) -> Commands:
    """Write `batch.jsonl` with the prompts of the split test, or else of the last split."""
    requests = folder.rows("batch.jsonl", _requests(data, options))
    answers = folder.beside("answers") + ".jsonl"
    run = f"vllm run-batch -i {requests} -o {answers} --model {options.model}"
    return Commands(run, score_command(data, answers, data.test))


def _requests(data: ConfigData, options: ExportOptions) -> Iterator[dict[str, Any]]:
    settings = {"model": options.model, "temperature": 0, "max_tokens": data.longest_completion()}
    url = "/v1/chat/completions" if options.chat else "/v1/completions"
    for id, prompt, _ in data.prompted(data.test):
        # as in local prompts, a model that can think is asked not to
        asked: dict[str, Any] = (
            {
                "messages": messages(prompt, system=options.system),
                "chat_template_kwargs": {"enable_thinking": False},
            }
            if options.chat
            else {"prompt": prompt}
        )
        yield {"custom_id": id, "method": "POST", "url": url, "body": {**settings, **asked}}


EXPORTER = Exporter(write)
