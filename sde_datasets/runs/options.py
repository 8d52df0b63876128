"""The options of a training run: one dataclass that the command line, TOML files and Python share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sde_datasets.dataset.address import name_from_address, repository_name
from sde_datasets.errors import InputError, UsageError
from sde_datasets.utils.config import checked_values, option
from sde_datasets.utils.toml import read_toml, toml_value

BUNDLED = "bundled"
TINY = "tiny"
ORDERS = ("length", "text")
PRESETS = ("paper", "small")
# models with fewer parameters have the preset small, unless one is given
SMALL_MODEL = 1_000_000_000
DTYPES = ("auto", "float32", "bfloat16", "float16")
LORA_VARIANTS = ("lora", "rslora", "dora", "pissa")
QUANTIZED = ("4bit",)
WEIGHT_NORMS = ("weights", "tokens")
OPTIMIZERS = (
    "adamw_torch", "adafactor", "sgd", "adagrad", "rmsprop", "adamw_8bit", "paged_adamw_32bit", "paged_adamw_8bit",
    "lion_32bit", "lion_8bit", "paged_lion_8bit", "ademamix", "ademamix_8bit",
)  # fmt: skip
SCHEDULES = ("linear", "cosine", "constant", "constant_with_warmup", "polynomial", "inverse_sqrt")


@dataclass(frozen=True)
class Hyperparameters:
    """The hyperparameters whose defaults depend on method and preset. warmup: steps, or a share of them below 1."""

    learning_rate: float
    batch_size: int
    epochs: float
    schedule: str
    warmup: float
    weight_decay: float
    lora_rank: int = 8


# LoRA as in the paper, for models of 7 billion parameters; small models learn little with it.
# A model from scratch needs a higher rate and more regularization.
_DEFAULTS = {
    "paper": Hyperparameters(1e-4, 4, 3.0, "linear", 0.0, 0.0),
    "small": Hyperparameters(1e-3, 8, 2.0, "cosine", 0.05, 0.0, lora_rank=16),
    "full": Hyperparameters(2e-5, 4, 3.0, "linear", 0.0, 0.0),
    "tiny": Hyperparameters(1e-3, 16, 30.0, "cosine", 0.1, 0.3),
}


@dataclass(frozen=True)
class TrainingOptions:
    """The options of a run. `None`: the method, the model or the data decide; `resolved` fills in such values."""

    config: str = option("", "Config to train on, such as mabsa-lines-text-cot.")
    data: str = option(BUNDLED, "Built folder, repository org/name, or bundled: the corpora of this package.")
    revision: str | None = option(None, "Branch, tag or commit of a data repository.")
    model: str = option("", "Hub id, folder, or tiny: a small built-in model, trained from scratch.")
    model_revision: str | None = option(None, "Branch, tag or commit of a model repository.")
    out: str = option("", "Run folder. Default: runs/<config>-<model>[-<train size>]-s<seed>.")
    seed: int = option(1, "Seed of sample selection, sample order and new weights.", least=0, most=2**32 - 1)
    train_size: int | None = option(
        None, "Number of training samples. With one seed, a smaller set is part of a larger one.", least=1
    )

    full: bool = option(False, "Train all weights instead of a LoRA adapter.")
    preset: str | None = option(
        None,
        "Defaults of an adapter's rank, learning rate, schedule, warm-up, batch and epochs: those of the paper (for 7B "
        "models), or those for small models. Default: small below a billion parameters, else paper.",
        PRESETS,
    )
    lora_rank: int | None = option(None, "Rank of the adapter. Default: 8; preset small: 16.", least=1)
    lora_alpha: int = option(32, "Scale of the adapter: its output is multiplied by alpha / rank.", least=1)
    lora_dropout: float = option(0.1, "Dropout of the adapter's inputs in training.", least=0, most=0.99)
    lora_targets: str = option("all-linear", "Layers with an adapter: all-linear, or names separated by commas.")
    lora_variant: str = option(
        "lora",
        "Kind of adapter. rslora: scaled by alpha / sqrt(rank); dora: with trained magnitudes; pissa: starts with the "
        "principal components of the weights.",
        LORA_VARIANTS,
    )
    load_in: str | None = option(
        None, "Load the frozen weights in 4 bits (QLoRA, with bitsandbytes). Default: not quantized.", QUANTIZED
    )
    new_tokens: str = option(
        "", "Words that become tokens of their own, separated by commas; their embeddings are trained too."
    )
    neftune: float | None = option(
        None, "NEFTune: noise on the embeddings of training samples, of this strength. 5 is usual.", least=0
    )

    epochs: float | None = option(
        None, "Passes over the training samples. Default: 3; preset small: 2; tiny: 30.", least=0.001
    )
    steps: int | None = option(None, "Optimizer steps, instead of epochs.", least=1)
    learning_rate: float | None = option(
        None, "Peak learning rate. Default: 1e-4; preset small: 1e-3; with --full 2e-5; tiny: 1e-3.", least=2e-7
    )
    schedule: str | None = option(
        None, "Learning rate schedule. Default: linear; preset small, tiny: cosine.", SCHEDULES
    )
    warmup: float | None = option(
        None,
        "Warm-up: number of steps, or below 1 their share of all steps. Default: 0; preset small: 0.05; tiny: 0.1.",
        least=0,
    )
    optimizer: str = option(
        "adamw_torch",
        "Optimizer by its name in transformers; those with 8bit, paged, lion, ademamix: bitsandbytes.",
        OPTIMIZERS,
    )
    weight_decay: float | None = option(None, "Weight decay of the optimizer. Default: 0; tiny: 0.3.", least=0)
    max_grad_norm: float = option(1.0, "Clip gradients to this norm; 0: no clipping.", least=0)
    batch_size: int | None = option(
        None, "Samples of an optimizer step over all devices. Default: 4; preset small: 8; tiny: 16.", least=1
    )
    order: str = option(
        "length",
        "What is similar within a batch: the number of tokens (length), or of characters of the text (text), "
        "which gives the same order under all designs.",
        ORDERS,
    )
    accumulation: int = option(1, "Split each device's samples of a step into this many parts.", least=1)
    batch_tokens: int | None = option(
        None,
        "Split each device's samples of a step into parts of at most N tokens, instead of --accumulation parts.",
        least=8,
    )
    separate_rows: bool = option(False, "Compute each sample as a row of its own, without sharing a common prefix.")
    find_batch_size: bool = option(
        False, "If a part does not fit into memory, use more and smaller parts; a step stays the same."
    )
    gradient_checkpointing: bool = option(False, "Use less memory; training takes about a third longer.")
    dtype: str = option("auto", "Floating-point type. auto: bfloat16 on a GPU that supports it, else float32.", DTYPES)
    attention: str | None = option(
        None, "Attention implementation: sdpa, eager, flash_attention_2, ... Default: transformers decides."
    )

    prompt_weight: float = option(
        0.0,
        "Loss weight of prompt tokens. 0: learn completions only (No-MI); 1: learn prompts equally (MI).",
        least=0,
        most=1,
    )
    instruction_weight: float | None = option(
        None, "Loss weight of instruction tokens. Default: --prompt-weight.", least=0, most=1
    )
    text_weight: float | None = option(
        None, "Loss weight of the tokens of the task text. Default: --prompt-weight.", least=0, most=1
    )
    completion_weight: float = option(1.0, "Loss weight of the tokens of completions, end tokens too.", least=0.0)
    weight_norm: str = option(
        "weights",
        "What the sum of weighted losses of a step is divided by. weights: the sum of the weights; tokens: the number "
        "of tokens with a weight.",
        WEIGHT_NORMS,
    )
    chat: bool = option(False, "Apply the chat template of the model to the prompts.")
    system: str = option("", "With --chat: the system message.")
    bos: bool = option(False, "Put the BOS token before prompts if the tokenizer does not.")
    end_token: str | None = option(None, "Token that ends an answer, for a tokenizer without an end token.")
    max_length: int | None = option(
        None, "Maximum number of tokens of a sample; longer texts are truncated. Default: the model's context.", least=8
    )

    eval_every: int | None = option(None, "Score samples of the validation split every N steps.", least=1)
    eval_samples: int = option(200, "With --eval-every: number of samples to score.", least=1)
    early_stopping: int | None = option(None, "Stop after N scores in a row without improvement.", least=1)
    log_every: int = option(10, "Write metrics every N steps.", least=1)
    save_every: int | None = option(None, "Write a checkpoint every N steps. Default: every epoch.", least=1)
    keep: int = option(2, "Number of checkpoints to keep.", least=1)
    report_to: str = option("none", "Also report metrics to: tensorboard, wandb, ...; several separated by commas.")

    @property
    def method(self) -> str:
        """`tiny`, `full` or `lora`."""
        return "tiny" if self.model == TINY else "full" if self.full else "lora"

    @property
    def hyperparameters(self) -> Hyperparameters:
        """The given hyperparameters, completed with the defaults of the method, and of LoRA with those of a preset."""
        defaults = _DEFAULTS[(self.preset or "paper") if self.method == "lora" else self.method]
        given = {name: getattr(self, name) for name in vars(defaults)}
        return replace(defaults, **{name: value for name, value in given.items() if value is not None})

    @property
    def prompt_weights(self) -> tuple[float, float]:
        """The loss weights of instruction and task text."""
        instruction, text = self.instruction_weight, self.text_weight
        return (
            self.prompt_weight if instruction is None else instruction,
            self.prompt_weight if text is None else text,
        )

    def resolved(self) -> TrainingOptions:
        """Return the options with the method's defaults filled in, and with absolute paths of folders.

        For an adapter they are filled in once the preset is known. Page addresses of data and models become repository
        names. Raises UsageError for a value out of range and for options that exclude each other.
        """
        try:
            validate_options({name: value for name, value in vars(self).items() if value is not None}, "option")
        except InputError as error:
            raise UsageError(f"{error.problem}. {error.hint}") from error
        if not self.config:
            raise UsageError("give the config to train on")
        if not self.model:
            raise UsageError("give --model: a hub id, a folder, or tiny")
        if self.steps is not None and self.epochs is not None:
            raise UsageError("give --epochs or --steps, not both")
        if self.early_stopping and not self.eval_every:
            raise UsageError("--early-stopping counts validation scores: give --eval-every too")
        self._check_adapter()
        if not self.completion_weight and not any(self.prompt_weights):
            raise UsageError("--completion-weight 0 needs a --prompt-weight: no token has a weight")
        if self.batch_tokens and self.accumulation > 1:
            raise UsageError("give --batch-tokens or --accumulation, not both")
        if self.batch_tokens and self.find_batch_size:
            raise UsageError("give --batch-tokens or --find-batch-size, not both")
        if self.system and not self.chat:
            raise UsageError("--system is a part of a chat: give --chat too")
        changes: dict[str, Any] = {"out": self.out or f"runs/{self._run_name()}"}
        if self.preset or self.method != "lora":
            changes |= vars(self.hyperparameters)
        if self.steps is not None:
            changes["epochs"] = None
        return replace(self, **changes, data=self._resolve_data(), model=self._resolve_model())

    def _check_adapter(self) -> None:
        """Raise UsageError for options of an adapter that exclude each other, or without an adapter."""
        if self.method != "lora" and (self.load_in or self.lora_variant != "lora"):
            raise UsageError("--load-in and --lora-variant are for an adapter: omit them, or omit --full")
        if self.model == TINY and self.new_tokens:
            raise UsageError("--new-tokens is for a model that has a tokenizer: tiny makes its own")
        if self.load_in and self.new_tokens:
            raise UsageError("--new-tokens changes embeddings, which --load-in 4bit does not load so: omit one of them")
        if self.method != "lora" and self.preset:
            raise UsageError("--preset is for an adapter: omit it with --full and tiny")
        if self.load_in and self.lora_variant == "pissa":
            raise UsageError("--lora-variant pissa needs weights that are not quantized: omit --load-in")

    def _resolve_data(self) -> str:
        if self.data == BUNDLED:
            return BUNDLED
        if Path(self.data).exists():
            return _absolute(self.data)
        return repository_name(self.data, "dataset", self.revision)

    def _resolve_model(self) -> str:
        if self.model == TINY:
            return TINY
        if Path(self.model).exists():
            return _absolute(self.model)
        return name_from_address(self.model, "model", self.model_revision)

    def _run_name(self) -> str:
        size = [str(self.train_size)] if self.train_size else []
        return "-".join([self.config, Path(self.model).name, *size, f"s{self.seed}"])


def _absolute(folder: str) -> str:
    """Return the absolute path of a folder: a run may be used from another working directory."""
    return str(Path(folder).absolute()) if Path(folder).is_dir() else folder


def validate_options(given: Mapping[str, Any], location: str) -> dict[str, Any]:
    """Return the options of a table; check the type and range of each. Raises InputError that names `location`."""
    return checked_values(TrainingOptions, given, location)


def read_options(path: Path) -> dict[str, Any]:
    """Read the training options of a run file; its table `answer` is for prediction. Raises InputError."""
    return validate_options({name: value for name, value in read_toml(path).items() if name != "answer"}, str(path))


def options_toml(options: TrainingOptions) -> str:
    """Return options as a run file, without those that are None."""
    given = {name: value for name, value in vars(options).items() if value is not None}
    return "".join(f"{name} = {toml_value(value)}\n" for name, value in given.items())
