"""The YAML of the card: the parsers of the Hub's libraries read it, and it says only words that the Hub knows.

pytest tests/card/test_front.py
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from datasets import get_dataset_config_names
from huggingface_hub import DatasetCard

from tests.card.reading import build_own, build_views, card_of, front_of, opinion, write_rows

# those of the Hub's words that can occur here: hub-docs, datasetcard.md and the list of licences
CATEGORIES = {"text-generation", "token-classification", "text-classification"}
TASK_IDS = {"named-entity-recognition", "sentiment-analysis", "explanation-generation"}
LICENCES = {"apache-2.0", "mit", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-4.0", "cc0-1.0", "unknown", "other"}
FIELDS = {
    "pretty_name",
    "language",
    "multilinguality",
    "license",
    "license_name",
    "license_link",
    "task_categories",
    "task_ids",
    "size_categories",
    "annotations_creators",
    "source_datasets",
    "tags",
    "configs",
}
FOLDERS = ("bundled", "counted", "awkward")


@pytest.fixture(params=FOLDERS)
def folder(request) -> Path:
    return request.getfixturevalue(request.param)


def known(name: str) -> Any:
    """A list of words that `datasets` carries."""
    return json.loads((files("datasets.utils.resources") / f"{name}.json").read_text("utf-8"))


def as_list(value: Any) -> list:
    return value if isinstance(value, list) else [value]


def data_of(folder: Path) -> dict:
    return DatasetCard.load(folder / "README.md", ignore_metadata_errors=False).data.to_dict()


def check_keys_are_unique(node: yaml.Node) -> None:
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        assert len(set(keys)) == len(keys)
        for _, value in node.value:
            check_keys_are_unique(value)
    for item in node.value if isinstance(node, yaml.SequenceNode) else []:
        check_keys_are_unique(item)


def test_both_libraries_read_what_yaml_says(folder):
    card = DatasetCard.load(folder / "README.md", ignore_metadata_errors=False)
    assert card.data.to_dict() == front_of(card_of(folder))
    listed = [config["config_name"] for config in front_of(card_of(folder))["configs"]]
    assert get_dataset_config_names(str(folder)) == listed


def test_no_key_of_the_metadata_occurs_twice(folder):
    front = yaml.compose(card_of(folder).split("---\n")[1], yaml.CSafeLoader)
    assert isinstance(front, yaml.MappingNode) and front.value
    check_keys_are_unique(front)


def test_only_known_fields_none_of_them_empty(folder):
    data = data_of(folder)
    assert set(data) <= FIELDS
    assert all(data.values())


def test_words_are_those_that_datasets_carries(folder):
    data = data_of(folder)
    assert set(data["language"]) <= set(known("languages"))
    assert set(data["size_categories"]) <= set(known("size_categories"))
    assert set(data["multilinguality"]) <= set(known("multilingualities"))
    assert set(data.get("annotations_creators", [])) <= set(known("creators")["annotations"])


def test_words_are_those_that_the_hub_documents(folder):
    data = data_of(folder)
    assert set(data["task_categories"]) <= CATEGORIES
    assert set(data.get("task_ids", [])) <= TASK_IDS
    assert set(as_list(data["license"])) <= LICENCES
    assert all(word.split("|")[0] in ("original", "extended") for word in data.get("source_datasets", []))


def test_every_config_of_the_folder_is_listed_with_all_its_files(folder):
    listed = {}
    for config in data_of(folder)["configs"]:
        assert set(config) <= {"config_name", "data_files", "default"}
        assert all(set(entry) == {"split", "path"} for entry in config["data_files"])
        listed[config["config_name"]] = {entry["split"]: entry["path"] for entry in config["data_files"]}
    there = {}
    for path in folder.glob("data/*/*.parquet"):
        split = path.name.split("-")[0]
        there.setdefault(path.parent.name, {})[split] = f"{path.parent.relative_to(folder).as_posix()}/{split}-*"
    views = {name.split("-")[0] for name in there}
    others = {"es": "lines-text", "ew": "natural-text-ou-instlast", "heuristic": "list-text-ou"}
    aliases = {f"{v}-{alias}": there[f"{v}-{d}"] for v in views for alias, d in others.items() if f"{v}-{d}" in there}
    assert listed == there | aliases


def test_one_config_is_the_default_and_loads_samples(folder):
    chosen = [config["config_name"] for config in data_of(folder)["configs"] if config.get("default")]
    first = data_of(folder)["configs"][0]["config_name"].split("-")[0]
    assert chosen == [f"{first}-lines-text"]


def test_without_lines_text_the_first_design_is_the_default(tmp_path):
    out = build_own(tmp_path, [opinion("soup")], designs=("list-text", "json-text"))
    assert [c["config_name"] for c in data_of(out)["configs"] if c.get("default")] == ["mabsa-json-text"]


def test_the_words_of_both_tasks_and_languages_are_there(bundled):
    data = data_of(bundled)
    assert data["language"] == ["en", "zh"] and data["multilinguality"] == ["multilingual"]
    assert set(data["task_ids"]) == {"named-entity-recognition", "sentiment-analysis"}
    assert set(data["task_categories"]) == CATEGORIES
    assert {"event-detection", "aspect-based-sentiment-analysis"} < set(data["tags"])
    assert data["license"] == "apache-2.0" and "license_name" not in data
    assert data["annotations_creators"] == ["machine-generated"] and data["source_datasets"] == ["original"]
    assert data["pretty_name"] == "Four samples"


def test_size_counts_records_once_and_not_for_every_design(tmp_path):
    # 600 records under two designs stay below a thousand
    out = build_own(tmp_path, [opinion(f"soup {n}") for n in range(600)], designs=("lines-text", "json-text"))
    assert data_of(out)["size_categories"] == ["n<1K"]


@pytest.fixture(scope="module")
def licensed(tmp_path_factory) -> Path:
    """Three views with three licences, one of which the Hub has no word for, and one in no known language."""
    folder = tmp_path_factory.mktemp("licensed")
    write_rows(folder / "mine.jsonl", [opinion("good soup")])
    given = {"corpus": "jsonl", "path": "mine.jsonl", "task": "mabsa"}
    views = [
        given | {"name": "a", "licence": "CC-BY-4.0"},
        given | {"name": "b", "licence": "House terms, 2nd edition"},
        given | {"name": "c", "licence": "mit", "language": "en-x-klingon"},
    ]
    return build_views(folder, views)


def test_several_licences_are_a_list(licensed):
    assert data_of(licensed)["license"] == ["cc-by-4.0", "other", "mit"]


def test_a_licence_that_the_hub_does_not_know_has_name_and_link(licensed):
    data = data_of(licensed)
    assert data["license_name"] == "house-terms-2nd-edition"
    assert data["license_link"] == "NOTICE.md" and (licensed / "NOTICE.md").is_file()


def test_a_language_that_is_none_is_left_out(licensed):
    assert data_of(licensed)["language"] == ["en"]


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        (1, "n<1K"),
        (999, "n<1K"),
        (1000, "1K<n<10K"),
        (9999, "1K<n<10K"),
        (10_000, "10K<n<100K"),
        (999_999, "100K<n<1M"),
        (1_000_000, "1M<n<10M"),
        (999_999_999, "100M<n<1B"),
    ],
)
def test_sizes_in_the_hubs_words(rows, word):
    from sde_datasets.ingest.hub_terms import size_category

    assert size_category(rows) == word and word in known("size_categories")


def test_the_lists_of_words_hold_none_that_datasets_does_not_carry():
    from sde_datasets.ingest.hub_terms import ANNOTATORS, SIZES

    assert set(ANNOTATORS) == set(known("creators")["annotations"])
    assert set(SIZES) < set(known("size_categories"))
