"""What a run leaves for a person: the loss curve."""

from __future__ import annotations

from sde_datasets.train import metrics
from sde_datasets.train.folder import RunFolder


def curve(folder: RunFolder, title: str) -> None:
    """Draw loss, and scores on the validation split where there are any, by step."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = metrics.rows(folder.metrics)
    figure = Figure(figsize=(7, 4), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    losses = [row for row in rows if "loss" in row]
    axes.plot([row["step"] for row in losses], [row["loss"] for row in losses], color="#2a5d9f", label="training loss")
    axes.set(xlabel="step", ylabel="loss (nats a token)", title=title)
    axes.set_ylim(bottom=0)
    scores = [row for row in rows if "validation" in row]
    if scores:
        right = axes.twinx()
        steps, values = [row["step"] for row in scores], [row["validation"] for row in scores]
        right.plot(steps, values, "o-", color="#b3541e", label=f"validation {scores[0]['figure']}")
        right.set(ylabel=scores[0]["figure"], ylim=(min(0, *values), 1))
    figure.legend(loc="outside lower center", ncols=2)
    FigureCanvasAgg(figure).print_png(folder.path / "loss.png", metadata={"Software": None})
