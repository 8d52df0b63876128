"""README, CONTRIBUTING, CITATION and the GitHub files: links lead to files, versions agree, YAML is valid.

pytest tests/docs/test_files.py
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import sde_datasets
from scripts.docs_output import comparable, marks

ROOT = Path(__file__).resolve().parents[2]
PATHS = re.compile(r"`((?:docs|tests|scripts|sde_datasets|builders|cards)/[\w./-]+)`")


def test_the_readme_is_at_most_150_lines():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_and_paths_lead_to_files(name):
    text = (ROOT / name).read_text("utf-8")
    linked = {link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link}
    assert [path for path in sorted(linked | set(PATHS.findall(text))) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.name)
def test_paths_in_the_documentation_lead_to_files(page):
    paths = set(PATHS.findall(page.read_text("utf-8")))
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_the_citation_names_the_version_of_the_package():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == sde_datasets.__version__ and citation["cff-version"] == "1.2.0"


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda path: path.name)
def test_github_files_are_valid_yaml(path):
    content = yaml.safe_load(path.read_text("utf-8"))
    for part in content.get("body", []):
        assert part["type"] in ("textarea", "input") and part["attributes"]["label"] and part["id"]


def test_marks_name_commands_and_the_blocks_after_them():
    lines = ["<!-- run: a -->", '<!-- output exit=1 show="": b: c -->', "```console", "old", "```"]
    run, output = marks(lines)
    assert (run.kind, run.argument, run.first) == ("run", "a", 0)
    assert (output.argument, output.options, output.first, output.last) == ("b: c", {"exit": "1", "show": ""}, 3, 4)


def test_durations_and_addresses_are_not_compared():
    assert comparable(["all right    27.4 s"], False) == comparable(["all right    3.1 s"], False)
    assert comparable(["see http://127.0.0.1:80/x at 0123abcd"], False) == comparable(
        ["see https://huggingface.co/x at ffff0000"], False
    )
    assert comparable(["kept 3"], False) != comparable(["kept 4"], False)
    assert comparable(["kept    3 "], True) == comparable(["kept 14,000 "], True)


def test_examples_and_parameters_of_docstrings_are_marked_up():
    pytest.importorskip("griffe", reason="the docs extra is not installed")
    from scripts.docs_griffe import marked_up

    text = "Do it.\n\na, b: two\n    words.\n\n>>> do()\n[1]"
    assert marked_up(text) == "Do it.\n\n\n- `a`, `b`: two\n    words.\n\n\n```pycon\n>>> do()\n[1]\n```"
