"""What a person sees of scores at a terminal: every figure, reasons for what is undefined, nothing that moves a cursor.

pytest tests/scoring/test_terminal.py
"""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from sde_datasets import compare, score
from sde_datasets.scoring.comparison_terminal import comparison_table
from sde_datasets.scoring.report_terminal import ROWS, scores_table
from sde_datasets.scoring.scores import Scores
from sde_datasets.tasks.task import get_task
from tests.scoring.examples import SCHEMAS, completions
from tests.scoring.samples_of_scores import FOUL, comparison, label_scores, mention_scores, undefined


def shown(what) -> str:
    """A table as it is printed on a pipe."""
    out = io.StringIO()
    Console(file=out, width=160).print(what, markup=False, highlight=False)
    return out.getvalue()


def scores(task: str, wrong: str = "no") -> Scores:
    gold = completions(task, "lines-text")
    return score(gold, [wrong, *gold[1:]], design="lines-text", schema=SCHEMAS[task], resamples=50)


@pytest.mark.parametrize("task", SCHEMAS)
def test_every_headline_figure_is_there(task):
    given = scores(task)
    said = shown(scores_table(given))
    for name, each in given.headline.items():
        value = f"{100 * each.value:.1f} %" if name == "format_error_rate" else f"{each.value:.3f}"
        assert any(line.split(maxsplit=1)[:1] == [name] and value in line for line in said.splitlines()), name
    assert all(target in said for target in SCHEMAS[task].targets)
    assert "no_format" in said and "▸no" in said


def test_what_is_undefined_has_its_reason_once():
    gold = ["'DNA': ''\n'protein': ''"]
    said = shown(scores_table(score(gold, gold, design="lines-text", schema=SCHEMAS["ner"])))
    assert said.count("neither gold nor predicted") == 1 and " - " in said


def test_of_many_targets_those_with_the_most_gold_are_shown():
    targets = tuple(f"t{number:02}" for number in range(ROWS + 4))
    gold = ["\n".join(f"{target}: {'x' if target > 't03' else 'NONE'}" for target in targets)]
    given = score(gold, gold, design="lines-text", schema=get_task("ed").schema(targets))
    said = shown(scores_table(given))
    assert "t04" in said and "t33" in said and "t03" not in said
    assert "4 more targets with less gold" in said


def test_nothing_of_an_answer_moves_the_cursor():
    said = shown(scores_table(scores("ner", "\x1b\r\ud800\u202e")))
    assert not set(said) & {"\x1b", "\r", "\ud800", "\u202e"}
    assert "\\u{1b}\\u{d}\\u{d800}\\u{202e}" in said


def test_a_comparison():
    first, second = scores("mabsa"), scores("mabsa", completions("mabsa", "lines-text")[0])
    found = compare(first, second, resamples=50, permutations=99)
    said = shown(comparison_table(found))
    each = found.figures["kappa"]
    line = next(line for line in said.splitlines() if line.startswith("kappa"))
    assert line.split()[1:4] == [f"{each.a:.3f}", f"{each.b:.3f}", f"{each.difference.value:+.3f}"]
    assert f"{each.p:.4f}" in line and "50 resamples, 99 permutations" in said


@pytest.mark.parametrize("made", [label_scores, mention_scores])
def test_the_figures_of_each_table_are_there(made):
    given = made()
    said, figures = shown(scores_table(given)), given.to_json()["figures"]
    rows = [figures["by_label"]["negative"]] if made is label_scores else [
        *(each[how] for each in (figures["micro"], figures["macro"]) for how in ("hard", "soft")),
        *figures["nested"].values(),
        *figures["by_length"]["lengths"].values(),
        {"f1": figures["by_target"]["protein"]["soft"]["f1"]},
    ]  # fmt: skip
    rows.append(figures["by_target"]["price"] if made is label_scores else figures["by_target"]["protein"]["hard"])
    for value in (value for row in rows for value in row.values() if isinstance(value, float)):
        assert f"{value:.3f}" in said, value
    for words in ("91.1 %", "92.2 %", "93.3 %", "x1: good▸not this", "1 row rejected", "5 without a prediction"):
        assert words in said, words


@pytest.mark.parametrize("made", [label_scores, mention_scores])
def test_with_everything_undefined_each_reason_is_said_once(made):
    said = shown(scores_table(undefined(made())))
    assert said.count("no f1 here") == 1 and said.count("no error_rate here") == 1 and "None" not in said


@pytest.mark.parametrize("what", [scores_table(label_scores(FOUL)), scores_table(mention_scores(FOUL)),
                                  comparison_table(comparison(FOUL))])  # fmt: skip
def test_hostile_text_stands_as_its_codes(what):
    said = shown(what)
    said.encode("utf-8")
    assert all(char.isprintable() or char == "\n" for char in said)


def test_a_comparison_says_what_is_undefined():
    lines = shown(comparison_table(comparison())).splitlines()
    assert next(line for line in lines if line.startswith("macro_f1")).split() == ["macro_f1", "0.471", *"----"]
    assert "-  undefined in b" in [line.strip() for line in lines]
    kappa = next(line for line in lines if line.startswith("kappa"))
    assert kappa.split() == ["kappa", "0.512", "0.634", "+0.122", "-0.043", "to", "+0.287", "0.0321"]
