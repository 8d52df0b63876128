"""A run pushed as a model repository, and used from there in a process of its own.

pytest tests/hub/test_push_model.py
"""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from hub.commands import done, fails, sde
from hub.test_load import run

pytestmark = pytest.mark.skipif(find_spec("peft") is None, reason="peft is not installed")
ASK = """
import json
from sde_datasets.train.predictor import Predictor
print(json.dumps({"said": Predictor("org/tuna", device="cpu").annotate(["The tuna was great."])}))
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "tuna"
    done(sde("train", "mabsa-lines-text-noinst", "--model", "tiny", "--steps", 2, "--out", folder, "--quiet"))
    return folder


def test_a_run_is_pushed_with_its_card_and_answers_from_there(trained, here, tmp_path):
    said = done(sde("push-model", trained, "org/tuna", "--yes"))
    assert "org/tuna/commit/" in said
    listed = {item.path for item in here_api(here).list_repo_tree("org/tuna", repo_type="model")}
    assert {"README.md", "run.toml", "template.json", "model.safetensors", "tokenizer.json", "loss.png"} <= listed
    assert not {path for path in listed if path.startswith("checkpoint") or path == ".lock"}
    (row,) = run(here, tmp_path / "home", ASK)["said"]
    from sde_datasets.train.predictor import Predictor

    (ours,) = Predictor(trained, device="cpu").annotate(["The tuna was great."])
    assert row == ours


def here_api(hub):
    from huggingface_hub import HfApi

    return HfApi(endpoint=hub.url, token=hub.token)


def test_without_a_token_nothing_is_pushed(trained, monkeypatch):
    fails(sde("push-model", trained, "org/tuna", "--yes"), 1, "there is no token to push with")


def test_nobody_is_asked_where_nobody_is(trained, here):
    fails(sde("push-model", trained, "org/tuna"), 2, "give --yes")


def test_merged_weights_are_asked_for_before_they_are_made(trained, here):
    fails(sde("push-model", trained, "org/tuna", "--yes", "--merged"), 1, "has no merged weights")
    fails(sde("merge", trained), 2, "has no adapter")
