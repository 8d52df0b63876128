"""Plans: a TOML file that describes a study. The package has some (`plans/*.toml`), which are named without a path.

title = "Placement of the instruction"
views = [["mabsa_d1", "mabsa_d2"]]     # trained on each view of a group, tested on all of them
base = "natural-text-instlast"         # the design that the others are compared with
designs = ["natural-text"]
sizes = [500]
seeds = [1, 2, 3]

[training]                             # options of `sde-datasets train`
epochs = 1

[small]                                # what --scale small changes
sizes = [50]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from sde_datasets.designs.design import AXES
from sde_datasets.errors import InputError, UsageError, nearest
from sde_datasets.runs.options import BUNDLED, validate_options
from sde_datasets.study.arm_names import design_and_weight
from sde_datasets.utils.config import load_config, option
from sde_datasets.utils.toml import read_toml, toml_value

MOST_LINES = 30
KINDS = ("compare", "factorial")
AGAINST = ("nearest", "base")
# how a trained and an untrained model are evaluated
TRAINED = ("greedy", "sampled", "wordings", "attention")
UNTRAINED = ("zero-shot", "few-shot", "perplexity", "attention")
PROMPT_WEIGHT = "prompt_weight"
# the training options that the study decides for each cell
_DECIDED = (
    "config",
    "data",
    "revision",
    "model",
    "model_revision",
    "out",
    "seed",
    "train_size",
    PROMPT_WEIGHT,
    "order",
)


@dataclass(frozen=True)
class Plan:
    """A study: its arms, data, models, sizes and seeds, and how the models are evaluated.

    kind: `compare` compares each arm with a reference; `factorial` chooses `runs` designs of the grid of `axes` and
        estimates effects.
    views: groups of views; a model is trained on each view of a group and tested on all of them.
    train_views: of these, the views that models are trained on; empty for all.
    base, designs: names of designs, or of designs with a weight of the loss on prompts: `lines-text mi0.1`.
    against: what an arm that differs from the base in several axes is compared with: the base, or the nearest arm.
    prompt_weights: weights of the loss on prompts; those other than 0 are arms with the base design.
    axes: in a factorial plan, the options of each axis; `prompt_weight` is an axis as well.
    trained, untrained: evaluations of trained and untrained models. shots: examples of few-shot answers.
    test_size: test samples, the same for all cells; 0 for all. training: further options of training.
    small: keys that `--scale small` replaces. name: the name of the file.
    """

    title: str
    views: tuple[tuple[str, ...], ...]
    kind: str = option("compare", choices=KINDS)
    train_views: tuple[str, ...] = ()
    data: str = BUNDLED
    base: str = "natural-text-instlast"
    designs: tuple[str, ...] = ()
    against: str = option("nearest", choices=AGAINST)
    prompt_weights: tuple[float, ...] = (0.0,)
    axes: Mapping[str, Any] = field(default_factory=dict)
    runs: int = option(48, least=2)
    models: tuple[str, ...] = ("tiny",)
    sizes: tuple[int, ...] = (500,)
    seeds: tuple[int, ...] = (1, 2, 3)
    test_size: int = option(0, least=0)
    trained: tuple[str, ...] = ("greedy",)
    untrained: tuple[str, ...] = ()
    decoding_seeds: tuple[int, ...] = (1, 2, 3)
    shots: int = option(2, least=1)
    training: Mapping[str, Any] = field(default_factory=dict)
    small: Mapping[str, Any] = field(default_factory=dict)
    name: str = "study"

    def scaled(self, scale: str) -> Plan:
        """Return the plan itself (`full`), or with the keys of [small] replaced (`small`)."""
        if scale == "full":
            return self
        changes = {key: _tuple(value) for key, value in self.small.items()}
        if "training" in changes:
            changes["training"] = dict(self.training) | dict(changes["training"])
        return replace(self, **changes, small={})

    @property
    def trained_on(self) -> list[tuple[tuple[str, ...], str]]:
        """The views that models are trained on, each with its group."""
        every = [(group, view) for group in self.views for view in group]
        return [(group, view) for group, view in every if not self.train_views or view in self.train_views]

    def changed(self, **changes: Any) -> Plan:
        """Return the plan with other values, checked. Raises InputError, UsageError."""
        return checked(replace(self, **changes), self.name)


def plan_names() -> list[str]:
    """Return the names of the plans that come with the package."""
    return sorted(Path(entry.name).stem for entry in _folder().iterdir() if entry.name.endswith(".toml"))


def find_plan(name: str) -> Path:
    """Return the path of a plan: a file, or the name of a plan of the package. Raises UsageError."""
    path = Path(name)
    if path.is_file():
        return path
    known = plan_names()
    # `plans/experiment1.toml` is the plan of the package where there is no such file
    if path.stem in known and path.suffix in ("", ".toml"):
        return Path(str(_folder() / f"{path.stem}.toml"))
    raise UsageError(f"there is no plan {name!r}. {nearest(path.stem, known)}")


def read_plan(path: Path) -> Plan:
    """Read a plan. Raises InputError that names the key at fault, UsageError for an unknown design."""
    location = str(path)
    table = read_toml(path)
    lines = len(path.read_text("utf-8").splitlines())
    if lines > MOST_LINES:
        raise InputError(location, f"has {lines} lines", f"A plan has at most {MOST_LINES}.")
    plan = load_config(Plan, {key: value for key, value in table.items() if key != "name"}, location, name=path.stem)
    small = load_config(Plan, {"title": "", "views": [], **plan.small}, f"{location} [small]")
    checked(replace(plan, **{key: getattr(small, key) for key in plan.small if key != "training"}), location)
    return checked(plan, location)


def checked(plan: Plan, location: str) -> Plan:
    """Return the plan. Raises InputError for values that do not fit together, UsageError for an unknown design."""
    for key in ("views", "models", "sizes", "seeds", "prompt_weights"):
        if not getattr(plan, key) or () in getattr(plan, key):
            raise InputError(location, f"{key} is empty", "Give at least one.")
    known_views = [view for group in plan.views for view in group]
    if unknown := [view for view in plan.train_views if view not in known_views]:
        raise InputError(location, f"train_views has {unknown[0]!r}", nearest(unknown[0], known_views))
    for key, known in (("trained", TRAINED), ("untrained", UNTRAINED)):
        for word in getattr(plan, key):
            if word not in known:
                raise InputError(location, f"{key} has {word!r}", nearest(word, known))
    if not (plan.trained or plan.untrained):
        raise InputError(location, "evaluates nothing", f"Give trained ({', '.join(TRAINED)}) or untrained.")
    for weight in plan.prompt_weights:
        if not 0 <= weight <= 1:
            raise InputError(location, f"prompt_weights has {weight}", "Give numbers from 0 to 1.")
    if any(size < 1 for size in plan.sizes) or any(seed < 0 for seed in plan.seeds):
        raise InputError(location, "has a size below 1 or a seed below 0", "Give positive numbers.")
    for name in (plan.base, *plan.designs):
        try:
            design_and_weight(name)
        except UsageError as error:
            raise InputError(location, str(error)) from error
    _check_axes(plan, location)
    check_training(plan.training, f"{location} [training]")
    return plan


def _check_axes(plan: Plan, location: str) -> None:
    if (plan.kind == "factorial") != bool(plan.axes):
        raise InputError(location, "axes and kind do not agree", 'axes are for kind = "factorial", and it needs them.')
    for axis, options in plan.axes.items():
        where = f"{location} [axes]"
        if axis != PROMPT_WEIGHT and axis not in AXES:
            raise InputError(where, f"unknown axis {axis!r}", nearest(axis, [*AXES, PROMPT_WEIGHT]))
        if not isinstance(options, list | tuple) or len(options) < 2:
            raise InputError(where, f"{axis} is {options!r}", "Give a list of at least two options.")
        known = [str(option) for option in options] if axis == PROMPT_WEIGHT else list(AXES[axis])
        if wrong := [str(option) for option in options if str(option) not in known]:
            raise InputError(where, f"{axis} has no option {wrong[0]!r}", nearest(wrong[0], known))
        if axis == PROMPT_WEIGHT and not all(isinstance(w, int | float) and 0 <= w <= 1 for w in options):
            raise InputError(where, f"{axis} is {options!r}", "Give numbers from 0 to 1.")


def check_training(training: Mapping[str, Any], location: str) -> None:
    """Raise InputError for training options that do not exist, have a wrong value, or are decided for each cell."""
    validate_options(training, location)
    if decided := [key for key in training if key in _DECIDED]:
        raise InputError(location, f"{decided[0]} is decided by the study", "Remove it.")


def plan_toml(plan: Plan) -> str:
    """Return a plan as TOML, without the values that are defaults."""
    lines, tables = [], []
    for entry in fields(Plan):
        value = getattr(plan, entry.name)
        default = entry.default_factory() if callable(entry.default_factory) else entry.default
        if entry.name == "name" or value == default:
            continue
        if isinstance(value, Mapping):
            tables += [f"\n[{entry.name}]", *(f"{key} = {toml_value(item)}" for key, item in value.items())]
        else:
            lines.append(f"{entry.name} = {toml_value(value)}")
    return "\n".join([*lines, *tables]) + "\n"


def _tuple(value: Any) -> Any:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value


def _folder() -> Any:
    return files("sde_datasets.study") / "plans"
