"""A trained model for others: merged on request, pushed to the Hub with its card."""

from __future__ import annotations

from pathlib import Path

from sde_datasets.errors import InputError, UsageError
from sde_datasets.train.folder import RunFolder, whole

# what goes along with the weights
_BESIDE = ("README.md", "run.toml", "template.json", "about.json", "metrics.jsonl", "loss.png")


def merge(run: Path) -> Path:
    """Add a run's adapter into the weights of its base model; gives `<run>/merged`. Raises UsageError for full runs."""
    from sde_datasets.train.predictor import Predictor

    folder = RunFolder(run).trained()
    if folder.options().method != "lora":
        raise UsageError(f"{run} has no adapter: its model/ is whole already")
    predictor = Predictor(run, device="cpu")
    with whole(run / "merged") as part:
        predictor.model.save_pretrained(part)
        predictor.tokenizer.save_pretrained(part)
    return run / "merged"


def files_of(run: Path, merged: bool) -> dict[str, Path]:
    """What is pushed: the path in the repository of each file. Raises InputError."""
    folder = RunFolder(run).trained()
    weights = run / "merged" if merged else folder.model
    if not weights.is_dir():
        raise InputError(str(run), "has no merged weights", f"Make them: sde-datasets merge {run}")
    found = {path.name: path for path in sorted(weights.iterdir()) if path.is_file()}
    return found | {name: run / name for name in _BESIDE if (run / name).is_file()}


def push(files: dict[str, Path], repository: str, private: bool, message: str) -> str:
    """Push the files to a model repository in one commit; gives its address. Raises InputError."""
    from huggingface_hub import CommitOperationAdd

    from sde_datasets.hub.connection import be_patient, connect

    be_patient()
    connection = connect(repository, "model")
    operations = [CommitOperationAdd(name, str(path)) for name, path in files.items()]
    with connection.errors():
        connection.ask("create_repo", private=private, exist_ok=True)
        done = connection.ask("create_commit", operations=operations, commit_message=message or "A model and its card")
    return done.commit_url
