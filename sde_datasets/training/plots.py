"""The loss curve of a run as a picture."""

from __future__ import annotations

from sde_datasets.runs import metrics_file
from sde_datasets.runs.run_folder import RunFolder


def plot_loss_curve(folder: RunFolder, title: str) -> None:
    """Plot the loss by step, and the scores on the validation split if there are any, into loss.png."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = metrics_file.read_rows(folder.metrics)
    figure = Figure(figsize=(7, 4), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    losses = [row for row in rows if "loss" in row]
    axes.plot([row["step"] for row in losses], [row["loss"] for row in losses], color="#2a5d9f", label="training loss")
    axes.set(xlabel="step", ylabel="loss (nats per token)", title=title)
    axes.set_ylim(bottom=0)
    scores = [row for row in rows if "validation" in row]
    if scores:
        right = axes.twinx()
        steps, values = [row["step"] for row in scores], [row["validation"] for row in scores]
        right.plot(steps, values, "o-", color="#b3541e", label=f"validation {scores[0]['figure']}")
        right.set(ylabel=scores[0]["figure"], ylim=(min(0, *values), 1))
    figure.legend(loc="outside lower center", ncols=2)
    FigureCanvasAgg(figure).print_png(folder.path / "loss.png", metadata={"Software": None})
