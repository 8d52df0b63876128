"""The plots of a card as PNG: labels by target, and the length of completions by design. They need matplotlib (plots).

The same figures give the same bytes: no date, no version, and the font of matplotlib. A target or label that this font
cannot show is replaced by its number.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sde_datasets.dataset.manifest import Manifest
from sde_datasets.dataset.view_state import ViewFigures
from sde_datasets.designs.design import get_design
from sde_datasets.utils.files import atomic_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# the number of targets that a reader can distinguish
SHOWN = 40
COLOURS = ("#2a78b5", "#9a9a9a", "#e08a1e", "#3a9a5b", "#b5477b", "#6f5bb5")
# marker, colour, and offset from the line: cot and rcot have nearly the same length
REASONING = {
    "none": ("o", "#2a78b5", 0),
    "cot": ("^", "#e08a1e", -0.17),
    "rcot": ("s", "#6f5bb5", 0.17),
    "post": ("D", "#3a9a5b", 0.3),
}


def draw_plots(folder: Path, manifest: Manifest) -> list[str]:
    """Draw the plots of all views; return their paths within the folder, none if matplotlib is not installed."""
    if find_spec("matplotlib") is None:
        return []
    import matplotlib

    (folder / "plots").mkdir(exist_ok=True)
    drawn = []
    with matplotlib.rc_context():
        # ignore the matplotlibrc of this machine
        matplotlib.rcdefaults()
        for view, state in manifest.views.items():
            plots = {"labels": label_plot(view, state.figures), "completions": completion_plot(manifest, view)}
            for name, figure in plots.items():
                if figure is not None:
                    drawn.append(f"plots/{view}-{name}.png")
                    save_plot(figure, folder / drawn[-1])
    return drawn


def save_plot(figure: Figure, path: Path) -> None:
    """Write a plot as PNG, without the Software entry, which depends on the version of matplotlib."""
    with atomic_file(path) as part:
        figure.savefig(part, format="png", dpi=110, metadata={"Software": None})


def _axes(rows: int, title: str) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1.2 + 0.26 * rows), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.grid(axis="x", linewidth=0.4, alpha=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def label_plot(view: str, figures: ViewFigures) -> Figure:
    """Bars: how often each target has each label, or how many mentions it has."""
    values = figures.values
    numbers = {target: number for number, target in enumerate(values, 1)}
    targets = sorted(values, key=lambda target: -sum(values[target].values()))[:SHOWN]
    more = f", the {SHOWN} most frequent of {len(values)} targets" if len(values) > SHOWN else ""
    names = list(next(iter(values.values())))
    figure, axes = _axes(len(targets), f"{view}: annotations by target{more}")
    left = [0] * len(targets)
    for number, name in enumerate(names):
        counts = [values[target][name] for target in targets]
        # matplotlib leaves a label that begins with an underscore out of the legend
        label = (" " if name.startswith("_") else "") + _drawable(name, number + 1)
        axes.barh(range(len(targets)), counts, left=left, height=0.7, color=COLOURS[number % len(COLOURS)], label=label)
        left = [a + b for a, b in zip(left, counts, strict=True)]
    axes.set_yticks(range(len(targets)), [_drawable(target, numbers[target]) for target in targets])
    axes.invert_yaxis()
    if len(names) > 1:
        axes.legend(fontsize=8, frameon=False)
    return figure


def is_drawable(text: str) -> bool:
    """True if the font of matplotlib has all characters of a text: Latin, Greek and Cyrillic, but not Chinese."""
    return all(" " <= sign < "\u0530" for sign in text)


def _drawable(text: str, number: int) -> str:
    """The text as a plot shows it: itself, or its number in the table of the card."""
    return text.replace("$", r"\$") if is_drawable(text) else str(number)


def completion_plot(manifest: Manifest, view: str) -> Figure | None:
    """Points: the mean characters of the completions of each design; a line for each format and kind of labels.

    None for a view without designs.
    """
    designs = [get_design(name) for name in manifest.views[view].designs]
    if not designs:
        return None
    lines = list(dict.fromkeys((d.format, d.labels) for d in sorted(designs)))
    figure, axes = _axes(len(lines) + 1, f"{view}: mean characters of completions by design")
    seen = {}
    for design in designs:
        _, mean = manifest.mean_characters(f"{view}-{design.name}")
        # placement and wording change no completion
        seen[design.format, design.labels, design.reasoning, design.unmentioned] = mean
    for (form, labels, reasoning, unmentioned), mean in seen.items():
        mark, colour, above = REASONING[reasoning]
        face = colour if unmentioned == "pu" else "white"
        axes.scatter(mean, lines.index((form, labels)) + above, marker=mark, c=face, edgecolors=colour, s=36)
    for reasoning, (mark, colour, _) in REASONING.items():
        if any(key[2] == reasoning for key in seen):
            axes.scatter([], [], marker=mark, c=colour, label=f"reasoning: {reasoning}")
    if any(key[3] == "ou" for key in seen):
        axes.scatter([], [], marker="o", c="white", edgecolors="black", label="hollow: unmentioned left out")
    axes.set_yticks(range(len(lines)), [f"{form}-{labels}" for form, labels in lines])
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure
