"""The chat markup around a prompt, as a chat template renders it.

pytest tests/runs/test_chat.py
"""

from __future__ import annotations

import pytest

from sde_datasets.designs.design import DESIGNS
from sde_datasets.errors import InputError
from sde_datasets.runs.chat import chat_frame
from sde_datasets.runs.samples import ConfigTemplate
from sde_datasets.tasks.task import get_task
from tests.tiny_models import CHAT, byte_level

TURNS = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
# as Harmony: an answer stands in a channel, which is no part of the generation prompt
CHANNELS = (
    "{% for m in messages %}<|im_start|>{{ m.role }}{% if m.role == 'assistant' %}<|channel|>final{% endif %}"
    "<|message|>{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant{% endif %}"
)
# as models that always think: the thought is opened in the generation prompt, and past thoughts are dropped
THINKING = TURNS + "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% endif %}"
PARTS = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for part in m.content %}{{ part['text'] }}{% endfor %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
NEEDS_SYSTEM = "{% if messages[0].role != 'system' %}{{ raise_exception('a system message first') }}{% endif %}" + CHAT
TEMPLATE = ConfigTemplate("Find.\n---\n", "\nOutput:\n", DESIGNS["lines-text"], get_task("ner").schema(("DNA",)))
PROMPT = "Find.\n---\nx\nOutput:\n"


def frame_of(chat: str, system: str = ""):
    tokenizer = byte_level()
    tokenizer.chat_template = chat
    return chat_frame(tokenizer, system, "model")


def test_frame_has_the_markup_and_the_end_token_of_a_turn():
    frame, note = frame_of(CHAT)
    assert frame.wrap(TEMPLATE).prompt("x") == f"<|im_start|>user\n{PROMPT}<|im_end|>\n<|im_start|>assistant\n"
    assert byte_level().convert_ids_to_tokens(frame.end) == "<|im_end|>"
    assert frame.as_asked and not note


def test_white_space_that_a_template_strips_is_stripped_in_the_frame():
    frame, _ = frame_of(CHAT.replace("message.content", "message.content | trim"))
    assert frame.wrap(TEMPLATE).prompt("x") == (
        "<|im_start|>user\nFind.\n---\nx\nOutput:<|im_end|>\n<|im_start|>assistant\n"
    )


@pytest.mark.parametrize(
    "chat, before",
    [(CHANNELS, "<|im_start|>assistant<|channel|>final<|message|>"), (THINKING, "<|im_start|>assistant\n")],
    ids=["channels", "an open thought"],
)
def test_text_before_an_answer_is_that_of_a_conversation(chat, before):
    frame, note = frame_of(chat)
    assert frame.wrap(TEMPLATE).prompt("x").endswith(f"{PROMPT}<|im_end|>\n{before}")
    assert not frame.as_asked
    assert ("<|channel|>final" in note) == (chat == CHANNELS) and ("<think>" in note) == (chat == THINKING)


def test_template_may_require_contents_as_parts():
    frame, _ = frame_of(PARTS)
    assert frame.wrap(TEMPLATE).prompt("x") == f"<|im_start|>user\n{PROMPT}<|im_end|>\n<|im_start|>assistant\n"


def test_system_message_is_first():
    frame, _ = frame_of(NEEDS_SYSTEM, "Be brief.")
    begin = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n"
    assert frame.wrap(TEMPLATE).prompt("x").startswith(begin + PROMPT) and frame.system == "Be brief."


@pytest.mark.parametrize(
    "chat, words",
    [
        (NEEDS_SYSTEM, r"fails \(TemplateError: a system message first\). Give a system message: --system TEXT"),
        ("{{ messages + 1 }}", r"fails \(TypeError: .*\). Omit --chat"),
        ("{% for", r"fails \(TemplateSyntaxError"),
        ("<|im_start|>", "drops the user message"),
        (
            "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% endif %}{% endfor %}",
            "drops the assistant",
        ),
        (None, "has no chat template. Omit --chat, or use the chat version"),
    ],
)
def test_unusable_template_is_refused_in_one_line(chat, words):
    with pytest.raises(InputError, match=words) as error:
        frame_of(chat)
    assert len(str(error.value).splitlines()) == 1
