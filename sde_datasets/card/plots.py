"""The plots of a card as PNG: labels by target, and the length of completions by design. They need matplotlib (plots).

Same figures, same bytes: no clock, no version, the font that comes with matplotlib. A target or label that this font
cannot show is written as its number.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from sde_datasets.card.catalogue import means
from sde_datasets.card.configs import config_files
from sde_datasets.designs import find_design

# as many targets as can be told apart
SHOWN = 40
COLOURS = ("#2a78b5", "#9a9a9a", "#e08a1e", "#3a9a5b", "#b5477b", "#6f5bb5")
# mark, colour, and how far above or below its line, since cot and rcot are nearly as long as each other
REASONING = {"none": ("o", "#2a78b5", 0), "cot": ("^", "#e08a1e", -0.17), "rcot": ("s", "#6f5bb5", 0.17)}


def draw(folder: Path, manifest: dict) -> list[str]:
    """Draw the plots of all views; their paths within the folder, none where matplotlib is not installed."""
    if find_spec("matplotlib") is None:
        return []
    import matplotlib

    (folder / "plots").mkdir(exist_ok=True)
    drawn = []
    with matplotlib.rc_context():
        # not as a matplotlibrc of this machine says
        matplotlib.rcdefaults()
        for view, state in manifest["views"].items():
            figures = {"labels": _labels(view, state), "completions": _completions(manifest, view, state)}
            for name, figure in figures.items():
                if figure is not None:
                    drawn.append(f"plots/{view}-{name}.png")
                    _save(figure, folder / drawn[-1])
    return drawn


def _save(figure, path: Path) -> None:
    beside = path.with_name(path.name + ".part")
    # without a Software entry the file does not depend on the version that drew it
    figure.savefig(beside, format="png", dpi=110, metadata={"Software": None})
    beside.replace(path)


def _axes(rows: int, title: str):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1.2 + 0.26 * rows), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.grid(axis="x", linewidth=0.4, alpha=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _labels(view: str, state: dict):
    """Bars: how often each target has each label, or how many mentions it has."""
    values = state["figures"]["values"]
    numbers = {target: number for number, target in enumerate(values, 1)}
    targets = sorted(values, key=lambda target: -sum(values[target].values()))[:SHOWN]
    more = f", the {SHOWN} most frequent of {len(values)} targets" if len(values) > SHOWN else ""
    names = list(next(iter(values.values())))
    figure, axes = _axes(len(targets), f"{view}: annotations by target{more}")
    left = [0] * len(targets)
    for number, name in enumerate(names):
        counts = [values[target][name] for target in targets]
        # a label that begins with an underscore would be left out of the legend
        label = (" " if name.startswith("_") else "") + _drawable(name, number + 1)
        axes.barh(range(len(targets)), counts, left=left, height=0.7, color=COLOURS[number % len(COLOURS)], label=label)
        left = [a + b for a, b in zip(left, counts, strict=True)]
    axes.set_yticks(range(len(targets)), [_drawable(target, numbers[target]) for target in targets])
    axes.invert_yaxis()
    if len(names) > 1:
        axes.legend(fontsize=8, frameon=False)
    return figure


def drawable(text: str) -> bool:
    """Has the font that comes with matplotlib all signs of the text? Latin, Greek and Cyrillic it has, Chinese not."""
    return all(" " <= sign < "\u0530" for sign in text)


def _drawable(text: str, number: int) -> str:
    """The text as a plot shows it: itself, or its number in the card's table."""
    return text.replace("$", r"\$") if drawable(text) else str(number)


def _completions(manifest: dict, view: str, state: dict):
    """Points: the mean characters of the completions of each design; each line is a format with a kind of labels."""
    designs = [find_design(name) for name in state["designs"]]
    if not designs:
        return None
    files = config_files(manifest)
    lines = list(dict.fromkeys((d.format, d.labels) for d in sorted(designs)))
    figure, axes = _axes(len(lines) + 1, f"{view}: mean characters of completions by design")
    seen = {}
    for design in designs:
        mean = means(manifest, files[f"{view}-{design.name}"])[1]
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
