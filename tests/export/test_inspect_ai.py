"""Inspect runs the task of an export; its metrics are the figures of `score`.

pytest tests/export/test_inspect_ai.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import sde_datasets as sde
from tests.export.test_lm_eval import damaged

pytestmark = [pytest.mark.slow, pytest.mark.libraries]
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("config", ["ner-lines-text", "mabsa-json-text-cot"])
def test_the_metrics_are_the_figures_of_score(exported, tmp_path, config):
    if find_spec("inspect_ai") is None:
        pytest.skip("inspect-ai is not installed: it is in the extra exports")
    folder = exported("inspect-ai", "--system", "Be exact.", config=config)
    command = [sys.executable, "-m", "tests.export.test_inspect_ai", str(folder), str(tmp_path)]
    env = os.environ | {"INSPECT_LOG_DIR": str(tmp_path / "logs")}
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-4000:] + done.stdout[-2000:]
    seen = json.loads((tmp_path / "seen.json").read_text("utf-8"))
    rows = [json.loads(line) for line in (folder / "samples.jsonl").read_text("utf-8").splitlines()]
    about = json.loads((folder / "config.json").read_text("utf-8"))
    answers = [damaged(row["completion"], number) for number, row in enumerate(rows)]
    ours = sde.score(rows, answers, design=about["design"], schema=about["schema"], resamples=0)
    assert seen["metrics"] == pytest.approx({name: figure.value for name, figure in ours.headline.items()})
    assert seen["messages"] == [["system", "Be exact."], ["user", rows[0]["prompt"]], ["assistant", answers[0]]]
    assert 0 < seen["metrics"]["sample_accuracy"] < 1


def run(folder: str, out: str) -> None:
    """Run the task of a folder with a model that knows gold; write the metrics and the messages of a sample."""
    import inspect_ai
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    rows = [json.loads(line) for line in (Path(folder) / "samples.jsonl").read_text("utf-8").splitlines()]
    answers = {row["prompt"]: damaged(row["completion"], number) for number, row in enumerate(rows)}

    def answer(messages, *_):
        output = ModelOutput.from_content("mockllm/model", answers[messages[-1].text])
        # without it, tokens are counted by a tokenizer that is downloaded
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return output

    model = get_model("mockllm/model", custom_outputs=answer)
    os.chdir(folder)
    (log,) = inspect_ai.eval("task.py", model=model, display="none")
    assert log.status == "success", log.error
    metrics = {name: found.value for name, found in log.results.scores[0].metrics.items()}
    messages = [[message.role, message.text] for message in log.samples[0].messages]
    (Path(out) / "seen.json").write_text(json.dumps({"metrics": metrics, "messages": messages}), encoding="utf-8")


if __name__ == "__main__":
    run(*sys.argv[1:])
