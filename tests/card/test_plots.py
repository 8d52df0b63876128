"""The plots of the card: a pair for each view, the same bytes twice, and names that the font lacks as numbers.

pytest tests/card/test_plots.py
"""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from sde_datasets.card import plots
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.dataset.view_state import ViewFigures
from tests.card.reading import build_own, card_of, number, opinion, parts, rows_in, sections, tables

VIEWS = ("ner", "ed", "mabsa", "mabsa_zh")


def figures_of(targets: list[str], labels: list[str]) -> ViewFigures:
    """The figures of a view, as far as its plot of labels needs them."""
    return ViewFigures(values={target: dict.fromkeys(labels, i + 1) for i, target in enumerate(targets)})


def labels_plot(figures: ViewFigures):
    """The figure of labels, and the texts at its bars, from the top."""
    figure = plots.label_plot("view", figures)
    return figure, [tick.get_text() for tick in figure.axes[0].get_yticklabels()]


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_has_a_pair_that_the_card_shows_in_its_place(bundled, view):
    card = sections(card_of(bundled))
    for name, section in (("labels", "Corpora"), ("completions", "Views and designs")):
        path = f"plots/{view}-{name}.png"
        assert re.findall(r"!\[[^]]+\]\(([^)]+)\)", parts(card[section])[view]) == [path]
        assert path in Manifest.load(bundled).outputs


def test_there_are_no_other_plots(bundled):
    assert {path.name for path in (bundled / "plots").iterdir()} == {
        f"{view}-{name}.png" for view in VIEWS for name in ("labels", "completions")
    }


def test_they_are_png_of_a_size_that_a_page_shows(bundled):
    for path in (bundled / "plots").iterdir():
        data = path.read_bytes()
        assert data[:8] == b"\x89PNG\r\n\x1a\n" and data[-8:-4] == b"IEND"
        width, height = struct.unpack(">II", data[16:24])
        assert 600 <= width <= 2000 and 100 <= height <= 2000
        assert len(data) < 200_000


def test_they_hold_neither_time_nor_version(bundled):
    for path in (bundled / "plots").iterdir():
        data = path.read_bytes()
        assert not any(chunk in data for chunk in (b"tEXt", b"iTXt", b"zTXt", b"tIME", b"atplotlib"))


def test_drawing_again_gives_the_same_bytes(bundled, tmp_path):
    drawn = plots.draw_plots(tmp_path, Manifest.load(bundled))
    assert len(drawn) == 8
    assert all((tmp_path / path).read_bytes() == (bundled / path).read_bytes() for path in drawn)


def test_another_process_draws_the_same_bytes(bundled, tmp_path):
    script = (
        "import sys; from pathlib import Path; from sde_datasets.card.plots import draw_plots; "
        "from sde_datasets.dataset.manifest import Manifest; "
        "draw_plots(Path(sys.argv[2]), Manifest.load(Path(sys.argv[1])))"
    )
    subprocess.run([sys.executable, "-c", script, str(bundled), str(tmp_path)], check=True, cwd=tmp_path)
    for path in (bundled / "plots").iterdir():
        assert (tmp_path / "plots" / path.name).read_bytes() == path.read_bytes()


def test_a_plot_of_a_view_that_is_gone_is_removed(bundled, tmp_path):
    build_own(tmp_path, [opinion("good soup")], {"name": "old"})
    out = build_own(tmp_path, [opinion("good soup")], {"name": "new"})
    assert sorted(path.name for path in (out / "plots").iterdir()) == ["new-completions.png", "new-labels.png"]


def test_a_view_without_designs_has_no_plot_of_lengths(tmp_path):
    out = build_own(tmp_path, [opinion("good soup")], designs=())
    assert [path.name for path in (out / "plots").iterdir()] == ["mabsa-labels.png"]


@pytest.mark.parametrize("text", ["food", "RNA polymerase-II", "Straße", "ελληνικά", "событие", "a|b <c> \\d"])
def test_a_name_that_the_font_has_is_shown(text):
    assert plots._drawable(text, 7) == text


@pytest.mark.parametrize("text", ["食品", "food 食", "음식", "new\nline", "😀"])
def test_a_name_that_the_font_lacks_is_its_number(text):
    assert plots._drawable(text, 7) == "7"


@pytest.mark.parametrize("text", ["$a$", "$$", "cost in $", "$\\frac{1}{2}$", "a$b$c$d$"])
def test_a_dollar_is_a_dollar_and_no_formula(text, tmp_path):
    figure, ticks = labels_plot(figures_of([text], ["positive"]))
    assert ticks == [text.replace("$", "\\$")]
    plots.save_plot(figure, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes()[:4] == b"\x89PNG"


def test_no_sign_is_missing_in_any_plot_of_the_samples(bundled, tmp_path):
    # matplotlib warns of a sign that the font lacks
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = plots.draw_plots(tmp_path, Manifest.load(bundled))
    assert drawn and all((tmp_path / path).is_file() for path in drawn)


def test_a_number_is_that_of_the_row_in_the_card(bundled):
    (listed,) = tables(parts(sections(card_of(bundled))["Corpora"])["mabsa_zh"])
    numbered = {row[0]: row[1] for row in listed[1:]}
    given = Manifest.load(bundled).views["mabsa_zh"].figures
    _, ticks = labels_plot(given)
    said = [a["target"] for row in rows_in(bundled, "mabsa_zh-records") for a in row["annotations"]]
    counts = [said.count(numbered[tick]) for tick in ticks]
    assert counts == sorted(counts, reverse=True) and len(set(ticks)) == len(numbered) == len(ticks)


def test_forty_targets_are_shown_and_the_title_says_of_how_many():
    targets = [f"t{i}" for i in range(45)]
    figure, ticks = labels_plot(figures_of(targets, ["positive"]))
    # the most frequent first, which here are the last
    assert ticks == targets[:4:-1]
    assert "40 most frequent of 45 targets" in figure.axes[0].get_title(loc="left")


def test_the_bars_are_as_long_as_the_counts():
    figure, _ = labels_plot(figures_of(["one", "two"], ["good", "bad"]))
    assert [round(bar.get_width()) for bar in figure.axes[0].patches] == [2, 1, 2, 1]
    assert [round(bar.get_x()) for bar in figure.axes[0].patches] == [0, 0, 2, 1]


def test_the_points_are_the_mean_characters_of_the_completions(tmp_path):
    designs = ("lines-text", "lines-text-instlast", "json-text", "json-text-ou")
    out = build_own(tmp_path, [opinion("good soup", food="positive"), opinion("tea", tea="neutral")], designs=designs)
    manifest = Manifest.load(out)
    figure = plots.completion_plot(manifest, "mabsa")
    points = {round(float(x), 3) for dots in figure.axes[0].collections for x, _ in dots.get_offsets()}
    means = set()
    for design in designs:
        rows = rows_in(out, f"mabsa-{design}")
        means.add(round(sum(len(row["completion"]) for row in rows) / len(rows), 3))
    assert points == means and len(means) == 3


def test_a_plot_is_never_seen_half_written(bundled, tmp_path, monkeypatch):
    Path(shutil.copytree(bundled / "plots", tmp_path / "plots"))
    before = {path.name: path.read_bytes() for path in (tmp_path / "plots").iterdir()}

    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", stopped)
    with pytest.raises(KeyboardInterrupt):
        plots.draw_plots(tmp_path, Manifest.load(bundled))
    assert {path.name: path.read_bytes() for path in (tmp_path / "plots").iterdir()} == before


def test_the_numbers_in_the_card_count_its_rows(bundled):
    (listed,) = tables(parts(sections(card_of(bundled))["Corpora"])["mabsa_zh"])
    assert [number(row[0]) for row in listed[1:]] == list(range(1, len(listed)))
