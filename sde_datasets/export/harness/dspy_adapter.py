"""An adapter for DSPy that writes prompts under a design and parses answers with its parser.

lm = dspy.LM(...)
dspy.configure(lm=lm, adapter=DesignAdapter("lines-text", schema))
dspy.Predict("text -> annotations: dict")(text="The tuna was great.").annotations    # {"food": "positive"}
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dspy

from sde_datasets.designs.design import Design, get_design
from sde_datasets.errors import UsageError
from sde_datasets.formats import Answer, answer_format
from sde_datasets.records.schema import Schema
from sde_datasets.samples.prompts import PromptTemplate, task_template
from sde_datasets.scoring.settings import ScoringSettings
from sde_datasets.tasks.task import get_task


class DesignAdapter(dspy.Adapter):
    """Formats the one input of a signature as the prompt of a design, and parses its one output.

    The output is a dict of the targets that are mentioned: a label, or a list of mentions. Demos are turns of the
    conversation before the prompt: prompts and completions.
    """

    def __init__(self, design: str | Design, schema: Schema, template: PromptTemplate | None = None) -> None:
        """template: the prompts; by default those of the schema's task.

        Raises UsageError for an unknown design or task.
        """
        super().__init__()
        found = get_design(design) if isinstance(design, str) else design
        settings = ScoringSettings.of(schema)
        self.template = template or task_template(get_task(schema.task), schema, found)
        self._format, self._schema = answer_format(found.answer, schema, settings.aliases), schema

    @classmethod
    def read(cls, path: Path) -> DesignAdapter:
        """The adapter of an exported file: design, schema and prompt template."""
        stored = json.loads(path.read_text("utf-8"))
        template = PromptTemplate(stored["prefix"], stored["suffix"])
        return cls(stored["design"], Schema.from_dict(stored["schema"], str(path)), template)

    def format(
        self, signature: type[dspy.Signature], demos: list[dict[str, Any]], inputs: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Return the messages of a call. Raises UsageError for a signature with several inputs or outputs."""
        text, answer = _fields(signature)
        turns: list[dict[str, Any]] = []
        for demo in demos:
            turns.append({"role": "user", "content": self.template.prompt(demo[text])})
            turns.append({"role": "assistant", "content": self._format.write(self._answer(demo[answer]))})
        return [*turns, {"role": "user", "content": self.template.prompt(inputs[text])}]

    def parse(self, signature: type[dspy.Signature], completion: str) -> dict[str, Any]:
        """Return the values of an answer under the name of the output; never raises for an answer."""
        values = self._format.read(completion or "").values
        plain = {target: list(each) if isinstance(each, tuple) else each for target, each in values.items()}
        return {_fields(signature)[1]: plain}

    def _answer(self, values: dict[str, Any]) -> Answer:
        ordered = {target: values[target] for target in self._schema.targets if target in values}
        return Answer({name: tuple(each) if isinstance(each, list) else each for name, each in ordered.items()}, {})


def _fields(signature: type[dspy.Signature]) -> tuple[str, str]:
    inputs, outputs = list(signature.input_fields), list(signature.output_fields)
    if len(inputs) != 1 or len(outputs) != 1:
        raise UsageError("a design has one input and one output: dspy.Predict('text -> annotations: dict')")
    return inputs[0], outputs[0]
