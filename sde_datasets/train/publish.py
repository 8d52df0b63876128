"""A trained model for others: merged on request, pushed to the Hub with its card.

What is pushed is made for where it goes: the card, run.toml and the adapter's settings name no folder of this machine.
"""

from __future__ import annotations

import json
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from sde_datasets.errors import InputError, UsageError
from sde_datasets.hub.target import Target
from sde_datasets.train.card import card, local
from sde_datasets.train.folder import RunFolder, whole
from sde_datasets.train.options import Options, options_text

ADAPTER = "adapter_config.json"
# of a folder of weights: the weights, their settings, and the tokenizer
_MODEL = (
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
# of the run folder, as they are
_BESIDE = ("template.json", "about.json", "metrics.jsonl", "loss.png")


def merge(run: Path) -> Path:
    """Add a run's adapter into the weights of its base model; gives `<run>/merged`.

    Raises UsageError for a run whose weights are whole, InputError for one that is not at its end.
    """
    from sde_datasets.train.predictor import Predictor

    folder = RunFolder(run).trained()
    if not (folder.model / ADAPTER).is_file():
        raise UsageError(f"{run} has no adapter: its weights are whole already")
    predictor = Predictor(run, device="cpu")
    with whole(run / "merged") as part:
        predictor.model.save_pretrained(part)
        predictor.tokenizer.save_pretrained(part)
    return run / "merged"


def files_of(run: Path, repository: str, merged: bool) -> dict[str, Path | bytes]:
    """What is pushed: for each path in the repository a file, or the content that is made for it.

    Raises UsageError where merged weights are asked of a run without an adapter; InputError where they are not made
    yet, and for an adapter whose base model nobody else has.
    """
    folder = RunFolder(run).trained()
    weights, options = _weights(folder, merged), folder.options()
    files: dict[str, Path | bytes] = {path.name: path for path in sorted(weights.iterdir()) if _of_model(path.name)}
    if ADAPTER in files:
        files[ADAPTER] = _adapter_text(folder, options).encode()
    files |= {name: run / name for name in _BESIDE if (run / name).is_file()}
    return files | {
        "run.toml": _options_text(options).encode(),
        "README.md": card(folder, repository, weights).encode(),
    }


def _weights(folder: RunFolder, merged: bool) -> Path:
    if not merged:
        return folder.model
    if not (folder.model / ADAPTER).is_file():
        raise UsageError(f"{folder.path} has no adapter: its weights are whole, push them without --merged")
    if not (folder.path / "merged").is_dir():
        cure = f"Make them: sde-datasets merge {folder.path}"
        raise InputError(str(folder.path), "has no merged weights", cure)
    return folder.path / "merged"


def _of_model(name: str) -> bool:
    return "/" not in name and any(fnmatchcase(name, pattern) for pattern in _MODEL)


def _adapter_text(folder: RunFolder, options: Options) -> str:
    """The adapter's settings, with the commit of the base model that it fits. Raises InputError."""
    if local(options.model):
        cure = f"Merge it: sde-datasets merge {folder.path}, then push-model --merged."
        raise InputError(str(folder.path), f"has an adapter on a local folder ({options.model}), no hub id", cure)
    path = folder.model / ADAPTER
    try:
        settings = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise InputError(str(path), f"cannot be read ({error})", "Train again.") from error
    settings |= {"base_model_name_or_path": options.model, "revision": options.model_revision}
    return json.dumps(settings, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _options_text(options: Options) -> str:
    """run.toml for others: without the run folder, and of other local folders the last part."""
    places = {name: getattr(options, name) for name in ("data", "model")}
    # with the dot it is a folder to whoever reads it: no repository is taken for it
    named = {name: f"./{Path(place).name}" for name, place in places.items() if local(place)}
    notes = "".join(f"# {name} was a local folder, of which this is the last part: give your own\n" for name in named)
    lines = options_text(replace(options, **named)).split("\n")
    return notes + "\n".join(line for line in lines if not line.startswith("out = "))


def push(files: dict[str, Path | bytes], target: Target) -> str:
    """Push the files to a model repository in one commit; gives its address. Raises InputError.

    What stands there of another model, as an adapter where the weights are merged now, is removed by the same commit.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    from sde_datasets.hub.connection import be_patient, connect

    be_patient()
    connection = connect(target.repository, "model")
    adds = [CommitOperationAdd(name, each if isinstance(each, bytes) else str(each)) for name, each in files.items()]
    with connection.errors():
        connection.ask("create_repo", private=target.private, exist_ok=True)
        there = connection.ask("repo_info")
        if target.private and not there.private:
            cure = "Change its visibility in its settings, or leave --private out."
            raise InputError(target.repository, "exists and is public", cure)
        names = [each.rfilename for each in there.siblings]
        old = [CommitOperationDelete(name) for name in names if _of_model(name) and name not in files]
        message = target.message or "A model and its card"
        return connection.ask("create_commit", operations=[*adds, *old], commit_message=message).commit_url
