"""Building and pushing in one, and the licences without which nothing is built or pushed.

pytest tests/hub/test_build_and_push.py
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result

from sde_datasets.dataset.manifest import Manifest
from tests.hub.commands import done, fails, push, sde, writes
from tests.hub.conftest import NAME, shown

SAMPLES = Path(__file__).resolve().parents[2] / "builders" / "samples"
LOG_IN = "hf auth login"


def build(folder: Path, *args: object) -> Result:
    """Build into `out` of a folder."""
    return sde("build", "--out", folder / "out", "--quiet", "--workers", 1, *args)


def planned(folder: Path, view: str, top: str = "") -> Path:
    """A plan of one view with one design."""
    (folder / "sde.toml").write_text(f'designs = ["lines-text"]\n{top}\n[[view]]\n{view}\n')
    return folder / "sde.toml"


@pytest.fixture
def own(tmp_path) -> str:
    """The lines of a view of own data, which has no licence yet."""
    rows = [{"text": text, "annotations": [{"target": "food", "label": "positive"}]} for text in ("good tea", "ok")]
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return 'corpus = "jsonl"\npath = "mine.jsonl"\ntask = "mabsa"\n'


ACOS = f'corpus = "acos"\npath = "{SAMPLES / "mabsa"}"\n'
OWN_REFUSED = ["view mabsa", "has no licence", 'licence = "cc-by-4.0"']
ACOS_REFUSED = ["view mabsa", "Restaurant-ACOS and Laptop-ACOS", "licence: not stated", "redistribute = true"]


def test_repository_of_the_plan(here, own, tmp_path):
    plan = planned(tmp_path, own + 'licence = "cc0-1.0"', f'repository = "{NAME}"')
    done(build(tmp_path, "--plan", plan))
    assert f"{NAME} main" in done(push(tmp_path / "out", "--yes"))
    assert shown(here)


def test_repository_of_the_command_goes_before_that_of_the_plan(here, own, tmp_path):
    plan = planned(tmp_path, own + 'licence = "cc0-1.0"', 'repository = "org/other"')
    done(build(tmp_path, "--plan", plan))
    done(push(tmp_path / "out", NAME, "--yes"))
    card = here.repository(NAME).files()["README.md"].decode()
    assert f'load_dataset("{NAME}"' in card and 'load_dataset("org/other"' not in card


def test_own_data_without_a_licence_are_not_pushed(here, own, tmp_path):
    done(build(tmp_path, "--plan", planned(tmp_path, own)))
    fails(push(tmp_path / "out", NAME, "--yes"), 1, *OWN_REFUSED)
    assert writes(here) == []


def test_corpus_without_a_licence_is_not_pushed(here, tmp_path):
    done(build(tmp_path, "--source", f"acos={SAMPLES / 'mabsa'}", "--designs", "lines-text"))
    fails(push(tmp_path / "out", NAME, "--yes"), 1, *ACOS_REFUSED)
    assert writes(here) == []


def test_corpus_is_pushed_where_the_plan_takes_the_responsibility(here, tmp_path):
    done(build(tmp_path, "--plan", planned(tmp_path, ACOS + "redistribute = true")))
    done(push(tmp_path / "out", NAME, "--yes"))
    assert shown(here)


def test_build_and_push(here, own, tmp_path):
    said = done(build(tmp_path, "--plan", planned(tmp_path, own + 'licence = "cc0-1.0"'), "--push", NAME, "--yes"))
    assert f"{here.url}/datasets/{NAME} at {here.repository(NAME).head()[:8]}" in said
    listed = Manifest.load(tmp_path / "out").outputs
    assert here.repository(NAME).files().keys() == {*listed, "README.md", "manifest.json", ".gitattributes"}


@pytest.mark.parametrize(
    ("licence", "how", "code", "says"),
    [
        ("", [NAME, "--yes"], 1, OWN_REFUSED),
        ("cc0-1.0", ["sde", "--yes"], 2, ["'sde'", "org/name"]),
        ("cc0-1.0", [NAME], 2, ["cannot be confirmed"]),
        ("cc0-1.0", [NAME, "--yes", "--create-pr", "--tag", "v1"], 2, ["--tag"]),
    ],
)
def test_what_stops_a_push_of_own_data_stops_before_the_build(here, own, tmp_path, licence, how, code, says):
    plan = planned(tmp_path, own + f'licence = "{licence}"')
    fails(build(tmp_path, "--plan", plan, "--push", *how), code, *says)
    assert not (tmp_path / "out").exists() and here.calls == []


def test_corpus_that_may_not_be_pushed_is_not_built_for_it(here, tmp_path):
    source = f"acos={SAMPLES / 'mabsa'}"
    fails(build(tmp_path, "--source", source, "--push", NAME, "--yes"), 1, *ACOS_REFUSED)
    assert not (tmp_path / "out").exists() and here.calls == []


def test_nothing_is_built_for_a_push_without_a_token(here, own, tmp_path, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    plan = planned(tmp_path, own + 'licence = "cc0-1.0"')
    fails(build(tmp_path, "--plan", plan, "--push", NAME, "--yes"), 1, "there is no token", LOG_IN)
    assert not (tmp_path / "out").exists()


def test_sources_and_licences_go_along(here, tmp_path):
    """GENIA's licence text must be handed on with the corpus."""
    done(build(tmp_path, "--source", f"genia={SAMPLES / 'ner'}", "--designs", "lines-text"))
    done(push(tmp_path / "out", NAME, "--yes"))
    notice = here.repository(NAME).files()["NOTICE.md"].decode()
    text = SAMPLES.parents[1] / "cards" / "licences" / "genia.txt"
    assert "## Licence text: genia" in notice and text.read_text("utf-8").strip() in notice
