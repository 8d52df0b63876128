"""What the page is given: the samples of the build, searches, tokens, and nothing that breaks a file of HTML.

pytest tests/explorer/test_explorer.py
"""

from __future__ import annotations

import base64
import json
import re
from hashlib import sha256
from importlib.resources import files

import pytest
from click.testing import CliRunner

from sde_datasets.cli.main import main
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.dataset.parquet import row_groups
from sde_datasets.designs.design import EVERY
from sde_datasets.errors import InputError, UsageError
from sde_datasets.explorer.explorer import PAGE, Explorer
from sde_datasets.explorer.page import whole_page
from sde_datasets.tasks.task import get_task
from tests.explorer.conftest import HOSTILE, built

EVERY_NAMES = list(EVERY)
NUMBER = {name: number for number, name in enumerate(EVERY)}


def samples(folder, config: str) -> list[dict]:
    """The rows of a config."""
    manifest = Manifest.load(folder)
    return [
        row
        for path in manifest.config_files(config)
        for group in row_groups(folder / path)
        for row in group.to_pylist()
    ]


def prompt(explorer: Explorer, view: str, design: str, text: str) -> str:
    """A prompt from what the page is given."""
    given, state = explorer.view(view), next(each for each in explorer.catalogue()["views"] if each["name"] == view)
    parts = given["parts"][state["designs"].index(NUMBER[design])]
    prefix, suffix = ("\n".join(given["lines"][line] for line in part) for part in parts)
    return prefix + text + suffix


@pytest.mark.parametrize("view", ["ner", "mabsa"])
def test_the_page_is_given_the_samples_of_the_build(dataset, explorer, view):
    catalogue = explorer.catalogue()
    for design in Manifest.load(dataset).views[view].designs:
        answer = catalogue["designs"][NUMBER[design]]["answer"]
        for row in samples(dataset, f"{view}-{design}")[: len(HOSTILE)]:
            record = explorer.record(view, "train", row["id"])
            assert record["completions"][record["answers"][answer]] == row["completion"]
            assert prompt(explorer, view, design, record["text"]) == row["prompt"]
            assert "".join(segment["text"] for segment in record["segments"]) == row["source_text"]


def test_every_design_that_a_view_can_have_is_there(explorer):
    numbers = {view["name"]: set(view["designs"]) for view in explorer.catalogue()["views"]}
    of = {view: {EVERY_NAMES[number] for number in found} for view, found in numbers.items()}
    assert {name for name in of["ner"] if "inline" in name} and not {name for name in of["mabsa"] if "inline" in name}
    # the targets of these views have no definitions
    assert of["mabsa"] == {name for name in EVERY if "defs" not in name and "inline" not in name}


def test_a_search_finds_text_and_id_in_any_case_and_goes_on(explorer):
    assert [row["id"] for row in explorer.records("ner", "THE IL-2 GENE.")["rows"]] == ["r4 <b>"]
    assert [row["split"] for row in explorer.records("ner", "R64")["rows"]] == ["test"]
    first, rest = explorer.records("ner"), explorer.records("ner", skip=PAGE)
    assert first["more"] and not rest["more"]
    assert [row["id"] for row in first["rows"] + rest["rows"]] == [f"r{n} <b>" for n in range(65)]
    assert explorer.records("ner", split="test")["rows"][0]["id"] == "r64 <b>"
    assert explorer.records("ner", "100%_.*")["rows"] == []


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda it: it.view("nerr"), "Did you mean ner"),
        (lambda it: it.record("ner", "train", "none"), "no record 'none'"),
        (lambda it: it.records("ner", split="dev"), "no split 'dev'"),
        (lambda it: it.tokens("ner", "train", "r0 <b>", "none"), "unknown tokenizer 'none'"),
    ],
)
def test_what_is_not_there_is_named(explorer, act, said):
    with pytest.raises(UsageError, match=said):
        act(explorer)


def test_tokens_are_those_of_the_tokenizer(dataset, tmp_path):
    tokenizers = pytest.importorskip("tokenizers")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({"x": 0}, unk_token="x"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    explorer = Explorer.open(str(dataset), tokenizers=[str(tmp_path)])
    found = explorer.tokens("ner", "train", "r4 <b>", tmp_path.name)
    record = explorer.record("ner", "train", "r4 <b>")
    assert found["completions"] == [len(completion.split()) for completion in record["completions"]]
    place = next(view for view in explorer.catalogue()["views"] if view["name"] == "ner")["designs"]
    for design in ("lines-text", "json-num-cot-instlast"):
        words = len(prompt(explorer, "ner", design, record["text"]).split())
        assert found["prompts"][place.index(NUMBER[design])] == words


def test_a_folder_without_a_tokenizer_is_refused(dataset, tmp_path):
    pytest.importorskip("tokenizers")
    with pytest.raises(InputError, match=r"tokenizer\.json: does not exist"):
        Explorer.open(str(dataset), tokenizers=[str(tmp_path)])


def test_data_cannot_end_its_element_and_scripts_are_those_of_the_package(explorer):
    page = whole_page(explorer, 4)
    assert page.count("<script") == 2 and page.count("</script>") == 2 and "<img" not in page
    data, script = re.findall(r"<script[^>]*>(.*?)</script>", page, re.S)
    held = json.loads(data)["held"]["ner"]["records"]
    assert [record["text"] for record in held[:4]] == HOSTILE
    policy = re.search(r'Policy" content="([^"]*)"', page)[1]
    for text, kind in ((script, "script"), (re.search(r"<style>(.*?)</style>", page, re.S)[1], "style")):
        assert f"{kind}-src 'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'" in policy
    assert "default-src 'none'" in policy and "connect-src 'none'" in policy and "unsafe" not in policy


def test_the_same_dataset_gives_the_same_page(dataset, explorer):
    assert whole_page(explorer, 2) == whole_page(Explorer.open(str(dataset)), 2)


def test_the_command_writes_the_page(dataset, tmp_path):
    out = tmp_path / "page.html"
    done = CliRunner().invoke(main, ["explore", str(dataset), "--html", str(out), "--n", "1"])
    assert done.exit_code == 0 and done.output == f"{out}\n"
    assert str(dataset.parent) not in out.read_text("utf-8")


def test_prompts_of_other_words_are_refused(tmp_path, dataset):
    folder = built(tmp_path, ("ner",), ("lines-text",), "Other")
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace('"cue": "Output:"', '"cue": "Answer:"'), encoding="utf-8")
    with pytest.raises(InputError, match="other prompts than this version"):
        Explorer.open(str(folder))


def test_a_task_of_the_users_own_is_given_by_its_file(tmp_path):
    words = files("sde_datasets.tasks").joinpath("ner.toml").read_text("utf-8")
    (tmp_path / "toy.toml").write_text(words.replace('name = "ner"', 'name = "toy"'), encoding="utf-8")
    folder = built(tmp_path, ("toy.toml",), ("lines-text",), "Own")
    done = CliRunner().invoke(main, ["explore", str(folder), "--html", str(tmp_path / "page.html")])
    assert done.exit_code == 2 and "give its file with --task" in done.output
    explorer = Explorer.open(str(folder), tasks=[get_task("toy.toml", tmp_path)])
    (row,) = samples(folder, "toy-lines-text")[4:5]
    assert prompt(explorer, "toy", "lines-text", row["source_text"]) == row["prompt"]


def test_what_is_no_dataset_is_refused(tmp_path):
    done = CliRunner().invoke(main, ["explore", str(tmp_path / "missing")])
    assert done.exit_code == 1 and "is neither a folder nor a repository" in done.output


def test_definitions_of_a_plan_are_in_the_prompts(tmp_path):
    definitions = {"DNA": "A stretch of DNA.", "<i>type</i>": "Another type."}
    folder = built(tmp_path, ("ner",), ("lines-text-defs",), "Defined", definitions)
    explorer = Explorer.open(str(folder))
    (row,) = samples(folder, "ner-lines-text-defs")[4:5]
    assert "A stretch of DNA." in row["prompt"]
    assert prompt(explorer, "ner", "lines-text-defs", row["source_text"]) == row["prompt"]
