"""OpenAI's supervised fine-tuning: a file of conversations for training and one for validation.

{"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}

Rules (https://platform.openai.com/docs/guides/supervised-fine-tuning): JSON lines with `messages` only, which end with
one of the assistant, and at least 10 examples. The prompt is the message of the user, whose tokens have no loss.
"""

from __future__ import annotations

from sde_datasets.errors import InputError
from sde_datasets.export.config_data import ConfigData
from sde_datasets.export.exporter import DEFAULT_MODEL, Commands, Exporter, ExportFolder, ExportOptions
from sde_datasets.export.samples_files import write_conversations

LEAST = 10
MODEL = "gpt-4.1-nano-2025-04-14"


def write(data: ConfigData, folder: ExportFolder, options: ExportOptions) -> Commands:
    """Write `<split>.jsonl` and `fine_tune.py`. Raises InputError for less than 10 training samples."""
    data.require_train()
    if len(data.splits["train"]) < LEAST:
        problem = f"has {len(data.splits['train'])} training samples; OpenAI takes no less than {LEAST}"
        raise InputError(f"{data.data} {data.config}", problem, "Give a config with more samples.")
    paths = write_conversations(data, folder, options, with_id=False)
    splits = [split for split in ("train", "validation") if split in paths]
    script = folder.template(
        "fine_tune.py",
        "openai_fine_tune.py.jinja",
        splits=splits,
        model=options.model if options.model != DEFAULT_MODEL else MODEL,
        seed=options.adapter.seed,
    )
    return Commands(f"python {script}")


EXPORTER = Exporter(write, chat=True)
