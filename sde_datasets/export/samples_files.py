"""The samples of each split as JSON lines: prompts with completions, or conversations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sde_datasets.export.config_data import ConfigData
from sde_datasets.export.exporter import ExportFolder, ExportOptions, messages


def write_pairs(data: ConfigData, folder: ExportFolder, options: ExportOptions) -> dict[str, str]:
    """Write `<split>.jsonl` with id, prompt and completion, as texts or as lists of messages; return the paths."""

    def rows(split: str) -> Iterator[dict[str, Any]]:
        for id, prompt, completion in data.prompted(split):
            if options.chat:
                answer = [{"role": "assistant", "content": completion}]
                yield {"id": id, "prompt": messages(prompt, system=options.system), "completion": answer}
            else:
                yield {"id": id, "prompt": prompt, "completion": completion}

    return {split: folder.rows(f"{split}.jsonl", rows(split)) for split in data.splits}


def write_conversations(
    data: ConfigData, folder: ExportFolder, options: ExportOptions, with_id: bool = True
) -> dict[str, str]:
    """Write `<split>.jsonl` with the messages of each sample, and its id unless a tool refuses it; return the paths."""

    def rows(split: str) -> Iterator[dict[str, Any]]:
        for id, prompt, completion in data.prompted(split):
            yield ({"id": id} if with_id else {}) | {"messages": messages(prompt, completion, options.system)}

    return {split: folder.rows(f"{split}.jsonl", rows(split)) for split in data.splits}
