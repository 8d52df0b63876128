"""What reports show of scores: which figures, in which order, with which labels and sentences, as percent or number.

The report at the terminal and the HTML page both show this view; they decide only how it looks. `label_view.py` and
`mention_view.py` have the sections of the figures, `view_tables.py` the tables.
"""

from __future__ import annotations

from dataclasses import dataclass

from sde_datasets.scoring.answer_figures import DefectCount
from sde_datasets.scoring.explanations import HEADLINE
from sde_datasets.scoring.figures import Figure
from sde_datasets.scoring.group_view import group_section
from sde_datasets.scoring.label_figures import LabelFigures
from sde_datasets.scoring.label_view import label_sections
from sde_datasets.scoring.mention_figures import MentionFigures
from sde_datasets.scoring.mention_view import mention_sections
from sde_datasets.scoring.sample_view import SampleViews, sample_views
from sde_datasets.scoring.scores import Scores
from sde_datasets.scoring.view_tables import (
    FigureTable,
    Section,
    clipped,
    counted,
    interval_text,
    percent_or_number,
    reasons,
)

# the bundled task whose mentions are triggers of events
EVENT_TASK = "ed"


@dataclass(frozen=True)
class HeadlineFigure:
    """A headline figure. value, interval: as text, empty where undefined. bar: low, high and value from 0 to 1.

    explanation: a sentence about what it says.
    """

    name: str
    value: str
    interval: str
    reason: str
    bar: tuple[float, float, float] | None
    explanation: str = ""


@dataclass(frozen=True)
class DefectRow:
    """A kind of defect and its counts."""

    name: str
    counts: DefectCount

    @property
    def kind(self) -> str:
        """`error` or `note`."""
        return "error" if self.counts.error else "note"


@dataclass(frozen=True)
class ScoreView:
    """All that a report shows. source: the gold split, empty without one. about: what was scored. sources: hashes."""

    title: str
    source: str
    about: tuple[str, ...]
    headline: tuple[HeadlineFigure, ...]
    intervals: str
    figures: tuple[Section, ...]
    format: Section
    defects: tuple[DefectRow, ...]
    samples: SampleViews
    sources: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of all tables of figures, each once."""
        tables = (table for section in self.figures for table in section.tables if isinstance(table, FigureTable))
        return tuple(dict.fromkeys(column for table in tables for column in table.columns))


def score_view(scores: Scores) -> ScoreView:
    """Return the view of scores."""
    gold = scores.inputs.gold
    return ScoreView(
        title=f"{scores.design}, {scores.schema.task} ({scores.schema.language})",
        source=f"{gold.name} {gold.config} {gold.split}" if gold else "",
        about=_about(scores),
        headline=tuple(_headline_figure(name, figure) for name, figure in scores.headline.items()),
        intervals=_intervals(scores),
        figures=_sections(scores),
        format=_format_section(scores),
        defects=tuple(DefectRow(name, counts) for name, counts in scores.defects.items()),
        samples=sample_views(scores),
        sources=_sources(scores),
        warnings=scores.warnings or (),
    )


def _sections(scores: Scores) -> tuple[Section, ...]:
    figures = scores.figures
    if isinstance(figures, LabelFigures):
        sections = label_sections(figures)
    else:
        sections = mention_sections(figures, "trigger" if scores.schema.task == EVENT_TASK else "mention")
    return (*sections, group_section(scores.groups)) if scores.groups else sections


def _intervals(scores: Scores) -> str:
    units = "samples" if scores.documents is None else f"{scores.documents:,} documents"
    how = f"95 % intervals by bootstrap over {units}, {scores.resamples:,} resamples, seed {scores.seed}."
    macro = scores.macro_f1
    if macro is not None and (bounds := interval_text("f1", macro.low, macro.high)):
        how += f" Macro F1 over targets {percent_or_number('f1', macro.value)}: {bounds}."
    return " ".join((how, *(scores.warnings or ())))


def _about(scores: Scores) -> tuple[str, ...]:
    predictions = scores.inputs.predictions
    parts = [counted(scores.samples, "sample")]
    if predictions and (made := predictions.provenance) and "decoding" in made:
        parts.append(f"{made['decoding']}{', constrained' if made.get('constrained') else ''} decoding")
    if isinstance(scores.figures, MentionFigures) and scores.figures.normalised and scores.figures.normalised.counted:
        parts.append("mentions are compared after NFKC, without blanks and hyphens")
    if scores.unanswered:
        parts.append(f"{scores.unanswered:,} without a prediction are left out")
    if scores.rejected:
        first = scores.rejected[0]
        parts.append(f"{counted(len(scores.rejected), 'row')} rejected, the first at {first.location}: {first.reason}")
    return tuple(parts)


def _headline_figure(name: str, figure: Figure) -> HeadlineFigure:
    bar = None
    if figure.value is not None and figure.low is not None and figure.high is not None:
        bar = (clipped(figure.low), clipped(figure.high), clipped(figure.value))
    interval = interval_text(name, figure.low, figure.high)
    value = percent_or_number(name, figure.value)
    return HeadlineFigure(name, value, interval, figure.reason, bar, HEADLINE.get(name, ""))


def _format_section(scores: Scores) -> Section:
    errors = scores.format_errors
    parts = (
        ("format errors", "error_rate", errors.error_rate, errors.errors),
        ("nothing could be read", "unusable_rate", errors.unusable_rate, errors.unusable),
        ("cut off", "cut_off_rate", errors.cut_off_rate, errors.cut_off),
        ("repeat themselves", "runaway_rate", errors.runaway_rate, errors.runaway),
    )
    sentence = ", ".join(f"{words} {percent_or_number(n, r.value) or '-'} ({c:,})" for words, n, r, c in parts)
    return Section("Format", sentences=(sentence,), undefined=reasons([errors]))


def _sources(scores: Scores) -> tuple[str, ...]:
    lines = [", ".join(f"{name} {version}" for name, version in scores.versions.items())]
    if file := scores.inputs.predictions:
        lines.append(f"predictions: {file.name}, {file.size:,} bytes, sha256 {file.sha256}")
    if gold := scores.inputs.gold:
        lines += [f"gold: {path}, sha256 {digest}" for path, digest in gold.sha256.items()]
        lines += [f"gold: {gold.name} at {gold.revision}"] if gold.revision else []
    return tuple(lines)
