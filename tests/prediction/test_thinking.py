"""Thoughts of reasoning models: their budget, their marks, and that they are kept apart from the answer.

pytest tests/prediction/test_thinking.py
"""

from __future__ import annotations

import pytest

from sde_datasets.designs.design import DESIGNS
from sde_datasets.errors import InputError
from sde_datasets.prediction.batch_generator import BatchGenerator
from sde_datasets.prediction.server_prompt import PromptFormat, ServerThinking
from sde_datasets.prediction.thinking import Thinking
from sde_datasets.runs.chat import chat_frame
from sde_datasets.runs.encoding import SampleEncoder
from sde_datasets.runs.samples import ConfigTemplate
from sde_datasets.runs.thought_marks import thinking_frame
from sde_datasets.tasks.task import get_task
from tests.prediction.server import TEXTS, connect
from tests.tiny_models import byte_level

TURNS = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
# as Qwen3: without thinking the prompt holds an empty thought, as the answers of a conversation do
SWITCHED = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' %}<think>\n\n</think>\n\n{% endif %}"
    "{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
# as DeepSeek-R1: the prompt opens the thought
OPENED = TURNS + "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% endif %}{# </think> #}"
TEMPLATE = ConfigTemplate("Find.\n---\n", "\nOutput:\n", DESIGNS["lines-text"], get_task("ner").schema(("DNA",)))


def tokenizer_of(chat: str):
    tokenizer = byte_level()
    tokenizer.add_tokens(["<think>", "</think>"])
    tokenizer.chat_template = chat
    return tokenizer


def frame_of(chat: str):
    tokenizer = tokenizer_of(chat)
    frame, _ = chat_frame(tokenizer, "", "model")
    return tokenizer, *thinking_frame(tokenizer, frame, "model")


class Scripted:
    """Writes what it was given, one text for each request in the order of the requests, up to the first end."""

    samples = False

    def __init__(self, tokenizer, texts: list[str], batch: int | None = 8) -> None:
        self.batch, self._tokenizer, self._texts = batch, tokenizer, texts
        self.prompts: list[str] = []

    def generate(self, requests, shared) -> None:
        for request in requests:
            self.prompts.append(self._tokenizer.decode(request.prompt))
            tokens = self._tokenizer(self._texts.pop(0), add_special_tokens=False)["input_ids"]
            stop = next((i + 1 for i, token in enumerate(tokens) if token in request.ends), len(tokens))
            request.written = tokens[: min(stop, request.limit)]


def completion_of(chat: str, texts: list[str], budget: int = 50):
    """The completion of one text, and the prompts that were asked."""
    tokenizer, frame, marks = frame_of(chat)
    encoder = SampleEncoder(tokenizer, frame.wrap(TEMPLATE), frame.end, 400, True, False)
    writer = Scripted(tokenizer, texts)
    thinking = Thinking(tokenizer, marks, budget, marks.ends_open(frame.after))
    generator = BatchGenerator(writer, tokenizer, encoder, {1, frame.end}, 30, thinking=thinking)
    [(_, completion)] = generator.generate([("a", "IL-2")])
    return completion, writer.prompts


def test_thought_is_kept_apart_from_the_answer():
    completion, prompts = completion_of(SWITCHED, ["<think>\nIt is a name.\n</think>\n\nno", "DNA: IL-2<|im_end|>"])
    assert (completion.text, completion.stop, completion.reasoning) == ("DNA: IL-2", "end", "It is a name.")
    assert prompts[0].endswith("<|im_start|>assistant\n")
    assert prompts[1] == prompts[0] + "<think>\nIt is a name.\n</think>\n\n"
    assert completion.tokens < 12 < completion.reasoning_tokens and completion.prompt_tokens


def test_thought_is_cut_off_at_its_budget():
    completion, prompts = completion_of(SWITCHED, ["<think>\n" + "and so on " * 30, "DNA: p50<|im_end|>"], budget=9)
    assert completion.text == "DNA: p50" and completion.reasoning_tokens == 9 and completion.reasoning
    assert prompts[1].endswith("\n</think>\n\n") and prompts[1].startswith(prompts[0] + "<think>\n")


def test_answer_without_a_thought_is_complete():
    completion, prompts = completion_of(SWITCHED, ["DNA: IL-2<|im_end|>"])
    assert (completion.text, completion.reasoning, completion.stop) == ("DNA: IL-2", "", "end")
    assert len(prompts) == 1


def test_thought_that_the_prompt_opens_needs_no_mark():
    completion, prompts = completion_of(OPENED, ["Hm.\n</think>", "DNA: IL-2<|im_end|>"])
    assert (completion.text, completion.reasoning) == ("DNA: IL-2", "Hm.")
    assert prompts[0].endswith("assistant\n<think>\n") and prompts[1].endswith("Hm.\n</think>\n\n")


def test_chat_template_without_thoughts_is_refused():
    with pytest.raises(InputError, match=r"has a chat template without thoughts\. Omit --thinking"):
        frame_of(TURNS + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")


def test_server_writes_the_thought_in_a_request_of_its_own(served, short_pauses):

    url, state = served
    _, frame, marks = frame_of(SWITCHED)
    state.answer = lambda prompt: "DNA: 'x'" if "</think>" in prompt else "<think>\nHm.\n"
    server = connect(url, form=PromptFormat(frame, thinking=ServerThinking(marks, 70)), ends=(3,))
    completions = dict(server.generate(TEXTS[:2], TEMPLATE))
    assert {(each.text, each.reasoning, each.reasoning_tokens) for each in completions.values()} == {
        ("DNA: 'x'", "Hm.", 5)
    }
    first, second = state.asked[0], state.asked[-1]
    assert first["stop"] == ["</think>"] and first["max_tokens"] == 70 and marks.token in first["stop_token_ids"]
    assert second["max_tokens"] == 64 and second["prompt"].endswith("<think>\nHm.\n</think>\n\n")
    assert "stop" not in second and second["stop_token_ids"] == [3]
