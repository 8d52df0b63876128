"""A comparison of scorings as a plot: the difference of each headline figure from the first scoring, with intervals."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from sde_datasets.errors import UsageError
from sde_datasets.scoring.comparison import Comparisons
from sde_datasets.scoring.view_tables import label
from sde_datasets.utils.files import atomic_file

_SUFFIXES = (".png", ".svg", ".pdf")
# metadata without a date and a version, so that the same comparison gives the same bytes
_METADATA = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None, "Producer": None}}
_COLOUR, _SIGNIFICANT = "#2a78b5", 0.05


def check_plot_path(path: Path) -> None:
    """Raise UsageError for a file of another kind, and where matplotlib is not installed."""
    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"--plot {path}: give a file that ends with {', '.join(_SUFFIXES)}")
    if find_spec("matplotlib") is None:
        raise UsageError("--plot needs matplotlib: pip install 'sde-datasets[plots]'")


def write_plot(comparisons: Comparisons, path: Path) -> None:
    """Write the plot: a panel for each figure, a row for each scoring.

    A full mark is a difference with a p-value below 0.05 after Holm's correction.
    """
    import matplotlib
    from matplotlib.figure import Figure

    first, *others = comparisons.names
    names = list(comparisons.comparisons[0].figures)
    with matplotlib.rc_context():
        # ignore the matplotlibrc of this machine
        matplotlib.rcdefaults()
        matplotlib.rcParams["svg.hashsalt"] = "sde-datasets"
        size = (2.3 * len(names) + 1.5, 0.35 * len(others) + 1.6)
        figure = Figure(figsize=size, dpi=130, layout="constrained")
        for number, name in enumerate(names):
            axes = figure.add_subplot(1, len(names), number + 1)
            axes.axvline(0, color="#9a9a9a", linewidth=0.8)
            for row, (comparison, corrected) in enumerate(zip(comparisons.comparisons, comparisons.holm, strict=True)):
                each, p = comparison.figures[name], corrected[name]
                if each.difference.value is None or each.low is None or each.high is None:
                    continue
                axes.plot([each.low, each.high], [row, row], color=_COLOUR, linewidth=1.4)
                fill = _COLOUR if p is not None and p < _SIGNIFICANT else "white"
                axes.plot([each.difference.value], [row], "o", color=_COLOUR, markerfacecolor=fill, markersize=5)
            axes.set_title(label(name), fontsize=9)
            axes.set_yticks(
                range(len(others)), [_shown(other) for other in others] if not number else [""] * len(others)
            )
            axes.set_ylim(len(others) - 0.5, -0.5)
            axes.tick_params(labelsize=8)
            axes.margins(x=0.15)
        caption = f"difference from {_shown(first)}, 95 % intervals; full mark: p < 0.05 (Holm)"
        figure.supxlabel(caption, fontsize=8)
        path.parent.mkdir(parents=True, exist_ok=True)
        suffix = path.suffix.lower()
        with atomic_file(path) as file:
            figure.savefig(file, format=suffix[1:], metadata=_METADATA[suffix])


def _shown(name: str) -> str:
    """A name as the plot shows it: its end, on one line, without signs of formulas."""
    text = "".join(char if char.isprintable() else "?" for char in name).replace("$", r"\$")
    return text if len(text) <= 32 else f"…{text[-31:]}"
