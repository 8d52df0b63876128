"""Scores as one HTML page without scripts and external resources: figures, confusions, defects, single samples."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from sde_datasets.scoring.explanations import explained
from sde_datasets.scoring.sample_view import SampleView, SampleViews
from sde_datasets.scoring.score_view import score_view
from sde_datasets.scoring.scores import Scores
from sde_datasets.scoring.view_tables import ConfusionTable, counted, label
from sde_datasets.utils.pages import page_environment

# worst samples that are unfolded
_UNFOLDED = 3


def page(scores: Scores) -> str:
    """Return the page of a scoring, the same bytes for the same scores."""
    environment = page_environment("sde_datasets.scoring")
    environment.filters |= {"label": label, "counted": counted, "thousands": "{:,}".format}
    environment.tests["confusion"] = lambda table: isinstance(table, ConfusionTable)
    template = environment.get_template("report.html.jinja")
    view = score_view(scores)
    return template.render(
        view=view,
        unfolded=_UNFOLDED,
        depth=_depth,
        explained=explained,
        anchors=view.samples.anchors,
        filters=SampleFilters(view.samples),
    )


class SampleFilters:
    """Filters of the samples by defect and target, in CSS: a sample has a class for each, which a selection keeps."""

    def __init__(self, samples: SampleViews) -> None:
        self._defects = {name: number for number, name in enumerate(samples.defects, 1)}
        self._targets = {name: number for number, name in enumerate(samples.targets, 1)}

    def classes(self, sample: SampleView) -> str:
        """Return the classes of a sample."""
        numbers = [f"d{self._defects[name]}" for name in sample.names]
        return " ".join([*numbers, *(f"t{self._targets[target]}" for target in sample.targets)])

    @property
    def css(self) -> Markup:
        """The rules that hide the samples without the selected defect or target; they hold numbers only."""
        pairs = (("defect", "d", self._defects), ("target", "t", self._targets))
        return Markup("\n").join(
            Markup(f'body:has(.by-{name} option[value="{n}"]:checked) .sample:not(.{letter}{n}) {{ display: none; }}')
            for name, letter, numbers in pairs
            for n in numbers.values()
        )


def _depth(count: int, row: Iterable[int]) -> str:
    """The opacity of a cell of a confusion matrix: the greater its share of the row, the darker."""
    return f"{0.06 + 0.5 * count / sum(row):.2f}" if count else "0.00"
