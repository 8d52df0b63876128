"""A run pushed as a model repository, and used from there in a process of its own.

pytest tests/hub/test_push_model.py
"""

from __future__ import annotations

import json
import tomllib
from importlib.util import find_spec

import pytest
import yaml
from huggingface_hub import HfApi

from sde_datasets.dataset.address import HUB
from sde_datasets.errors import UsageError
from sde_datasets.runs.options import TrainingOptions
from tests.hub.commands import done, fails, sde, writes
from tests.hub.test_load import run
from tests.loopback.wire import Answer, Problem

pytestmark = [
    pytest.mark.train,
    pytest.mark.skipif(find_spec("peft") is None, reason="peft is not installed"),
]
CONFIG = "mabsa-lines-text-noinst"
ASK = """
from sde_datasets.prediction.predictor import Predictor
names = ("org/tuna", os.environ["HF_ENDPOINT"] + "/org/tuna")
print(json.dumps({"rows": [Predictor(name, device="cpu").annotate(["The tuna was great."])[0] for name in names]}))
"""
# what a process that speaks to the loopback Hub can be asked for
WAYS = """
from contextlib import redirect_stdout
from io import StringIO
import torch
from peft import AutoPeftModelForCausalLM
from transformers import AutoModelForCausalLM
from sde_datasets.cli.main import main
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.predictor import Predictor
def command(line):
    with redirect_stdout(StringIO()):
        main(line.split(), standalone_mode=False)
def answers(name, **how):
    texts = enumerate(["The tuna was great.", "Never again."])
    said = Predictor(name, GenerationOptions(max_new_tokens=40, **how), device="cpu").generate(texts)
    return {id: answer.text for id, answer in said}
def alone(kind, name):
    "What comes of a repository without sde-datasets: numbers that depend on all weights."
    with torch.no_grad():
        return kind.from_pretrained(name).eval()(torch.arange(5, 25)[None]).logits[0, -1, :50].tolist()
"""
TRAINED = f"""
command("train {CONFIG} --model org/base --steps 2 --train-size 12 --learning-rate 0.05 --quiet --out adapter")
command("push-model adapter org/adapter --yes")
command("merge adapter")
command("push-model adapter org/merged --merged --yes")
print(json.dumps({{"trained": answers("adapter"), "base": answers("adapter", zero_shot=True)}}))
"""
# the merged weights first: no base is in the cache that they could take weights from
READ = """
found = {}
for name, kind in (("merged", AutoModelForCausalLM), ("adapter", AutoPeftModelForCausalLM)):
    found[name] = {"answers": answers(f"org/{name}"), "logits": alone(kind, f"org/{name}")}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "tuna"
    done(sde("train", CONFIG, "--model", "tiny", "--steps", 2, "--out", folder, "--quiet"))
    return folder


@pytest.mark.slow
def test_a_run_is_pushed_with_its_card_and_answers_from_there(trained, here, tmp_path):
    said = done(sde("push-model", trained, "org/tuna", "--yes"))
    assert "org/tuna/commit/" in said
    listed = set(files(here, "org/tuna"))
    assert {"README.md", "run.toml", "template.json", "model.safetensors", "tokenizer.json", "loss.png"} <= listed
    assert not {path for path in listed if path.startswith("checkpoint") or path == ".lock"}
    by_name, by_address = run(here, tmp_path / "home", ASK)["rows"]
    from sde_datasets.prediction.predictor import Predictor

    (ours,) = Predictor(trained, device="cpu").annotate(["The tuna was great."])
    assert by_name == by_address == ours


def files(hub, name: str, revision: str = "main") -> dict[str, bytes]:
    return hub.repository(name, "model").files(revision)


def head(hub, name: str) -> dict:
    """The metadata of a repository's card."""
    return yaml.safe_load(files(hub, name)["README.md"].decode().split("---\n")[1])


@pytest.mark.slow
def test_an_adapter_on_a_repository_answers_from_its_own_and_merged_from_another(trained, here, tmp_path):
    done(sde("push-model", trained, "org/base", "--yes"))
    api = HfApi(endpoint=here.url, token=here.token)
    commit, home = api.model_info("org/base").sha, tmp_path / "home"
    ours = run(here, home, WAYS + TRAINED)
    assert ours["trained"] != ours["base"] and all(ours["trained"].values())
    assert tomllib.loads((home / "adapter/run.toml").read_text())["model_revision"] == commit
    assert json.loads((home / "adapter/model/adapter_config.json").read_text())["base_model_name_or_path"] == "org/base"
    # the base moves on, and the adapter is still one on the commit that it was trained on
    api.delete_file("model.safetensors", "org/base")
    found = run(here, tmp_path / "other home", WAYS + READ)
    assert found["adapter"]["answers"] == found["merged"]["answers"] == ours["trained"]
    assert found["adapter"]["logits"] == pytest.approx(found["merged"]["logits"], abs=1e-3)
    for name, relation, library in (("adapter", "adapter", "peft"), ("merged", "finetune", "transformers")):
        found = head(here, f"org/{name}")
        said = (found["base_model"], found["base_model_relation"], found["library_name"])
        assert said == ("org/base", relation, library)


REPLACED = f"""
command("train {CONFIG} --model org/base --steps 1 --train-size 12 --quiet --merge --out adapter")
command("push-model adapter org/one --yes")
command("push-model adapter org/one --merged --yes")
print("{{}}")
"""


@pytest.mark.slow
def test_merged_weights_take_the_place_of_the_adapter_in_its_repository(trained, here, tmp_path):
    done(sde("push-model", trained, "org/base", "--yes"))
    api = HfApi(endpoint=here.url, token=here.token)
    api.create_repo("org/one")
    api.upload_file(path_or_fileobj=b"kept", path_in_repo="onnx/config.json", repo_id="org/one")
    here.clear()
    run(here, tmp_path / "home", WAYS + REPLACED)
    assert sum("/commit/" in call for call in writes(here)) == 2
    after, before = (
        set(files(here, "org/one", commit.id)) for commit in here.repository("org/one", "model").commits()[:2]
    )
    assert {"adapter_config.json", "adapter_model.safetensors"} == before - after
    assert {"model.safetensors", "config.json", "generation_config.json"} == after - before
    assert "onnx/config.json" in after


def test_the_card_that_is_pushed_shows_the_scores_of_the_folder(trained, here):
    done(sde("evaluate", trained, "--limit", 3, "--max-new-tokens", 8, "--device", "cpu", "--quiet"))
    done(sde("push-model", trained, "org/tuna", "--yes"))
    pushed = files(here, "org/tuna")["README.md"].decode()
    local = (trained / "README.md").read_text()
    scores = [text.split("## Scores\n")[1].split("\n## ")[0] for text in (pushed, local)]
    assert scores[0] == scores[1] and scores[0].count(f"| {CONFIG}-test") > 1
    assert not [name for name in files(here, "org/tuna") if "prediction" in name or name.endswith(".scores.json")]
    assert 'Predictor("org/tuna")' in pushed and "\n# tuna\n" in pushed
    assert f'Predictor("{trained}")' in local


def test_without_a_token_nothing_is_pushed(trained, monkeypatch):
    fails(sde("push-model", trained, "org/tuna", "--yes"), 1, "there is no token to push with")


def test_nobody_is_asked_where_nobody_is(trained, here):
    fails(sde("push-model", trained, "org/tuna"), 2, "give --yes")


def test_a_card_of_somebody_else_is_replaced_only_where_that_is_asked_for(trained, here):
    theirs = {"README.md": b"# Theirs\n"}
    here.create("org/tuna", "model")
    here.commit("org/tuna", theirs, kind="model")
    here.clear()
    fails(sde("push-model", trained, "org/tuna", "--yes"), 1, "org/tuna README.md", "not written by", "--replace-card")
    assert not writes(here) and files(here, "org/tuna")["README.md"] == theirs["README.md"]
    done(sde("push-model", trained, "org/tuna", "--yes", "--replace-card"))
    # the card is ours from then on
    done(sde("push-model", trained, "org/tuna", "--yes"))


def test_a_card_that_the_hub_refuses_is_told_before_a_repository_is_made(trained, here):
    here.refuse("/validate-yaml", Answer.of({"errors": [{"message": '"tags" must be an array'}]}, 400))
    said = 'the Hub refuses the card: "tags" must be an array'
    fails(sde("push-model", trained, "org/tuna", "--yes"), 1, "org/tuna README.md", said)
    with pytest.raises(KeyError):
        here.repository("org/tuna", "model")


def test_a_first_push_that_fails_says_what_it_left(trained, here):
    here.refuse("/commit/", Problem(403, "Private repository storage limit reached").answer())
    said = sde("push-model", trained, "org/tuna", "--yes")
    fails(said, 1, "storage limit reached", "created the repository and sent no data")


def test_addresses_of_models_are_understood(trained, here, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", here.url)
    done(sde("push-model", trained, f"{here.url}/org/tuna/tree/main", "--yes"))
    assert 'Predictor("org/tuna")' in files(here, "org/tuna")["README.md"].decode()
    fails(sde("push-model", trained, f"{here.url}/datasets/org/tuna", "--yes"), 2, "is a dataset of the Hub")


def test_addresses_in_the_options_of_a_run_become_names():
    told = TrainingOptions("c", data=f"{HUB}/datasets/org/sde", model=f"{HUB}/org/tuna/tree/main").resolved()
    assert (told.data, told.model) == ("org/sde", "org/tuna")
    with pytest.raises(UsageError, match="names the revision 'v1'"):
        TrainingOptions("c", data=f"{HUB}/datasets/org/sde/tree/v1", model="tiny").resolved()


@pytest.mark.parametrize("name", ["tuna", "org/tuna/2", "org/-tuna-"])
def test_what_is_no_name_of_a_repository_is_refused(trained, here, name):
    fails(sde("push-model", trained, name, "--yes"), 2, "has no owner" if name == "tuna" else "org/name")
    assert not writes(here)


def test_a_model_that_is_to_be_private_is_not_put_where_all_can_see_it(trained, here):
    done(sde("push-model", trained, "org/tuna", "--yes"))
    here.clear()
    fails(sde("push-model", trained, "org/tuna", "--yes", "--private"), 1, "exists and is public", "omit --private")
    assert not [call for call in writes(here) if "/commit/" in call]
    done(sde("push-model", trained, "org/hidden", "--yes", "--private"))
    assert here.repository("org/hidden", "model").private


def test_whole_weights_are_neither_merged_nor_pushed_as_merged(trained, here):
    fails(sde("push-model", trained, "org/tuna", "--yes", "--merged"), 2, "has no adapter", "without --merged")
    fails(sde("merge", trained), 2, "has no adapter")
    assert not writes(here)
