"""Publish a trained model: merge its adapter on request, and push it to the Hub with its card.

The pushed files are prepared for other users: card, run.toml and adapter settings name no folder of this machine.
"""

from __future__ import annotations

import json
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sde_datasets.card.writer import CARD
from sde_datasets.errors import InputError, UsageError
from sde_datasets.hub.push_options import PushOptions
from sde_datasets.runs.model_card import is_local, render_card
from sde_datasets.runs.options import TrainingOptions, options_toml
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.utils.files import atomic_dir

if TYPE_CHECKING:
    from sde_datasets.hub.connection import Connection

ADAPTER = "adapter_config.json"
# the files of a model: weights, their settings, and the tokenizer
_MODEL_FILES = (
    "*.safetensors",
    "*.safetensors.index.json",
    "config.json",
    "generation_config.json",
    ADAPTER,
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "*.jinja",
)
# files of the run folder that are pushed unchanged
_RUN_FILES = ("template.json", "about.json", "metrics.jsonl", "loss.png")


def merge(run: Path) -> Path:
    """Merge a run's adapter into the weights of its base model; return `<run>/merged`.

    Raises UsageError for a run without an adapter, InputError for one that is not complete.
    """
    from sde_datasets.prediction.run_model import load_run_model
    from sde_datasets.runs.loading import load_tokenizer, set_end_tokens

    folder = RunFolder(run).require_trained()
    if not (folder.model / ADAPTER).is_file():
        raise UsageError(f"{run} has no adapter: its weights are already complete")
    model = load_run_model(folder, base=False, device="cpu", quantized=False)
    set_end_tokens(model, folder.read_info().ends)
    tokenizer = load_tokenizer(str(folder.model), None, folder.options().end_token)
    with atomic_dir(run / "merged") as part:
        model.save_pretrained(part)
        tokenizer.save_pretrained(part)
    return run / "merged"


def collect_files(run: Path, repository: str, merged: bool) -> dict[str, Path | bytes]:
    """Return what is pushed: for each path in the repository a file, or its content.

    Raises UsageError for merged weights of a run without an adapter; InputError if they do not exist yet, and for an
    adapter whose base model is a local folder.
    """
    folder = RunFolder(run).require_trained()
    weights, options = _weights_folder(folder, merged), folder.options()
    files: dict[str, Path | bytes] = {
        path.name: path for path in sorted(weights.iterdir()) if _is_model_file(path.name)
    }
    if ADAPTER in files:
        files[ADAPTER] = _adapter_settings(folder, options).encode()
    files |= {name: run / name for name in _RUN_FILES if (run / name).is_file()}
    return files | {
        "run.toml": _public_options(options).encode(),
        CARD: render_card(folder, repository, weights).encode(),
    }


def _weights_folder(folder: RunFolder, merged: bool) -> Path:
    if not merged:
        return folder.model
    if not (folder.model / ADAPTER).is_file():
        raise UsageError(f"{folder.path} has no adapter: its weights are complete, push them without --merged")
    if not (folder.path / "merged").is_dir():
        hint = f"Create them: sde-datasets merge {folder.path}"
        raise InputError(str(folder.path), "has no merged weights", hint)
    return folder.path / "merged"


def _is_model_file(name: str) -> bool:
    return "/" not in name and any(fnmatchcase(name, pattern) for pattern in _MODEL_FILES)


def _adapter_settings(folder: RunFolder, options: TrainingOptions) -> str:
    """Return the adapter's settings as JSON, with the commit of its base model. Raises InputError."""
    if is_local(options.model):
        hint = f"Merge it: sde-datasets merge {folder.path}, then push-model --merged."
        problem = f"has an adapter whose base model is a local folder ({options.model}), not a hub id"
        raise InputError(str(folder.path), problem, hint)
    path = folder.model / ADAPTER
    try:
        settings = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise InputError(str(path), f"cannot be read ({error})", "Train again.") from error
    settings |= {"base_model_name_or_path": options.model, "revision": options.model_revision}
    return json.dumps(settings, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _public_options(options: TrainingOptions) -> str:
    """Return run.toml for other users: without the run folder, and with only the names of other local folders."""
    # a path with a dot is read as a folder, not as a repository
    local = {name: value for name, value in (("data", options.data), ("model", options.model)) if is_local(value)}
    names: dict[str, Any] = {name: f"./{Path(value).name}" for name, value in local.items()}
    notes = "".join(f"# {name} was a local folder with this name: give your own\n" for name in local)
    lines = options_toml(replace(options, **names)).split("\n")
    return notes + "\n".join(line for line in lines if not line.startswith("out = "))


def push(files: dict[str, Path | bytes], target: PushOptions) -> str:
    """Push the files to a model repository in one commit; return its address. Raises InputError.

    The same commit removes files of another model from the repository, such as the adapter of weights that are merged
    now.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    from sde_datasets.hub.card_check import check_card
    from sde_datasets.hub.connection import configure_client, connect

    configure_client()
    connection = connect(target.repository, "model")
    present = _present_files(connection, target)
    card = files[CARD]
    check_card(connection, card if isinstance(card, bytes) else card.read_bytes())
    additions = [
        CommitOperationAdd(name, content if isinstance(content, bytes) else str(content))
        for name, content in files.items()
    ]
    old = [CommitOperationDelete(name) for name in present or [] if _is_model_file(name) and name not in files]
    message = target.message or "A model and its card"
    with connection.ensure_repository(present is None, target.private), connection.translate_errors():
        return connection.call("create_commit", operations=[*additions, *old], commit_message=message).commit_url


def _present_files(connection: Connection, target: PushOptions) -> list[str] | None:
    """Return the files of the repository, None if it does not exist. Raises InputError if it must not be changed."""
    from huggingface_hub.errors import RepositoryNotFoundError

    from sde_datasets.hub.card_check import refuse_foreign_card
    from sde_datasets.hub.snapshot import read_text

    with connection.translate_errors():
        try:
            info = connection.call("repo_info")
        except RepositoryNotFoundError:
            return None
        if target.private and not info.private:
            hint = "Change its visibility in its settings, or omit --private."
            raise InputError(target.repository, "exists and is public", hint)
        names = [file.rfilename for file in info.siblings]
        if CARD in names and not target.replace_card:
            refuse_foreign_card(connection, read_text(connection, CARD, info.sha))
    return names
