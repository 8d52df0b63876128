"""The analysis: paired differences, effects, ranks, intervals and sentences, on results with a known answer.

pytest tests/study/test_analysis.py
"""

from __future__ import annotations

from itertools import product

import numpy as np
import polars as pl
import pytest

from sde_datasets.study.analysis.conclusions import conclusions, difference_sentence
from sde_datasets.study.analysis.differences import Difference, differences
from sde_datasets.study.analysis.effects import Fit, fits
from sde_datasets.study.analysis.estimates import Estimate, estimate, holm
from sde_datasets.study.analysis.ranks import rank_comparisons
from sde_datasets.study.analysis.scores import Resampling, evaluated_arms
from sde_datasets.study.analysis.standings import standings
from sde_datasets.study.analysis.study_analysis import StudyAnalysis
from sde_datasets.study.analysis.targets import target_differences
from sde_datasets.study.arms import STUDY_AXES, Arm, arm_from, contrasts
from sde_datasets.study.folder import StudyFolder
from sde_datasets.study.plan import find_plan, read_plan
from sde_datasets.study.report.figures import pareto_front, study_figures
from sde_datasets.study.report.published import published_difference, published_scores, verdict

RESAMPLING = Resampling(400)
BASE = {"format": "natural", "placement": "inst-last"}
PU, OU = arm_from(BASE), arm_from(BASE | {"unmentioned": "ou"})


def study(
    accuracy: dict[Arm, float], seeds: int = 3, samples: int = 200, noise: float = 0.0
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The tables of a study of a label task with two targets and three labels; an arm is right with a probability."""
    generator = np.random.default_rng(1)
    gold, luck = generator.integers(3, size=(samples, 2)), generator.random((samples, 2))
    rows, answers = [], []
    for (arm, share), seed in product(accuracy.items(), range(1, seeds + 1)):
        right = luck < share + noise * generator.standard_normal()
        cells = gold * 3 + np.where(right, gold, (gold + 1) % 3)
        name = f"{arm.name}-{seed}"
        row = {
            "cell": name,
            "evaluation": "greedy",
            "kind": "answers",
            "label": "greedy",
            "arm": arm.name,
            "task": "label",
        }
        row |= {"model": "m", "train_view": "v", "test_view": "v", "in_domain": True, "size": 10, "seed": seed}
        row |= {
            "score_name": "accuracy",
            "prompt_perplexity": None,
            "completion_perplexity": None,
            "score": float(right.mean()),
            "samples": samples,
            "train_tokens": 1000 * seed,
            "generated_tokens": 12 * samples,
            "classes": 3,
            "weights": None,
        }
        row |= {axis: arm.option(axis) for axis in STUDY_AXES}
        rows.append(row | {"targets": ["food", "price"], "failure": None})
        answers += [
            {"cell": name, "evaluation": "greedy", "id": f"{number:04}", "error": 0, "counts": line.tolist()}
            for number, line in enumerate(cells)
        ]
    return pl.DataFrame(rows, infer_schema_length=None), pl.DataFrame(answers)


def compared(accuracy: dict[Arm, float], **settings) -> list[Difference]:
    return differences(contrasts(list(accuracy)), evaluated_arms(*study(accuracy, **settings)), RESAMPLING)


def test_a_score_is_that_of_the_counted_answers():
    results, samples = study({PU: 0.7})
    assert evaluated_arms(results, samples)[0].mean == pytest.approx(results["score"].mean())


def test_designs_stand_in_order_of_their_scores_with_an_interval_and_the_tokens_they_take():
    results, samples = study({PU: 0.6, OU: 0.8})
    first, second = standings(results, evaluated_arms(results, samples), RESAMPLING)
    assert [first.arm, second.arm] == [OU.name, PU.name]
    # the arms are right on 80 % of 400 targets, so the standard error is 0.02
    assert first.estimate.value == pytest.approx(0.8, abs=0.06)
    assert 0.06 < first.estimate.high - first.estimate.low < 0.12
    assert (first.trained, first.generated) == (2000, 12)


def test_a_difference_is_paired_by_sample():
    # the arms are right on nested sets of samples, so the difference varies less than each score
    (found,) = compared({PU: 0.7, OU: 0.6})
    assert found.estimate.high - found.estimate.low < 0.09 and found.is_clear
    assert found.estimate.value == pytest.approx(found.arm_mean - found.reference_mean)


def test_a_clear_difference_is_a_conclusion():
    (found,) = compared({PU: 0.9, OU: 0.5})
    assert difference_sentence(found).startswith("unmentioned, in domain: ou is worse than pu by ")


def test_an_unclear_difference_is_none():
    (found,) = compared({PU: 0.7, OU: 0.705}, samples=40, noise=0.05)
    assert "cannot tell whether ou or pu is better" in difference_sentence(found)


def test_one_seed_allows_no_conclusion():
    (found,) = compared({PU: 0.9, OU: 0.1}, seeds=1)
    assert "cannot tell. With one seed" in difference_sentence(found) and not found.is_clear


def test_equal_results_give_equal_bytes_of_sentences():
    first, second = (conclusions(compared({PU: 0.9, OU: 0.8}), [], []) for _ in range(2))
    assert first == second


@pytest.mark.slow
def test_an_interval_over_three_seeds_covers_the_truth():
    generator, covered = np.random.default_rng(3), 0
    for _ in range(400):
        of_seeds, of_samples = generator.normal(0.1, 0.02, 3), generator.normal(0, 0.01)
        values = of_seeds + of_samples
        shares = generator.multinomial(2, [1 / 3] * 3, size=400) / 2
        found = estimate(shares @ values + generator.normal(0, 0.01, 400), values)
        covered += found.low <= 0.1 <= found.high
    # seeds with a small variance by chance make the interval too narrow
    assert 0.89 < covered / 400 < 0.99


def test_two_seeds_that_differ_give_a_wide_interval():
    values = np.array([0.0, 0.2])
    shares = np.random.default_rng(1).multinomial(1, [0.5, 0.5], size=400)
    found = estimate(shares @ values, values)
    assert found.low < -0.5 and found.high > 0.7


def test_holm_corrects_as_statsmodels_does():
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    p_values = [0.01, 0.04, 0.03, 0.5]
    assert holm([*p_values, None])[:4] == pytest.approx(multitest.multipletests(p_values, method="holm")[1].tolist())
    assert holm([None, 0.01]) == [None, 0.01]


LEVELS = {"format": ["natural", "lines", "json"], "labels": ["text", "num"], "unmentioned": ["pu", "ou"]}
GRID = [arm_from(dict(zip(LEVELS, choice, strict=True))) for choice in product(*LEVELS.values())]
ACCURACY = {
    arm: 0.6 + 0.1 * (arm.option("format") == "lines") - 0.1 * (arm.option("labels") == "num")
    + 0.08 * (arm.option("format") == "json" and arm.option("unmentioned") == "ou")
    for arm in GRID
}  # fmt: skip


@pytest.fixture(scope="module")
def factorial() -> tuple[pl.DataFrame, Fit]:
    results, samples = study(ACCURACY, seeds=2)
    (fit,) = fits(GRID, LEVELS, evaluated_arms(results, samples), RESAMPLING)
    return results, fit


def test_effects_are_those_of_statsmodels(factorial):
    formula = pytest.importorskip("statsmodels.formula.api")
    results, fit = factorial
    arms = {arm.name: arm for arm in GRID}
    table = {axis: [arms[name].option(axis) for name in results["arm"]] for axis in LEVELS}
    sums = {axis: f"C({axis}, Sum, levels={options})" for axis, options in LEVELS.items()}
    words = " + ".join(f"{sums[a]} * {sums[b]}" for a, b in (("format", "labels"), ("format", "unmentioned")))
    words += f" + {sums['labels']} * {sums['unmentioned']}"
    import pandas

    frame = pandas.DataFrame({**table, "score": results["score"].to_list()})
    theirs = formula.ols(f"score ~ {words}", frame).fit().params
    ours = {effect.term.name: effect.estimate.value for effect in fit.effects}
    assert ours["format=lines"] == pytest.approx(theirs[f"{sums['format']}[S.lines]"])
    assert ours["labels=text"] == pytest.approx(theirs[f"{sums['labels']}[S.text]"])
    pair = f"{sums['format']}[S.lines]:{sums['unmentioned']}[S.pu]"
    assert ours["format=lines x unmentioned=pu"] == pytest.approx(theirs[pair])


def test_the_effects_of_an_axis_sum_to_zero(factorial):
    _, fit = factorial
    for axis in LEVELS:
        assert sum(e.estimate.value for e in fit.main if e.term.axes == (axis,)) == pytest.approx(0)
    pairs = [e.estimate.value for e in fit.interactions if e.term.axes == ("format", "unmentioned")]
    assert len(pairs) == 6 and sum(pairs) == pytest.approx(0)


def test_the_two_options_of_an_axis_are_one_comparison():
    of_two = {axis: LEVELS[axis] for axis in ("labels", "unmentioned")}
    arms = [arm_from(dict(zip(of_two, choice, strict=True))) for choice in product(*of_two.values())]
    accuracy = {arm: 0.6 + 0.02 * (arm.option("labels") == "text") for arm in arms}
    (fit,) = fits(arms, of_two, evaluated_arms(*study(accuracy, seeds=2, samples=60, noise=0.05)), RESAMPLING)
    least = min(fit.main, key=lambda effect: effect.estimate.p)
    assert least.holm == pytest.approx(min(1, 2 * least.estimate.p))


def test_interactions_are_drawn(factorial, tmp_path):
    results, fit = factorial
    plan = read_plan(find_plan("factorial"))
    costs = results.with_columns(
        kind=pl.lit("answers"),
        format_error_rate=0.1,
        train_tokens=5,
        generated_tokens=5,
        train_seconds=1.0,
        seconds=1.0,
    )
    analysis = StudyAnalysis(plan, StudyFolder(tmp_path), costs, GRID, [], [], fits=[fit])
    assert [figure.name for figure in study_figures(analysis)] == ["format_errors", "cost", "interactions"]


def test_the_best_option_of_an_axis_is_a_conclusion(factorial):
    lines = conclusions([], [factorial[1]], [])
    assert (
        lines[0].startswith("format, in domain: compared with the mean of all designs, ")
        and "lines is above" in lines[0]
    )


def test_too_few_complete_runs_give_no_effects():
    few = GRID[:3]
    (fit,) = fits(few, LEVELS, evaluated_arms(*study({arm: ACCURACY[arm] for arm in few[:2]}, 2)), RESAMPLING)
    assert "effects" not in fit.reason or not fit.effects or len(fit.effects) <= 2


def test_ranks_as_prompts_are_compared_with_ranks_after_training():
    arms = dict(zip(GRID[:6], (0.4, 0.5, 0.6, 0.7, 0.8, 0.9), strict=True))
    results, samples = study(arms)
    prompts = results.unique("arm", maintain_order=True).with_columns(
        size=pl.lit(0, pl.Int64), label=pl.lit("zero-shot"), kind=pl.lit("prompt")
    )
    (found,) = rank_comparisons(pl.concat([results, prompts]), evaluated_arms(results, samples))
    assert found.correlation == pytest.approx(1) and found.low > 0.9


def test_differences_by_target_name_the_share_without_a_mention():
    found = target_differences(contrasts([PU, OU]), *study({PU: 0.9, OU: 0.6}), RESAMPLING)
    assert [one.target for one in found] == ["food", "price"]
    assert all(0.2 < one.share < 0.5 and one.estimate.value < 0 for one in found)


def test_the_published_difference_is_that_of_the_paper():
    found = Difference(
        contrasts([PU, OU])[0],
        "in domain",
        "greedy",
        "kappa",
        1,
        Estimate(-0.1, 3, -0.2, -0.05, 0.01),
        0.8,
        0.7,
        0,
        0,
        0.01,
    )
    published = published_difference(found)
    assert published.low < published.value < 0 and verdict(found, published) == "agrees"


def test_the_front_has_no_design_that_another_beats():
    assert pareto_front(np.array([3.0, 1.0, 2.0, 2.5]), np.array([0.9, 0.5, 0.4, 0.8])) == [1, 3, 0]


def test_published_scores_are_those_of_the_paper():
    assert published_scores("natural-text-instlast mi1", "kappa", 500, "out of domain").low == pytest.approx(0.1978)
    assert published_scores("lines-text-instlast", "few-shot").high == pytest.approx(0.4220)
    assert published_scores("lines-text", "few-shot") is None
