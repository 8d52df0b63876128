"""The body of the card: its sections in order, its example and its code true, and foreign texts that break nothing.

pytest tests/card/test_body.py
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from sde_datasets.card.dataset import render
from sde_datasets.card.stats import example_samples
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.designs.design import AXES
from tests.card.conftest import mention
from tests.card.reading import (
    AWKWARD,
    SAMPLES,
    build_own,
    build_views,
    card_of,
    code,
    number,
    opinion,
    parts,
    raw_html,
    rows_in,
    sections,
    tables,
    tags,
    tokens,
    write_rows,
)

ORDER = [
    "",
    "Load it",
    "How configs are named",
    "One record under several designs",
    "Views and designs",
    "Corpora",
    "Splits",
    "Rejected, merged and left out",
    "Descriptions",
    "Known limits",
    "Train and score",
    "Build it again",
    "Citation",
    "Notes",
]
EXAMPLE = "One record under several designs"
FOLDERS = ("bundled", "counted", "awkward")


@pytest.fixture(params=FOLDERS)
def folder(request) -> Path:
    return request.getfixturevalue(request.param)


def test_the_sections_stand_in_their_order(folder):
    assert list(sections(card_of(folder))) == ORDER


def test_nothing_is_left_to_be_put_in(bundled):
    assert not re.search(r"\$\{?[a-z]", card_of(bundled))


def test_the_beginning_says_what_this_is_in_three_sentences(bundled):
    title, summary = sections(card_of(bundled))[""].strip().split("\n\n")
    assert title == "# Four samples"
    assert len(re.findall(r"[.](?: |$)", summary)) == 3
    # the bundled texts have one source, which is named once
    assert summary.count("Sample corpora of sde-datasets") == 1
    assert f"{sum(len(rows_in(bundled, f'{v}-records')) for v in ('ner', 'ed', 'mabsa', 'mabsa_zh')):,} anno" in summary
    assert "20 configs" in summary


# --- how configs are named


def test_every_option_of_every_axis_is_explained(bundled):
    section = sections(card_of(bundled))["How configs are named"]
    (listed,) = tables(section)
    options = [(axis, option, meaning) for axis, o in AXES.items() for option, (_, meaning) in o.items()]
    assert [(row[0], row[2], row[3]) for row in listed[1:]] == options
    assert all(f"`{view}`" in section for view in ("ner", "ed", "mabsa", "mabsa_zh"))


# --- the example


def shown(folder: Path) -> tuple[str, dict[str, str], dict[str, str]]:
    """The text, the completions by config and the prompts by config, as a browser shows them."""
    section = sections(card_of(folder))[EXAMPLE]
    found = tags(raw_html(section).replace("<br>", "\n"))
    heads, cells, pres = ([text for tag, text in found if tag == name] for name in ("th", "td", "pre"))
    # the prompts are the last, each under its config
    configs = re.findall(r"^`([\w-]+)`$", section, re.MULTILINE)
    assert configs == heads and len(cells) == len(heads) > 1
    return pres[0], dict(zip(heads, cells, strict=True)), dict(zip(heads, pres[-len(heads) :], strict=True))


def test_the_example_is_a_row_of_four_configs(folder):
    text, completions, prompts = shown(folder)
    for config in completions:
        found = [row for row in rows_in(folder, config) if row["source_text"] == text]
        assert found, config
        assert (completions[config], prompts[config]) in [(row["completion"], row["prompt"]) for row in found]


def test_the_example_shows_designs_that_differ(bundled):
    _, completions, _ = shown(bundled)
    assert len(set(completions.values())) == 4


def test_the_example_is_short_where_a_short_record_is_there(tmp_path):
    rows = [
        opinion("soup " * 100, food="positive", price="positive", place="neutral"),
        opinion("good soup", food="positive"),
    ]
    designs = ("lines-text", "list-text", "json-text", "natural-text")
    text, _, _ = shown(build_own(tmp_path, rows, designs=designs))
    assert text == "good soup"


def test_the_example_says_much_where_several_are_short(tmp_path):
    rows = [opinion("soup", food="positive"), opinion("soup and tea", food="positive", tea="neutral")]
    designs = ("lines-text", "list-text", "json-text", "natural-text")
    text, _, _ = shown(build_own(tmp_path, rows, designs=designs))
    assert text == "soup and tea"


def test_the_example_of_inline_marks_the_text(tmp_path):
    rows = [{"text": "the IL-2 gene", "annotations": [mention("DNA", 4, 13), mention("protein", 4, 8)]}]
    text, completions, _ = shown(build_own(tmp_path, rows, {"task": "ner"}, designs=("lines-text", "inline-text-ou")))
    assert text == "the IL-2 gene"
    assert completions["ner-inline-text-ou"] == "the [[IL-2|protein] gene|DNA]"


def test_without_designs_the_card_renders_records_and_says_how(tmp_path):
    out = build_own(tmp_path, [opinion("soup")], designs=())
    found = sections(card_of(out))
    assert 'sde.load("path/to/this/folder", "mabsa-lines-text")' in found["Load it"]
    assert "mabsa-lines-text-cot" in found[EXAMPLE] and "`mabsa-records`" in found["Views and designs"]


# --- foreign texts


def test_no_foreign_tag_is_read_as_html(awkward):
    allowed = {"details", "summary", "pre", "table", "thead", "tbody", "tr", "th", "td", "code"}
    assert {tag for tag, _ in tags(raw_html(card_of(awkward).split("\n---\n", 1)[1]))} <= allowed


def test_foreign_headings_are_none(awkward):
    body = card_of(awkward).split("\n---\n", 1)[1]
    found = list(tokens(body))
    inlines = [after for token, after in pairwise(found) if token.type == "heading_open"]
    heads = ["".join(part.content for part in inline.children) for inline in inlines]
    assert [head for head in heads if not head.startswith("taste")] == [
        "Own | data \\ `x` $y$ *z* \u4e2d",
        *ORDER[1:],
    ]


def test_tables_hold_whatever_targets_there_are(awkward):
    (listed,) = tables(parts(sections(card_of(awkward))["Corpora"])["taste"])
    column = listed[0].index("target")
    assert [row[column] for row in listed[1:]] == [target.replace("\n", " ") for target in AWKWARD]


def test_a_table_holds_whatever_title_and_licence_there_are(awkward):
    listed = tables(sections(card_of(awkward))["Corpora"])[0]
    assert listed[1][1:3] == ["A | B \\ `c` $d$ *e*", "mine | yours \\ `x`"]


def test_a_parser_sees_as_many_tables_as_there_are(awkward):
    body = card_of(awkward).split("\n---\n", 1)[1]
    assert sum(token.type == "table_open" for token in tokens(body)) == len(tables(body)) > 4


def test_a_foreign_mark_of_notes_is_none(awkward):
    # a text of this folder holds a whole line that looks like the mark
    assert any("\n<!-- end of notes -->\n" in row["text"] for row in rows_in(awkward, "taste-records"))
    assert card_of(awkward).count("\n<!-- end of notes -->\n") == 1


# --- the code


def run(script: str, home: Path) -> str:
    """Run a script as a reader does, far from the internet and with an empty cache; what it prints."""
    env = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(home), "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def snippets(folder: Path) -> tuple[str, str]:
    """The code that loads, with the folder's path, and the code that scores answers."""
    found = sections(card_of(folder))
    load, read = code(found["Load it"], "python"), found["Train and score"].split("Score the answers of a model")[1]
    assert load.count('"path/to/this/folder"') == 1
    return load.replace("path/to/this/folder", str(folder)), code(read, "python")


@pytest.mark.slow
def test_the_code_of_the_card_runs(folder, tmp_path):
    load, read = snippets(folder)
    say = "import json; print(json.dumps([{k: len(v) for k, v in samples.items()}, scores.to_json()]))"
    counts, scores = json.loads(run("\n".join((load, read, say)), tmp_path).splitlines()[-1])
    rows = rows_in(folder, re.search(r'", "([\w-]+)"', load)[1])
    assert counts == dict(Counter(row["_split"] for row in rows))
    first = re.search(r'samples\["(\w+)"\]', read)[1]
    assert [row["id"] for row in scores["rows"]] == [row["id"] for row in rows if row["_split"] == first]
    assert scores["headline"]["sample_accuracy"]["value"] == 1 and not scores["defects"]


def test_loading_takes_two_lines(bundled):
    lines = code(sections(card_of(bundled))["Load it"], "python").split("\n")
    assert len([line for line in lines if line]) == 2


def test_the_code_for_training_names_columns_that_are_there(bundled):
    tree = ast.parse(code(sections(card_of(bundled))["Train and score"], "python"))
    columns = next(
        ast.literal_eval(n.value) for n in tree.body if isinstance(n, ast.Assign) and n.targets[0].id == "columns"
    )
    assert set(columns) <= set(rows_in(bundled, "ner-lines-text")[0])


def call_of(card: str) -> tuple[list, dict]:
    """How the code of a card calls `load_dataset`."""
    tree = ast.parse(code(sections(card)["Load it"], "python"))
    (call,) = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [ast.literal_eval(a) for a in call.args], {k.arg: ast.literal_eval(k.value) for k in call.keywords}


def test_what_is_pushed_with_a_tag_is_loaded_by_that_tag(counted):
    manifest = replace(Manifest.load(counted), repository="org/food", tag="v1.2")
    card = render(manifest, example_samples(counted, manifest))
    assert call_of(card) == (["org/food", "genes-lines-text"], {"revision": "v1.2"})


def test_what_is_pushed_without_a_tag_is_loaded_as_it_stands(counted):
    manifest = replace(Manifest.load(counted), repository="org/food")
    assert call_of(render(manifest, example_samples(counted, manifest))) == (["org/food", "genes-lines-text"], {})


# --- what a reader is told of the build


def test_what_was_read_is_listed_with_its_hash(counted):
    section = sections(card_of(counted))["Build it again"]
    listed = [row[1].strip("`") for table in tables(section) for row in table[1:]]
    names = ("genes.jsonl", "meals.jsonl")
    assert listed == [hashlib.sha256((counted.parent / name).read_bytes()).hexdigest() for name in names]


def test_many_inputs_are_counted_and_not_listed(tmp_path):
    for n in range(23):
        write_rows(tmp_path / "many" / f"part{n}.jsonl", [opinion(f"soup {n}")])
    out = build_views(tmp_path, [{"corpus": "jsonl", "path": "many", "task": "mabsa"}])
    section = sections(card_of(out))["Build it again"]
    assert len(tables(section)[0]) == 1 + 20 and "and 3 more, in [manifest.json]" in section
    assert "The 23 source files" in section


@pytest.mark.parametrize("name", ["bundled", "counted"])
def test_links_lead_to_files_of_the_folder(name, request):
    folder = request.getfixturevalue(name)
    body = card_of(folder).split("\n---\n", 1)[1]
    links = {v for t in tokens(body) for k, v in (t.attrs or {}).items() if k in ("href", "src")}
    local = {link for link in links if "://" not in link}
    assert {"configs.csv", "NOTICE.md", "rejects.jsonl"} <= local
    assert all((folder / link).is_file() for link in local)


def test_a_real_corpus_is_cited_and_each_once(tmp_path):
    given = {"corpus": "genia", "path": str(SAMPLES / "ner")}
    out = build_views(tmp_path, [given | {"name": "one"}, given | {"name": "two"}])
    cited = code(sections(card_of(out))["Citation"], "bibtex")
    assert re.findall(r"^@\w+\{([\w-]+),$", cited, re.MULTILINE) == [
        "kim-etal-2003-genia",
        "sample-design-engineering-2024",
    ]
    assert cited.count("{") == cited.count("}")


def test_where_descriptions_come_from_is_said_only_of_those_there_are(bundled, counted):
    section = sections(card_of(bundled))["Descriptions"]
    (listed,) = tables(section)
    assert set(listed[0][1:]) <= {"annotated", "context", "extracted", "none"}
    for view, *counts in listed[1:]:
        origins = [a["origin"] for row in rows_in(bundled, f"{view[1:-1]}-records") for a in row["annotations"]]
        assert [number(count) for count in counts] == [origins.count(word) for word in listed[0][1:]]
    assert "84.5 %" in section and "a linear model" in section
    assert "linear model" not in sections(card_of(build_none(counted)))["Descriptions"]


def build_none(counted: Path) -> Path:
    """The same mentions again, without the view whose descriptions are extracted."""
    out = counted.parent / "alone"
    out.mkdir(exist_ok=True)
    view = {"corpus": "jsonl", "path": "../genes.jsonl", "task": "ner"}
    return build_views(out, [view])


def test_limits_name_the_views_they_hold_for(bundled, counted):
    limits = sections(card_of(bundled))["Known limits"]
    assert "`mabsa_zh` were extracted by a model" in limits and "more than one split" not in limits
    limits = sections(card_of(counted))["Known limits"]
    assert "In `genes`, `meals`, some texts occur in more than one split" in limits


def test_instructions_in_another_language_are_a_limit(tmp_path):
    out = build_own(tmp_path, [opinion("Суп хорош")], {"language": "ru"})
    assert "The instructions of `mabsa` (ru) are not in the language" in sections(card_of(out))["Known limits"]


def test_names_of_views_and_configs_are_code_in_every_table(bundled):
    body = card_of(bundled).split("\n---\n", 1)[1]
    shown = [token.content for token in tokens(body) if token.type == "code_inline"]
    assert "\\`" not in body and {"ner", "ner-lines-text", "mabsa_zh", "-cot"} <= set(shown)
