"""Count tokens with the tokenizer of a model, by the library `tokenizers`, which needs no PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sde_datasets.errors import InputError, UsageError, summary

_FILE = "tokenizer.json"


class TokenCounter:
    """The tokenizer of a model. name: its repository, or the last part of its folder."""

    def __init__(self, model: str) -> None:
        """Load the tokenizer of a folder or of a repository.

        Raises UsageError if the library is missing, InputError if there is no such tokenizer.
        """
        if find_spec("tokenizers") is None:
            raise UsageError("tokenizers is not installed: pip install 'sde-datasets[tokens]'")
        self.name = Path(model).absolute().name if Path(model).is_dir() else model
        self._tokenizer = _load(model)

    def count(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text, without the special tokens that a model adds."""
        return [len(found.ids) for found in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]


def _load(model: str) -> Any:
    from tokenizers import Tokenizer

    from sde_datasets.explorer.downloads import downloaded

    path = Path(model) / _FILE if Path(model).is_dir() else downloaded(model, _FILE, "model")
    if not path.is_file():
        raise InputError(str(path), "does not exist", "Give a model with a fast tokenizer.")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    # the library raises plain exceptions
    except Exception as error:
        raise InputError(str(path), f"is not a tokenizer ({summary(error)})") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
