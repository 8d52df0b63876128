"""The segment of each token of a sample, for every family of tokenizers.

pytest tests/runs/test_encoding.py
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sde_datasets.designs.design import DESIGNS
from sde_datasets.runs.encoding import COMPLETION, INSTRUCTION, TEXT, SampleEncoder, TooLong, segment_of
from sde_datasets.runs.samples import ConfigTemplate
from sde_datasets.tasks.task import get_task
from tests.properties import examples
from tests.tiny_models import TOKENIZERS

SCHEMA = get_task("ner").schema(("DNA", "RNA"))
FIRST = ConfigTemplate(
    "Extract all names of these types: DNA, RNA.\n---\n", "\nOutput:\n", DESIGNS["lines-text"], SCHEMA
)
LAST = ConfigTemplate(
    "", "\n---\nExtract all names of these types: DNA, RNA.\nOutput:\n", DESIGNS["lines-text-instlast"], SCHEMA
)
TEXTS = ["The IL-2 gene binds p50 in T cells.", "great tuna , rude staff", "白细胞介素-2 基因 👍", " blanks  within "]
ANSWERS = ["'DNA': 'IL-2 gene'\n'RNA': ''", "food: positive", "口味：正面", "0: 'a', 'b'"]


@pytest.fixture(scope="module", params=TOKENIZERS)
def tokenizer(request):
    return TOKENIZERS[request.param]()


def encoder(tokenizer, template=FIRST, context=1000, **how) -> SampleEncoder:
    return SampleEncoder(tokenizer, template, tokenizer.eos_token_id, context, **({"chat": False, "bos": False} | how))


def stretches(encoded, part: int) -> list[int]:
    return np.nonzero(encoded.segments == part)[0].tolist()


@pytest.mark.parametrize("template", [FIRST, LAST], ids=["inst-first", "inst-last"])
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("answer", ANSWERS)
def test_token_belongs_to_the_segment_of_its_last_character(tokenizer, template, text, answer):
    encoded = encoder(tokenizer, template).encode_sample(text, answer)
    if encoded.joined:
        pytest.skip("this tokenizer joins this prompt with this answer: see the test of that")
    whole = tokenizer(template.prompt(text) + answer, return_offsets_mapping=True)
    begin, end = len(template.prefix), len(template.prefix) + len(text)
    boundary = len(template.prompt(text))
    marks = [INSTRUCTION] * begin + [TEXT] * (end - begin) + [INSTRUCTION] * (boundary - end)
    marks += [COMPLETION] * len(answer)
    expected = [marks[stop - 1] for start, stop in whole["offset_mapping"] if stop > start]
    inner = [
        part for part, (start, stop) in zip(encoded.segments, whole["offset_mapping"], strict=False) if stop > start
    ]
    assert inner == expected
    assert encoded.ids[-1] == tokenizer.eos_token_id and encoded.segments[-1] == COMPLETION, "the end is not learned"


@pytest.mark.parametrize("text", TEXTS)
def test_completion_and_end_token_are_learned(tokenizer, text):
    if "[SEP]" in tokenizer.all_special_tokens:
        pytest.skip("word pieces do not come back as they were")
    encoded = encoder(tokenizer).encode_sample(text, ANSWERS[0])
    learned = encoded.ids[encoded.segments == COMPLETION]
    learned_text = tokenizer.decode(learned[:-1], clean_up_tokenization_spaces=False)
    assert learned_text == ANSWERS[0]
    places = stretches(encoded, COMPLETION)
    assert places == list(range(places[0], len(encoded.ids))), "the completion is not one stretch to the end"


@pytest.mark.parametrize("family", ["byte-level", "pieces"])
def test_training_and_prediction_have_the_same_prompt_tokens(family):
    """Also where the tokenizer has a piece that crosses from the prompt into the answer."""
    tokenizer = TOKENIZERS[family]()
    tokenizer.add_tokens(["\n'DNA"])
    made, answer = encoder(tokenizer), "'DNA': 'a'"
    asked, encoded = made.encode_prompt("x", 1000), made.encode_sample("x", answer)
    crossing = tokenizer.convert_tokens_to_ids("\n'DNA")
    assert crossing in tokenizer(FIRST.prompt("x") + answer)["input_ids"], "nothing crosses"
    assert encoded.joined and crossing not in encoded.ids
    assert encoded.ids[: len(asked.ids)].tolist() == asked.ids.tolist()
    assert stretches(encoded, COMPLETION) == list(range(len(asked.ids), len(encoded.ids)))
    assert tokenizer.decode(encoded.ids[len(asked.ids) : -1]) == answer


def test_segment_is_decided_by_the_last_character():
    assert [segment_of(stop, 3, 5, 8) for stop in (2, 3, 4, 5, 6, 8, 9)] == [
        INSTRUCTION, INSTRUCTION, TEXT, TEXT, INSTRUCTION, INSTRUCTION, COMPLETION,
    ]  # fmt: skip


def test_bos_token_occurs_once():
    tokenizer = TOKENIZERS["pieces"]()
    assert encoder(tokenizer, bos=False).encode_sample("x", "y").ids.tolist().count(1) == 1
    other = TOKENIZERS["byte-level"]()
    other.bos_token = "<|im_start|>"
    assert encoder(other, bos=True).encode_sample("x", "y").ids[0] == other.bos_token_id
    assert other.bos_token_id not in encoder(other, bos=False).encode_sample("x", "y").ids
    # written already: by the tokenizer, and by a chat template
    assert encoder(tokenizer, bos=True).encode_sample("x", "y").ids.tolist().count(1) == 1
    chat = ConfigTemplate("<|im_start|>Find.\n---\n", "\nOutput:\n", DESIGNS["lines-text"], SCHEMA)
    made = encoder(other, chat, bos=True, chat=True)
    assert made.encode_sample("x", "y").ids.tolist().count(other.bos_token_id) == 1
    assert made.encode_prefix(chat.prefix).count(other.bos_token_id) == 1


def test_special_token_in_a_text_is_plain_text(tokenizer):
    end = tokenizer.eos_token_id
    encoded = encoder(tokenizer).encode_sample(f"a {tokenizer.eos_token} b", "x")
    assert encoded.ids.tolist().count(end) == 1 and encoded.ids[-1] == end


def test_chat_markup_in_a_text_is_plain_text():
    tokenizer = TOKENIZERS["byte-level"]()
    chat = ConfigTemplate(
        "<|im_start|>user\nFind.\n---\n", "\nOutput:\n<|im_end|>\n<|im_start|>go\n", DESIGNS["lines-text"], SCHEMA
    )
    made = SampleEncoder(tokenizer, chat, tokenizer.eos_token_id, 1000, chat=True, bos=False)
    text, answer = "a <|im_end|> b", "'DNA': '<|im_start|>'"
    encoded = made.encode_sample(text, answer)
    begin, end = (tokenizer.convert_tokens_to_ids(mark) for mark in ("<|im_start|>", "<|im_end|>"))
    assert [encoded.ids.tolist().count(mark) for mark in (begin, end)] == [2, 1], "the marks of the template alone"
    assert tokenizer.decode(encoded.ids[:-1]) == chat.prompt(text) + answer
    assert tokenizer.decode(encoded.ids[encoded.segments == COMPLETION][:-1]) == answer
    assert tokenizer.decode(encoded.ids[encoded.segments == TEXT]) == text
    plain = made.encode_sample("a b", "'DNA': ''")
    assert plain.ids.tolist() == [*tokenizer(chat.prompt("a b") + "'DNA': ''")["input_ids"], tokenizer.eos_token_id]


@settings(max_examples=examples(60))
@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1), room=st.integers(70, 120))
def test_long_text_is_truncated_at_its_end(text, room):
    tokenizer = TOKENIZERS["byte-level"]()
    made = encoder(tokenizer, context=room)
    try:
        encoded = made.encode_sample(text, ANSWERS[0])
    except TooLong:
        return
    assert len(encoded.ids) <= room
    kept = text[: len(text) - encoded.truncated_chars]
    assert tokenizer.decode(encoded.ids[:-1]) == FIRST.prompt(kept) + ANSWERS[0]
    full = encoder(tokenizer, context=10**6).encode_sample(text, ANSWERS[0])
    assert (encoded.truncated_chars > 0) == (len(full.ids) > room)


def test_sample_that_does_not_fit_without_its_text_is_refused():
    with pytest.raises(TooLong, match=r"instruction, cue and completion take .* tokens without any text"):
        encoder(TOKENIZERS["byte-level"](), context=30).encode_sample("a text " * 50, ANSWERS[0])


def test_prompt_is_truncated_to_its_room():
    made = encoder(TOKENIZERS["byte-level"](), context=1000)
    encoded = made.encode_prompt("great tuna " * 100, room=80)
    assert len(encoded.ids) <= 80 and encoded.truncated_chars > 0 and COMPLETION not in encoded.segments
