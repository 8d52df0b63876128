"""The taskset of verifiers v1: its own loader reads a built folder, and its own scoring gives our rewards.

pytest tests/rewards/test_taskset.py    # in an environment with the extra verifiers, which no other extra goes with
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sde_datasets.errors import InputError

pytestmark = [
    pytest.mark.slow,
    # verifiers 0.4 and the libraries that it imports
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
vf = pytest.importorskip("verifiers.v1", reason="the extra verifiers is not installed")


def tasks(data, config: str, **settings: Any) -> list:
    """The tasks that verifiers loads, as its command line would configure them."""
    entries = {"id": "sde-taskset", "dataset": str(data), "config": config, "split": "test"} | settings
    return list(vf.load_taskset(vf.taskset_config_type("sde-taskset").model_validate(entries)))


def scored(task, answer: str):
    """The trace of an answer of a model, scored by verifiers."""
    message = vf.MessageNode(message=vf.AssistantMessage(content=answer), sampled=True)
    agent = vf.AgentInfo(config=vf.AgentConfig())
    trace = vf.Trace(task=vf.TraceTask(type="SdeTask", data=task.data), agent=agent, nodes=[message])
    asyncio.run(task.score(trace))
    return trace


@pytest.mark.parametrize("config", ["ner-json-text-noinst", "mabsa-json-text-noinst", "mabsa_zh-json-text-noinst"])
def test_gold_is_worth_all_and_passes_validation(data, config):
    for task in tasks(data, config)[:10]:
        assert asyncio.run(task.validate(None))
        trace = scored(task, task.data.completion)
        assert trace.reward == 1 and {name: each.score for name, each in trace.rewards.items()} == {
            "correctness": 1,
            "format_validity": 1,
            "length_penalty": 0,
        }


def test_a_reward_and_weights_are_chosen_by_the_config(data):
    settings = {"correctness": "strict_match", "rewards": {"format_validity": {"weight": 0.5}}}
    task = tasks(data, "ner-lines-text-noinst", task=settings)[0]
    assert scored(task, "I cannot say.").reward == 0
    assert scored(task, task.data.completion).reward == 1.5


def test_a_reward_that_fails_is_an_error_and_not_zero(data):
    task = tasks(data, "ner-lines-text-noinst", task={"correctness": "kappa"})[0]
    with pytest.raises(vf.TaskError) as raised:
        scored(task, task.data.completion)
    assert isinstance(raised.value.__cause__, InputError)
