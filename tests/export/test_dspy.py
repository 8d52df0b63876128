"""DSPy calls a model through the adapter of a design: its prompt, its demos and its parser.

pytest tests/export/test_dspy.py
"""

from __future__ import annotations

import json

import pytest

import sde_datasets as sde

dspy = pytest.importorskip("dspy", reason="needs the extra exports")
pytestmark = [pytest.mark.slow, pytest.mark.libraries, pytest.mark.filterwarnings("ignore")]

SCHEMA = sde.schema("mabsa", targets=["food", "service"])
SIGNATURE = "text -> annotations: dict"


class Answers(dspy.BaseLM):
    """A model that gives one answer and keeps the messages that it gets."""

    def __init__(self, answer: str) -> None:
        super().__init__(model="answers")
        self.answer, self.seen = answer, []

    def __call__(self, prompt=None, messages=None, **_):
        self.seen.append(messages)
        return [self.answer]


def test_a_prediction_has_the_prompt_and_the_values_of_the_design():
    from sde_datasets.export.harness.dspy_adapter import DesignAdapter

    lm = Answers("Food: POSITIVE\nservice: unmentioned")
    with dspy.context(lm=lm, adapter=DesignAdapter("lines-text", SCHEMA)):
        answer = dspy.Predict(SIGNATURE)(text="The tuna was great.")
    assert answer.annotations == {"food": "positive"}
    sample = sde.render(sde.Record(text="The tuna was great."), "lines-text", SCHEMA)
    assert lm.seen == [[{"role": "user", "content": sample.prompt}]]


def test_demos_are_prompts_and_completions_before_the_prompt():
    from sde_datasets.export.harness.dspy_adapter import DesignAdapter

    lm = Answers('{"aspect": "food", "sentiment": "unmentioned"}')
    predict = dspy.Predict(SIGNATURE)
    predict.demos = [{"text": "Rude staff.", "annotations": {"service": "negative"}}]
    with dspy.context(lm=lm, adapter=DesignAdapter("json-text", SCHEMA)):
        assert predict(text="The tuna was great.").annotations == {}
    record = sde.Record(text="Rude staff.", annotations=[sde.Annotation("service", "negative")])
    assert lm.seen[0][:2] == sde.render(record, "json-text", SCHEMA).messages
    assert [message["role"] for message in lm.seen[0]] == ["user", "assistant", "user"]


def test_a_signature_with_several_inputs_is_refused():
    from sde_datasets.export.harness.dspy_adapter import DesignAdapter

    adapter = DesignAdapter("lines-text", SCHEMA)
    with pytest.raises(sde.UsageError, match="a design has one input and one output"):
        adapter.format(dspy.Signature("text, question -> answer"), [], {"text": "a", "question": "b"})


@pytest.mark.parametrize("config", ["ner-lines-text", "mabsa-lines-text"])
def test_the_examples_of_an_export_are_the_answers_to_gold(exported, config):
    from sde_datasets.export.harness.dspy_adapter import DesignAdapter

    folder = exported("dspy", config=config)
    adapter, signature = DesignAdapter.read(folder / "adapter.json"), dspy.Signature(SIGNATURE)
    rows = [json.loads(line) for line in (folder / "test.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) == 60 and any(row["annotations"] for row in rows)
    for row in rows:
        completion = adapter.format(signature, [row], row)[1]["content"]
        assert adapter.parse(signature, completion) == {"annotations": row["annotations"]}
