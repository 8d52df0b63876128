"""What reports show of located mentions."""

from __future__ import annotations

from sde_datasets.scoring.json_object import JsonObject
from sde_datasets.scoring.span_figures import SpanFigures
from sde_datasets.scoring.span_metrics import SCHEMES, Outcome
from sde_datasets.scoring.view_tables import PRECISION_RECALL_F1, Section, counted, figure_table


def span_section(spans: SpanFigures, noun: str) -> Section:
    """Return the section of located mentions. noun: what a mention is called, `mention` or `trigger`."""
    schemes: dict[str, JsonObject] = {scheme: getattr(spans, scheme) for scheme in SCHEMES}
    columns = (*Outcome._fields, *PRECISION_RECALL_F1)
    both = {"identification": spans.identification, "classification": spans.classification}
    means: dict[str, JsonObject] = {}
    for name, figures in both.items():
        means |= {f"{noun} {name}, micro": figures.micro, f"{noun} {name}, macro": figures.macro}
    tables = (
        figure_table("Located mentions by the schemes of SemEval-2013", "scheme", schemes, columns, "f1"),
        figure_table(f"Identification (right place) and classification (right target) of {noun}s", "figure", means,
                     PRECISION_RECALL_F1, "f1"),
    )  # fmt: skip
    sentences: tuple[str, ...] = ()
    if spans.not_located:
        sentences = (f"{counted(spans.not_located, 'prediction')} not found in the text are spurious.",)
    return Section("Spans", tables, sentences)
