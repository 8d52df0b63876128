"""Plans: what they contain, what is refused, the comparisons and the cells that follow from them.

pytest tests/study/test_plans.py
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from sde_datasets.cli.main import main
from sde_datasets.errors import InputError, UsageError
from sde_datasets.study.api import plan_cells
from sde_datasets.study.arm_names import design_and_weight
from sde_datasets.study.arms import Arm, compared_arms, contrasts
from sde_datasets.study.cells import Cell, Evaluation
from sde_datasets.study.data import open_data
from sde_datasets.study.explain import explain
from sde_datasets.study.factorial import d_optimal, design_matrix, factorial_arms, levels_of
from sde_datasets.study.matrix import arms_of, cells_of, wanted_designs
from sde_datasets.study.plan import find_plan, plan_names, plan_toml, read_plan

EXPERIMENT_1 = read_plan(find_plan("experiment1"))


def write(folder, text: str):
    path = folder / "mine.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("name", plan_names())
def test_a_plan_of_the_package_is_explained_under_both_scales(name):
    plan = read_plan(find_plan(name))
    assert plan.title in explain(plan) and plan.title in explain(plan.scaled("small"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('title = "a"\nviews = [["ner"]]\nsead = [1]', "unknown key 'sead'. Did you mean seeds"),
        ('title = "a"\nviews = [["ner"]]\ndesigns = ["line-text"]', "unknown design 'line-text'"),
        ('title = "a"\nviews = [["ner"]]\n[training]\nepoch = 1', "unknown key 'epoch'"),
        ('title = "a"\nviews = [["ner"]]\n[training]\nseed = 1', "seed is decided by the study"),
        ('title = "a"\nviews = [["ner"]]\n[small]\nsizs = [1]', "unknown key 'sizs'"),
        ('title = "a"\nviews = [["ner"]]\ntrained = ["gredy"]', "trained has 'gredy'"),
        ('title = "a"\nviews = []', "views is empty"),
        ('title = "a"\nviews = [["ner"]]\ntrain_views = ["nre"]', "train_views has 'nre'"),
        ('title = "a"\nviews = [["ner"]]\nprompt_weights = [2]', "prompt_weights has 2"),
        ('title = "a"\nviews = [["ner"]]\nbase = "lines-text mi2"', "prompt weight '2': give a number from 0 to 1"),
        ('title = "a"\nviews = [["ner"]]\nagainst = "bas"', "against is 'bas'. Give nearest or base"),
        ('title = "a"\nviews = [["ner"]]\nkind = "factorial"', "axes and kind do not agree"),
        ('title = "a"\nviews = [["ner"]]\nkind = "factorial"\n[axes]\nformt = ["a", "b"]', "unknown axis 'formt'"),
        ('title = "a"\nviews = [["ner"]]' + "\n" * 30, "A plan has at most 30"),
    ],
)
def test_a_bad_plan_is_refused_with_the_key_at_fault(tmp_path, text, words):
    with pytest.raises(InputError, match=words.replace("[", r"\[")):
        read_plan(write(tmp_path, text))


def test_an_unknown_plan_names_the_nearest_one():
    with pytest.raises(UsageError, match="experiment1"):
        find_plan("experiment")


def test_a_written_plan_is_read_back_equal(tmp_path):
    plan = EXPERIMENT_1.scaled("small")
    assert replace(read_plan(write(tmp_path, plan_toml(plan))), name=plan.name) == plan


def test_an_arm_is_compared_with_the_arm_that_differs_in_one_axis():
    found = {c.arm.name: (c.reference.name, c.axis) for c in contrasts(compared_arms(EXPERIMENT_1))}
    assert found["json-text-cot-instlast"] == ("json-text-instlast", "reasoning")
    assert found["natural-text"] == ("natural-text-instlast", "placement")
    assert found["natural-text-instlast mi0.1"] == ("natural-text-instlast", "prompt_weight")


def test_all_arms_are_compared_with_the_base_where_the_plan_says_so():
    plan = replace(EXPERIMENT_1, base="list-text-ou-noinst mi0.1", designs=("ew", "natural-text-instlast"))
    arms = compared_arms(replace(plan, prompt_weights=(0,)))
    names = ["list-text-ou-noinst mi0.1", "natural-text-ou-instlast", "natural-text-instlast"]
    assert [arm.name for arm in arms] == names
    assert [c.reference.name for c in contrasts(arms)] == [names[0], names[1]]
    assert [c.reference.name for c in contrasts(arms, "base")] == [names[0], names[0]]


def test_designs_that_differ_in_several_axes_are_compared_as_designs():
    found = contrasts(compared_arms(replace(EXPERIMENT_1, base="ew", designs=("es",), prompt_weights=(0,))))
    assert [(c.axis, c.options) for c in found] == [("design", ("natural-text-ou-instlast", "lines-text"))]


def evaluation(label: str) -> Evaluation:
    return Evaluation("answers", label, "ner", "ner-lines-text", "digest")


CELL = Cell("es", "lines-text", 0.0, "ner", "ner-lines-text", "tiny", "tiny", "digest", 10, 1, {"epochs": 1})


def test_a_further_evaluation_does_not_change_the_name_of_a_cell():
    assert replace(CELL, evaluations=(evaluation("greedy"),)).name == CELL.name


@pytest.mark.parametrize(
    "change",
    [{"seed": 2}, {"size": 20}, {"prompt_weight": 1.0}, {"data": "x"}, {"model_id": "x"}, {"options": {"epochs": 2}}],
    ids=str,
)
def test_what_a_cell_depends_on_changes_its_name(change):
    assert replace(CELL, **change).name != CELL.name


def cells(plan, data, quiet):
    arms = arms_of(plan)
    return cells_of(plan, arms, open_data(str(data), wanted_designs(plan, arms), data, quiet))


def test_a_design_without_an_instruction_is_not_tested_out_of_domain(data, quiet):
    plan = replace(EXPERIMENT_1, views=(("mabsa", "ner"),), base="es", designs=("lines-text-noinst",))
    tested = {(c.design, c.view): {e.view for e in c.evaluations} for c in cells(plan, data, quiet)}
    assert tested["lines-text-noinst", "ner"] == {"ner"} and tested["lines-text", "ner"] == {"mabsa", "ner"}


def test_models_are_trained_on_the_views_of_a_group_that_are_asked_for(data, quiet):
    plan = replace(EXPERIMENT_1, views=(("mabsa", "ner"),), train_views=("ner",), base="es", designs=("ew",))
    tested = {(c.view, *sorted({e.view for e in c.evaluations})) for c in cells(plan, data, quiet)}
    assert tested == {("ner", "mabsa", "ner")}


def test_all_arms_have_the_first_seed_before_any_has_the_second(data, quiet):
    plan = replace(EXPERIMENT_1, views=(("ner",),), base="es", designs=("ew",), sizes=(5,), prompt_weights=(0,))
    order = [(c.seed, c.design) for c in cells(plan, data, quiet)]
    assert order[:3] == [(1, "lines-text"), (1, "natural-text-ou-instlast"), (2, "lines-text")]


def test_a_view_that_the_data_lack_is_named(data, quiet):
    plan = replace(EXPERIMENT_1, views=(("mabs",),), base="es", designs=())
    with pytest.raises(UsageError, match=r"has no view .mabs.\. Did you mean mabsa"):
        cells(plan, data, quiet)


def test_a_config_that_the_data_lack_is_named(data, quiet):
    plan = replace(EXPERIMENT_1, views=(("mabsa",),), base="list-num", designs=(), prompt_weights=(0,))
    with pytest.raises(InputError, match="lacks mabsa-list-num"):
        cells(plan, data, quiet)


def test_a_study_compares_designs_beyond_the_paper(out, quiet, models):
    designs = ("inline-text-ou", "lines-text-post", "lines-text-defs")
    model = str(models / "llama")
    plan = replace(EXPERIMENT_1, views=(("ner",),), base="es", designs=designs, prompt_weights=(0,), models=(model,))
    assert {cell.design for cell in plan_cells(plan, out, quiet).cells} == {"lines-text", *designs}
    assert [contrast.axis for contrast in contrasts(compared_arms(plan))] == ["design", "reasoning", "definitions"]


FACTORIAL = read_plan(find_plan("factorial"))


def test_a_factorial_plan_estimates_all_effects():
    arms = factorial_arms(FACTORIAL)
    matrix = design_matrix(arms, levels_of(FACTORIAL.axes), True)
    assert len(set(arms)) == FACTORIAL.runs and np.linalg.matrix_rank(matrix) == matrix.shape[1]


def test_the_first_runs_of_a_factorial_plan_estimate_the_main_effects():
    main = design_matrix(factorial_arms(FACTORIAL)[:24], levels_of(FACTORIAL.axes), False)
    assert np.linalg.matrix_rank(main) == main.shape[1]


def test_a_factorial_plan_with_too_few_runs_is_refused():
    with pytest.raises(InputError, match="2 runs for 11 main effects"):
        factorial_arms(replace(FACTORIAL, runs=2))


def test_the_exchange_finds_a_design_as_good_as_that_of_pydoe3():
    doe = pytest.importorskip("pyDOE3.doe_optimal")
    axes = {"format": ["natural", "lines", "json"], "labels": ["text", "num"], "unmentioned": ["pu", "ou"]}
    plan = replace(FACTORIAL, axes=axes, runs=12)
    grid = factorial_arms(plan)
    matrix = design_matrix(grid, levels_of(axes), False)

    def determinant(rows: np.ndarray) -> float:
        return float(np.linalg.slogdet(rows.T @ rows)[1])

    theirs, _ = doe.optimal_design(
        candidates=matrix[:, 1:], n_points=8, degree=1, criterion="D", method="fedorov", alpha=0.1
    )
    ours = max(determinant(matrix[d_optimal(matrix, 8, start)]) for start in range(3))
    assert ours >= determinant(np.column_stack([np.ones(8), theirs])) - 1e-9


def test_an_arm_is_named_by_its_design_and_weight():
    assert Arm(compared_arms(EXPERIMENT_1)[0].design, 0.1).name == "natural-text-instlast mi0.1"
    assert all(Arm(*design_and_weight(arm.name)) == arm for arm in compared_arms(EXPERIMENT_1))


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """A study folder whose data grow with each plan."""
    folder = tmp_path_factory.mktemp("plans")
    (folder / "data").mkdir()
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", plan_names())
def test_a_plan_of_the_package_has_cells_on_the_bundled_corpora(name, out, quiet, models):
    plan = replace(read_plan(find_plan(name)).scaled("small"), models=(str(models / "llama"),))
    study = plan_cells(plan, out, quiet)
    assert study.cells == study.missing and all(cell.evaluations for cell in study.cells) and study.work.cost > 0


def test_options_of_the_command_replace_values_of_the_plan():
    words = ["study", "prompt_loss", "--explain", "--seeds", "7", "--train-option", "schedule=cosine"]
    shown = CliRunner().invoke(main, [*words, "--train-option", "lora-rank=16"])
    assert "with the seeds 7;" in shown.output and "schedule = cosine, lora_rank = 16" in shown.output


def test_an_unknown_option_of_training_is_refused():
    refused = CliRunner().invoke(main, ["study", "prompt_loss", "--explain", "--train-option", "rank=16"])
    assert refused.exit_code == 1 and "unknown key 'rank'" in refused.output
