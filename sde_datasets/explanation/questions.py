"""The question for the description of one annotation, and all questions of a folder."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sde_datasets.dataset.parquet import row_groups
from sde_datasets.dataset.view_state import ViewState
from sde_datasets.records.record import Span
from sde_datasets.records.schema import Schema

# the most characters of a description
LONGEST = 200
PROMPTS = {
    ("en", "label"): """\
In the text below, the {target_word} "{target}" was annotated with the {value_word} "{value}".
Which words of the text justify this {value_word}? Answer with these words only, copied exactly from the text, without \
quotation marks and without an explanation. Choose the shortest passage that suffices, at most {longest} characters. \
Join several passages by " | ".

Text:
{text}""",
    ("en", "mention"): """\
In the text below, "{value}" was annotated with the {target_word} "{target}".
Which words of the text justify this {target_word}? Answer with one passage only, copied exactly from the text, which \
contains "{value}", without quotation marks and without an explanation. Choose the shortest passage that suffices, at \
most {longest} characters.

Text:
{text}""",
    ("zh", "label"): """\
在下面的文本中，{target_word}“{target}”被标注为{value_word}“{value}”。
文本中的哪些话说明了这一{value_word}？只用这些话回答，原样复制，不加引号，不作解释。
选择足以说明的最短片段，最多 {longest} 个字符；有多个片段时用“ | ”连接。

文本：
{text}""",
    ("zh", "mention"): """\
在下面的文本中，“{value}”被标注为{target_word}“{target}”。
文本中的哪些话说明了这一{target_word}？只用一个包含“{value}”的片段回答，原样复制，不加引号，不作解释。
选择足以说明的最短片段，最多 {longest} 个字符。

文本：
{text}""",
}


@dataclass(frozen=True)
class Question:
    """An annotation to describe. value: its label, or the text of its mention. spans: those of the mention."""

    text: str
    target: str
    value: str
    spans: tuple[Span, ...] = ()

    @classmethod
    def of(cls, annotation: dict[str, Any], text: str) -> Question:
        """The question for an annotation of a row of records."""
        spans = tuple((span["start"], span["end"]) for span in annotation["spans"])
        return cls(text, annotation["target"], annotation["label"] or annotation["mention"], spans)

    def id(self, schema: Schema) -> str:
        """The id of the question in files of answers: a hash of its prompt."""
        return sha256(self.prompt(schema).encode()).hexdigest()[:24]

    def prompt(self, schema: Schema) -> str:
        """The question in the language of a schema."""
        words = {key: getattr(schema, key).replace("_", " ") for key in ("target_word", "value_word")}
        return prompt_form(schema).format(
            text=self.text, target=self.target, value=self.value, longest=LONGEST, **words
        )


def prompt_form(schema: Schema) -> str:
    """The prompt for the annotations of a schema, with the names of its parts in braces."""
    return PROMPTS["zh" if schema.language == "zh" else "en", schema.kind]


def view_questions(folder: Path, state: ViewState, origins: Set[str]) -> Iterator[Question]:
    """The questions for the annotations of a view whose description has one of these origins, in their order."""
    for _, shard in state.shards():
        for batch in row_groups(folder / shard.path, ("text", "annotations")):
            for row in batch.to_pylist():
                yield from (Question.of(a, row["text"]) for a in row["annotations"] if a["origin"] in origins)
