"""The card of a model: in the folder of its run, and in the repository that it is pushed to.

pytest tests/train/test_card.py
"""

from __future__ import annotations

import ast
import json
import shutil

import pytest
import yaml

from sde_datasets.card.notes import BEGIN, END
from sde_datasets.train.card import card, write_card
from sde_datasets.train.folder import RunFolder
from sde_datasets.train.options import Options, options_text

HUB = {"model": "org/base", "model_revision": "0" * 40}


def head(text: str) -> dict:
    """The metadata of a card."""
    return yaml.safe_load(text.split("---\n")[1])


def title(text: str) -> str:
    return next(line for line in text.split("\n") if line.startswith("# "))


def called(text: str) -> str:
    """What the code of a card gives the Predictor."""
    code = text.split("```python\n")[1].split("```")[0]
    calls = [each for each in ast.walk(ast.parse(code)) if isinstance(each, ast.Call)]
    return next(call.args[0].value for call in calls if getattr(call.func, "id", "") == "Predictor")


@pytest.fixture
def told(run, tmp_path):
    """A copy of a run, told to be of other options; what stands in `model/` is not looked into."""

    def of(weights: str, **options) -> RunFolder:
        without = shutil.ignore_patterns("model", "predictions")
        folder = shutil.copytree(run, tmp_path / "a run", dirs_exist_ok=True, ignore=without)
        (folder / "model").mkdir(exist_ok=True)
        (folder / "model" / weights).write_text("{}")
        options = Options(config="ner-lines-text-noinst", **options).resolved()
        (folder / "run.toml").write_text(options_text(options))
        return RunFolder(folder)

    return of


def test_the_card_of_a_folder_names_it_and_that_of_a_repository_the_repository(told):
    folder = told("config.json", model="tiny")
    assert (title(card(folder)), called(card(folder))) == ("# a run", str(folder.path))
    pushed = card(folder, "org/names")
    assert (title(pushed), called(pushed)) == ("# names", "org/names")
    assert str(folder.path) not in pushed


def test_a_folder_of_any_name_stands_in_the_code_as_it_is(told, tmp_path):
    folder = told("config.json", model="tiny")
    path = tmp_path / 'a "quoted" \\ é'
    folder.path.rename(path)
    assert called(card(RunFolder(path))) == str(path)


def test_a_model_from_scratch_has_no_base(told):
    found = head(card(told("config.json", model="tiny"), "org/x"))
    assert found["library_name"] == "transformers" and not {"base_model", "base_model_relation"} & set(found)


def test_an_adapter_says_so_and_names_its_base(told):
    text = card(told("adapter_config.json", **HUB), "org/x")
    found = head(text)
    assert (found["base_model"], found["base_model_relation"]) == ("org/base", "adapter")
    assert found["library_name"] == "peft" and "lora" in found["tags"]
    assert "org/base, with a LoRA adapter, on" in text


def test_merged_weights_are_a_model_of_their_own(told):
    folder = told("adapter_config.json", **HUB)
    (folder.path / "merged").mkdir()
    (folder.path / "merged" / "config.json").write_text("{}")
    text = card(folder, "org/x", folder.path / "merged")
    found = head(text)
    assert (found["base_model"], found["base_model_relation"]) == ("org/base", "finetune")
    assert found["library_name"] == "transformers" and "lora" not in found["tags"]
    assert "org/base, with a LoRA adapter that was added into the weights, on" in text


def test_merged_weights_that_were_fetched_are_not_called_an_adapter(told):
    folder = told("config.json", **HUB)
    write_card(folder)
    assert head((folder.path / "README.md").read_text())["base_model_relation"] == "finetune"


def test_all_weights_trained_are_a_finetune(told):
    text = card(told("config.json", full=True, **HUB), "org/x")
    found = head(text)
    assert (found["base_model_relation"], found["library_name"]) == ("finetune", "transformers")
    assert "org/base, all weights trained, on" in text


def test_a_base_that_is_a_folder_is_no_base_of_the_hub(told, models):
    folder = told("config.json", model=str(models / "qwen"), full=True)
    for text in (card(folder), card(folder, "org/x")):
        assert not {"base_model", "base_model_relation"} & set(head(text)) and str(models) not in text
        assert "qwen (a local folder), all weights trained" in text
        assert "--out again`), where you have the base model." in text


def test_data_of_the_hub_are_named_and_a_folder_of_data_is_not(told, data):
    assert head(card(told("config.json", model="tiny", data="org/sde")))["datasets"] == ["org/sde"]
    folder = told("config.json", model="tiny", data=str(data))
    assert "datasets" not in head(card(folder)) and "where you have the data." in card(folder)


def test_scores_of_the_folder_and_words_of_a_person_stand_in_both_cards(told):
    folder = told("config.json", model="tiny")
    assert "None yet" in card(folder, "org/x")
    scores = {"headline": {"f1": {"value": 0.5, "low": 0.25, "high": 0.75}}}
    folder.predictions("").parent.mkdir(exist_ok=True)
    (folder.predictions("").parent / "ner-test.scores.json").write_text(json.dumps(scores))
    local = folder.path / "README.md"
    local.write_text(card(folder).replace(f"{BEGIN}\n\n{END}", f"{BEGIN}\nfor the tests\n{END}"))
    for text in (card(folder), card(folder, "org/x")):
        assert "| ner-test | f1 | 0.500 | 0.250 to 0.750 |" in text and "None yet" not in text
        assert f"{BEGIN}\nfor the tests\n{END}" in text
