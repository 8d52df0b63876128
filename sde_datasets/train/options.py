"""What a training run may be told: one table of options, which the command line, TOML files and Python share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from sde_datasets.errors import InputError, UsageError, nearest
from sde_datasets.toml_file import read_toml, toml_value

BUNDLED = "bundled"
TINY = "tiny"
DTYPES = ("auto", "float32", "bfloat16", "float16")
SCHEDULES = ("linear", "cosine", "constant", "constant_with_warmup", "polynomial", "inverse_sqrt")
# what the method decides where nobody does: LoRA as in the paper, weights of one's own from scratch more boldly
_BY_METHOD = {
    "lora": {
        "learning_rate": 1e-4,
        "batch_size": 4,
        "epochs": 3.0,
        "schedule": "linear",
        "warmup": 0.0,
        "weight_decay": 0.0,
    },
    "full": {
        "learning_rate": 2e-5,
        "batch_size": 4,
        "epochs": 3.0,
        "schedule": "linear",
        "warmup": 0.0,
        "weight_decay": 0.0,
    },
    "tiny": {
        "learning_rate": 1e-3,
        "batch_size": 16,
        "epochs": 30.0,
        "schedule": "cosine",
        "warmup": 0.1,
        "weight_decay": 0.3,
    },
}


def _option(
    default: Any, words: str, choices: tuple[str, ...] = (), least: float = -math.inf, most: float = math.inf
) -> Any:
    return field(default=default, metadata={"help": words, "choices": choices, "least": least, "most": most})


@dataclass(frozen=True)
class Options:
    """The options of a run. `None` is a value that the method, the model or the data decide; `resolved` fills it in."""

    config: str = _option("", "The config to train on, such as mabsa-lines-text-cot.")
    data: str = _option(BUNDLED, "A built folder, a repository org/name, or bundled: the corpora that come along.")
    revision: str | None = _option(None, "The branch, tag or commit of a data repository.")
    model: str = _option("", "A hub id, a folder, or tiny: a small model of its own, trained from scratch.")
    model_revision: str | None = _option(None, "The branch, tag or commit of a model repository.")
    out: str = _option("", "The run folder. Default: runs/<config>-<model>[-<train size>]-s<seed>.")
    seed: int = _option(1, "Of the choice of samples, their order, and new weights.", least=0, most=2**32 - 1)
    train_size: int | None = _option(None, "How many training samples; of one seed, fewer lie within more.", least=1)

    full: bool = _option(False, "Train all weights instead of a LoRA adapter.")
    lora_rank: int = _option(8, "The rank of the adapter.", least=1)
    lora_alpha: int = _option(32, "Its scale: the adapter counts alpha / rank times.", least=1)
    lora_dropout: float = _option(0.1, "The share of its inputs that is dropped in training.", least=0, most=0.99)
    lora_targets: str = _option("all-linear", "Its layers: all-linear, or names divided by commas.")

    epochs: float | None = _option(None, "Passes over the training samples. Default: 3; 30 for tiny.", least=0.001)
    steps: int | None = _option(None, "Optimiser steps, instead of epochs.", least=1)
    learning_rate: float | None = _option(None, "At its peak. Default: 1e-4; with --full 2e-5; tiny 1e-3.", least=2e-7)
    schedule: str | None = _option(None, "How the rate falls. Default: linear; cosine for tiny.", SCHEDULES)
    warmup: float | None = _option(None, "Steps to the peak, or their share below 1. Default: 0; tiny 0.1.", least=0)
    weight_decay: float | None = _option(None, "Of AdamW. Default: 0; 0.3 for tiny.", least=0)
    max_grad_norm: float = _option(1.0, "Gradients are cut to this norm; 0 for never.", least=0)
    batch_size: int | None = _option(None, "Samples of a step, all devices together. Default: 4; 16 for tiny.", least=1)
    accumulation: int = _option(1, "In how many parts a device works off its share of a step.", least=1)
    gradient_checkpointing: bool = _option(False, "Less memory for a third more time.")
    dtype: str = _option("auto", "auto: bfloat16 where a GPU has it, else float32.", DTYPES)

    prompt_weight: float = _option(0.0, "The weight of the prompt in the loss: 0 (No-MI) to 1 (MI).", least=0, most=1)
    instruction_weight: float | None = _option(None, "That of the instruction. Default: the prompt's.", least=0, most=1)
    text_weight: float | None = _option(None, "That of the task text. Default: the prompt's.", least=0, most=1)
    chat: bool = _option(False, "Put the prompt through the model's chat template.")
    bos: bool = _option(False, "Put the begin token in front where the tokenizer does not.")
    end_token: str | None = _option(None, "The token that ends an answer, for a tokenizer without one.")
    max_length: int | None = _option(None, "Tokens of a sample at most. Default: the model's context.", least=8)

    eval_every: int | None = _option(None, "Score the validation split every so many steps.", least=1)
    eval_samples: int = _option(200, "On so many of its samples.", least=1)
    early_stopping: int | None = _option(None, "Stop when so many scores in a row were no better.", least=1)
    log_every: int = _option(10, "Write metrics every so many steps.", least=1)
    save_every: int | None = _option(None, "Write a checkpoint every so many steps. Default: every epoch.", least=1)
    keep: int = _option(2, "How many checkpoints are kept.", least=1)
    report_to: str = _option("none", "Where transformers reports to as well: tensorboard, wandb, ...")

    @property
    def method(self) -> str:
        """`tiny`, `full` or `lora`."""
        return "tiny" if self.model == TINY else "full" if self.full else "lora"

    @property
    def weights(self) -> tuple[float, float]:
        """The loss weights of instruction and task text."""
        of = (self.instruction_weight, self.text_weight)
        return tuple(self.prompt_weight if weight is None else weight for weight in of)

    def resolved(self) -> Options:
        """The options with what the method decides filled in, and folders by their whole path.

        Raises UsageError for a value out of its range and for what does not fit together.
        """
        try:
            checked({name: getattr(self, name) for name in KNOWN if getattr(self, name) is not None}, "option")
        except InputError as error:
            raise UsageError(f"{error.wrong}. {error.cure}") from error
        for name, known in (("config", "the config to train on"), ("model", "a hub id, a folder, or tiny")):
            if not getattr(self, name):
                raise UsageError(f"give --{name}: {known}" if name == "model" else f"give {known}")
        given = {name: value for name, value in _BY_METHOD[self.method].items() if getattr(self, name) is None}
        if self.steps is not None:
            given.pop("epochs", None)
            if self.epochs is not None:
                raise UsageError("give --epochs or --steps, not both")
        if self.early_stopping and not self.eval_every:
            raise UsageError("--early-stopping counts validation scores: give --eval-every too")
        if not self.out:
            given["out"] = f"runs/{self._name()}"
        # a run may be asked from elsewhere
        for name, reserved in (("data", BUNDLED), ("model", TINY)):
            place = getattr(self, name)
            if place != reserved and Path(place).is_dir():
                given[name] = str(Path(place).absolute())
        return replace(self, **given)

    def _name(self) -> str:
        model = Path(self.model).name
        size = [str(self.train_size)] if self.train_size else []
        return "-".join([self.config, model, *size, f"s{self.seed}"])


KNOWN = {each.name: each for each in fields(Options)}
_KINDS = {"str": str, "int": int, "float": float, "bool": bool}


def kind_of(name: str) -> type:
    """The type of an option, None apart."""
    return _KINDS[str(KNOWN[name].type).removesuffix(" | None")]


def checked(given: Mapping[str, Any], place: str) -> dict[str, Any]:
    """The options in a table, each of its type and within its range. Raises InputError that names `place`."""
    result = {}
    for name, value in given.items():
        if name not in KNOWN:
            raise InputError(place, f"unknown option {name!r}", nearest(name, list(KNOWN)))
        kind, meta = kind_of(name), KNOWN[name].metadata
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise InputError(place, f"{name} is {value!r}", f"Give {_SAID[kind]}.")
        if meta["choices"] and value not in meta["choices"]:
            raise InputError(place, f"{name} is {value!r}", f"Known: {', '.join(meta['choices'])}.")
        if kind is float and not math.isfinite(value):
            raise InputError(place, f"{name} is {value!r}", "Give a finite number.")
        if kind in (int, float) and not meta["least"] <= value <= meta["most"]:
            bounds = [f"the {what} is {meta[what]}" for what in ("least", "most") if math.isfinite(meta[what])]
            raise InputError(place, f"{name} is {value!r}", f"{' and '.join(bounds).capitalize()}.")
        result[name] = value
    return result


_SAID = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}


def read_options(path: Path) -> dict[str, Any]:
    """The options in a run file; its table `answer` is for those who answer. Raises InputError."""
    return checked({name: value for name, value in read_toml(path).items() if name != "answer"}, str(path))


def options_text(options: Options) -> str:
    """Options as a run file, those that say nothing left out."""
    said = {each: getattr(options, each) for each in KNOWN if getattr(options, each) is not None}
    return "".join(f"{name} = {toml_value(value)}\n" for name, value in said.items())
