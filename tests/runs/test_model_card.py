"""The model card: in the run folder, and in the repository that the model is pushed to.

pytest tests/runs/test_model_card.py
"""

from __future__ import annotations

import ast
import shutil
from dataclasses import replace

import pytest
import yaml

from sde_datasets.card.notes import BEGIN, END
from sde_datasets.runs.model_card import render_card, write_card
from sde_datasets.runs.options import TrainingOptions, options_toml
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.scoring.api import score
from sde_datasets.scoring.figures import Figure
from sde_datasets.scoring.scores_file import scores_text

HUB = {"model": "org/base", "model_revision": "0" * 40}


def head(text: str) -> dict:
    """The metadata of a card."""
    return yaml.safe_load(text.split("---\n")[1])


def title(text: str) -> str:
    return next(line for line in text.split("\n") if line.startswith("# "))


def called(text: str) -> str:
    """Return the argument of Predictor in the code of a card."""
    code = text.split("```python\n")[1].split("```")[0]
    calls = [each for each in ast.walk(ast.parse(code)) if isinstance(each, ast.Call)]
    return next(call.args[0].value for call in calls if getattr(call.func, "id", "") == "Predictor")


@pytest.fixture
def run_with(run, tmp_path):
    """Return a function that copies a run with other options and one file of weights; `model/` is not read."""

    def of(weights: str, **options) -> RunFolder:
        without = shutil.ignore_patterns("model", "predictions")
        folder = shutil.copytree(run, tmp_path / "a run", dirs_exist_ok=True, ignore=without)
        (folder / "model").mkdir(exist_ok=True)
        (folder / "model" / weights).write_text("{}")
        options = TrainingOptions(config="ner-lines-text-noinst", **options).resolved()
        (folder / "run.toml").write_text(options_toml(options))
        return RunFolder(folder)

    return of


def test_card_names_the_folder_or_the_repository(run_with):
    folder = run_with("config.json", model="tiny")
    assert (title(render_card(folder)), called(render_card(folder))) == ("# a run", str(folder.path))
    pushed = render_card(folder, "org/names")
    assert (title(pushed), called(pushed)) == ("# names", "org/names")
    assert str(folder.path) not in pushed


def test_folder_name_is_quoted_in_the_code(run_with, tmp_path):
    folder = run_with("config.json", model="tiny")
    path = tmp_path / 'a "quoted" \\ é'
    folder.path.rename(path)
    assert called(render_card(RunFolder(path))) == str(path)


def test_card_of_a_model_from_scratch_has_no_base_model(run_with):
    found = head(render_card(run_with("config.json", model="tiny"), "org/x"))
    assert found["library_name"] == "transformers" and not {"base_model", "base_model_relation"} & set(found)


def test_card_of_an_adapter_names_its_base_model(run_with):
    text = render_card(run_with("adapter_config.json", **HUB), "org/x")
    found = head(text)
    assert (found["base_model"], found["base_model_relation"]) == ("org/base", "adapter")
    assert found["library_name"] == "peft" and "lora" in found["tags"]
    assert "org/base, trained on `ner-lines-text-noinst` with a LoRA adapter." in text


def test_card_of_merged_weights_is_that_of_a_finetune(run_with):
    folder = run_with("adapter_config.json", **HUB)
    (folder.path / "merged").mkdir()
    (folder.path / "merged" / "config.json").write_text("{}")
    text = render_card(folder, "org/x", folder.path / "merged")
    found = head(text)
    assert (found["base_model"], found["base_model_relation"]) == ("org/base", "finetune")
    assert found["library_name"] == "transformers" and "lora" not in found["tags"]
    assert "org/base, trained on `ner-lines-text-noinst` with a LoRA adapter, now merged into the weights." in text


def test_card_of_downloaded_merged_weights_is_not_that_of_an_adapter(run_with):
    folder = run_with("config.json", **HUB)
    write_card(folder)
    assert head((folder.path / "README.md").read_text())["base_model_relation"] == "finetune"


def test_card_of_full_training_is_that_of_a_finetune(run_with):
    text = render_card(run_with("config.json", full=True, **HUB), "org/x")
    found = head(text)
    assert (found["base_model_relation"], found["library_name"]) == ("finetune", "transformers")
    assert "org/base, trained on `ner-lines-text-noinst` with all weights." in text


def test_local_base_model_is_not_in_the_metadata(run_with, models):
    folder = run_with("config.json", model=str(models / "qwen"), full=True)
    for text in (render_card(folder), render_card(folder, "org/x")):
        assert not {"base_model", "base_model_relation"} & set(head(text)) and str(models) not in text
        assert "qwen (a local folder), trained on `ner-lines-text-noinst` with all weights." in text
        assert "--out again`), if you have the base model." in text


def test_metadata_names_hub_data_but_no_local_folder(run_with, data):
    assert head(render_card(run_with("config.json", model="tiny", data="org/sde")))["datasets"] == ["org/sde"]
    folder = run_with("config.json", model="tiny", data=str(data))
    assert "datasets" not in head(render_card(folder)) and "if you have the data." in render_card(folder)


def test_both_cards_have_the_scores_and_the_notes_of_the_user(run_with):
    folder = run_with("config.json", model="tiny")
    assert "None yet" in render_card(folder, "org/x")
    template, gold = folder.read_template(), [{"id": "1", "completion": "'DNA': 'a'", "source_text": "a"}]
    scores = score(gold, ["'DNA': 'a'"], design=template.design, schema=template.schema, resamples=0)
    scores = replace(scores, headline={"f1": Figure(0.5, 0.25, 0.75)})
    folder.predictions("").parent.mkdir(exist_ok=True)
    (folder.predictions("").parent / "ner-test.scores.json").write_text(scores_text(scores))
    local = folder.path / "README.md"
    local.write_text(render_card(folder).replace(f"{BEGIN}\n\n{END}", f"{BEGIN}\nfor the tests\n{END}"))
    for text in (render_card(folder), render_card(folder, "org/x")):
        assert "| ner-test | f1 | 0.500 | 0.250 to 0.750 |" in text and "None yet" not in text
        assert f"{BEGIN}\nfor the tests\n{END}" in text
