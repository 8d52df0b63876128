"""Tools that cannot share an environment with sde-datasets load an export in an environment of their own.

The variable of a tool names the Python of this environment; without it the test is skipped:

python -m venv tool && tool/bin/pip install llamafactory==0.9.5
SDE_LLAMAFACTORY_PYTHON=tool/bin/python pytest tests/export/test_other_environments.py
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from sde_datasets.export.config_data import ConfigData
from tests.export.training_tokens import training_tokens

pytestmark = [pytest.mark.slow, pytest.mark.train]
SCRIPTS = Path(__file__).parent / "tool_scripts"
SYSTEM = "Be exact."
CONFIG = "ner-lines-text"


def loaded(tool: str, folder: Path, *arguments: str, out: Path) -> list:
    """What the script of a tool makes of an exported folder; skips the test without an environment of the tool."""
    variable = f"SDE_{tool.upper()}_PYTHON"
    if variable not in os.environ:
        pytest.skip(f"{variable} names no environment with {tool}, which needs other releases than sde-datasets")
    command = [os.environ[variable], str(SCRIPTS / f"load_{tool}.py"), str(folder), *arguments, str(out)]
    env = os.environ | {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(out.read_text("utf-8"))


def expected(built: Path, model: str, chat: bool) -> tuple[list, list[int]]:
    """The tokens of training, and those of the two line feeds that may follow a completion."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    ours = training_tokens(str(built), CONFIG, tokenizer, chat, SYSTEM if chat else "")
    return ours, tokenizer("\n\n", add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize("chat", [False, True], ids=["texts", "conversations"])
def test_llamafactory_learns_the_tokens_of_training(exported, built, models, tmp_path, chat):
    model = str(models / "qwen")
    folder = exported("llamafactory", "--model", model, *(("--chat", "--system", SYSTEM) if chat else ()))
    seen = loaded("llamafactory", folder, model, out=tmp_path / "seen.json")
    ours, feeds = expected(built, model, chat)
    assert len(seen) == len(ours) == 480
    for (ids, learned), (our_ids, our_learned) in zip(seen, ours, strict=True):
        # after the completion: two line feeds and the end token, or what the chat template writes after its end token
        end = len(our_ids) if chat else len(our_ids) - 1
        assert ids[:end] == our_ids[:end] and learned[:end] == our_learned[:end]
        assert len(ids) - end <= 1 if chat else ids[end:] == [*feeds, our_ids[-1]]


def test_torchtune_learns_completions_alone(exported, built, tmp_path):
    folder = exported("torchtune", "--system", SYSTEM)
    seen = loaded("torchtune", folder, out=tmp_path / "seen.json")
    samples = ConfigData.open(str(built), CONFIG).prompted("train")
    assert seen == [[SYSTEM + prompt + completion, completion] for _, prompt, completion in samples]


def test_gliner_learns_every_mention(exported, built, tmp_path):
    seen = loaded("gliner", exported("gliner"), out=tmp_path / "seen.json")
    texts = list(ConfigData.open(str(built), CONFIG).annotated("train"))
    assert len(seen) == len(texts) == 480
    for (words, spans), text in zip(seen, texts, strict=True):
        assert "".join(words) == "".join(text.text.split())
        found = sorted({"".join(words[first : last + 1]) for first, last in spans})
        pieces = {(span["start"], span["end"]) for each in text.annotations for span in each["spans"]}
        assert found == sorted({"".join(text.text[start:end].split()) for start, end in pieces})
        assert len(spans) == len(pieces)
