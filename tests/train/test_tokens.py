"""Which part of a sample each token belongs to, on every family of tokenizers.

pytest tests/train/test_tokens.py
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sde_datasets.tasks import find_task
from sde_datasets.train.samples import Template
from sde_datasets.train.tokens import COMPLETION, INSTRUCTION, TEXT, Encoder, TooLong, part_of
from train.models import TOKENIZERS

SCHEMA = find_task("ner").schema(("DNA", "RNA"))
FIRST = Template("lines-text", SCHEMA, "Extract all names of these types: DNA, RNA.\n---\n", "\nOutput:\n")
LAST = Template("lines-text-instlast", SCHEMA, "", "\n---\nExtract all names of these types: DNA, RNA.\nOutput:\n")
TEXTS = ["The IL-2 gene binds p50 in T cells.", "great tuna , rude staff", "白细胞介素-2 基因 👍", " blanks  within "]
ANSWERS = ["'DNA': 'IL-2 gene'\n'RNA': ''", "food: positive", "口味：正面", "0: 'a', 'b'"]


@pytest.fixture(scope="module", params=TOKENIZERS)
def tokenizer(request):
    return TOKENIZERS[request.param]()


def encoder(tokenizer, template=FIRST, context=1000, **how) -> Encoder:
    return Encoder(tokenizer, template, tokenizer.eos_token_id, context, **({"chat": False, "bos": False} | how))


def stretches(encoded, part: int) -> list[int]:
    return np.nonzero(encoded.parts == part)[0].tolist()


@pytest.mark.parametrize("template", [FIRST, LAST], ids=["inst-first", "inst-last"])
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("answer", ANSWERS)
def test_tokens_belong_to_the_part_where_their_last_character_stands(tokenizer, template, text, answer):
    encoded = encoder(tokenizer, template).sample(text, answer)
    whole = tokenizer(template.prompt(text) + answer, return_offsets_mapping=True)
    begin, end = len(template.prefix), len(template.prefix) + len(text)
    boundary = len(template.prompt(text))
    marks = [INSTRUCTION] * begin + [TEXT] * (end - begin) + [INSTRUCTION] * (boundary - end)
    marks += [COMPLETION] * len(answer)
    expected = [marks[stop - 1] for start, stop in whole["offset_mapping"] if stop > start]
    inner = [part for part, (start, stop) in zip(encoded.parts, whole["offset_mapping"], strict=False) if stop > start]
    assert inner == expected
    assert encoded.ids[-1] == tokenizer.eos_token_id and encoded.parts[-1] == COMPLETION, "the end is not learned"


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_learned_is_the_completion_and_the_end(tokenizer, text):
    if "[SEP]" in tokenizer.all_special_tokens:
        pytest.skip("word pieces do not come back as they were")
    encoded = encoder(tokenizer).sample(text, ANSWERS[0])
    learned = encoded.ids[encoded.parts == COMPLETION]
    said = tokenizer.decode(learned[:-1], clean_up_tokenization_spaces=False)
    # a token that straddles the boundary brings the line feed before the completion along
    assert said.removeprefix("\n") == ANSWERS[0]
    places = stretches(encoded, COMPLETION)
    assert places == list(range(places[0], len(encoded.ids))), "the completion is not one stretch to the end"


def test_a_token_over_the_boundary_belongs_to_the_completion():
    tokenizer = TOKENIZERS["pieces"]()
    tokenizer.add_tokens(["\n'DNA"])
    encoded = encoder(tokenizer).sample("x", "'DNA': ''")
    straddling = tokenizer.convert_tokens_to_ids("\n'DNA")
    assert encoded.parts[encoded.ids.tolist().index(straddling)] == COMPLETION
    assert [part_of(stop, 3, 5, 8) for stop in (2, 3, 4, 5, 6, 8, 9)] == [
        INSTRUCTION, INSTRUCTION, TEXT, TEXT, INSTRUCTION, INSTRUCTION, COMPLETION,
    ]  # fmt: skip


def test_a_begin_token_stands_in_front_once():
    tokenizer = TOKENIZERS["pieces"]()
    assert encoder(tokenizer, bos=False).sample("x", "y").ids.tolist().count(1) == 1
    other = TOKENIZERS["byte-level"]()
    other.bos_token = "<|im_start|>"
    assert encoder(other, bos=True).sample("x", "y").ids[0] == other.bos_token_id
    assert other.bos_token_id not in encoder(other, bos=False).sample("x", "y").ids


def test_what_looks_like_a_special_token_in_a_text_is_none(tokenizer):
    end = tokenizer.eos_token_id
    encoded = encoder(tokenizer).sample(f"a {tokenizer.eos_token} b", "x")
    assert encoded.ids.tolist().count(end) == 1 and encoded.ids[-1] == end


def test_what_looks_like_a_mark_of_a_chat_in_a_text_is_none():
    tokenizer = TOKENIZERS["byte-level"]()
    chat = Template("lines-text", SCHEMA, "<|im_start|>user\nFind.\n---\n", "\nOutput:\n<|im_end|>\n<|im_start|>go\n")
    made = Encoder(tokenizer, chat, tokenizer.eos_token_id, 1000, chat=True, bos=False)
    text, answer = "a <|im_end|> b", "'DNA': '<|im_start|>'"
    encoded = made.sample(text, answer)
    begin, end = (tokenizer.convert_tokens_to_ids(mark) for mark in ("<|im_start|>", "<|im_end|>"))
    assert [encoded.ids.tolist().count(mark) for mark in (begin, end)] == [2, 1], "the marks of the template alone"
    assert tokenizer.decode(encoded.ids[:-1]) == chat.prompt(text) + answer
    assert tokenizer.decode(encoded.ids[encoded.parts == COMPLETION][:-1]) == answer
    assert tokenizer.decode(encoded.ids[encoded.parts == TEXT]) == text
    plain = made.sample("a b", "'DNA': ''")
    assert plain.ids.tolist() == [*tokenizer(chat.prompt("a b") + "'DNA': ''")["input_ids"], tokenizer.eos_token_id]


@settings(deadline=None, max_examples=60)
@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1), room=st.integers(70, 120))
def test_a_long_text_loses_its_end_and_nothing_else(text, room):
    tokenizer = TOKENIZERS["byte-level"]()
    made = encoder(tokenizer, context=room)
    try:
        encoded = made.sample(text, ANSWERS[0])
    except TooLong:
        return
    assert len(encoded.ids) <= room
    kept = text[: len(text) - encoded.cut]
    assert tokenizer.decode(encoded.ids[:-1]) == FIRST.prompt(kept) + ANSWERS[0]
    full = encoder(tokenizer, context=10**6).sample(text, ANSWERS[0])
    assert (encoded.cut > 0) == (len(full.ids) > room)


def test_what_does_not_fit_without_its_text_is_refused():
    with pytest.raises(TooLong, match=r"instruction, cue and completion take .* tokens without any text"):
        encoder(TOKENIZERS["byte-level"](), context=30).sample("a text " * 50, ANSWERS[0])


def test_a_prompt_is_shortened_to_its_room():
    made = encoder(TOKENIZERS["byte-level"](), context=1000)
    encoded = made.prompt("great tuna " * 100, room=80)
    assert len(encoded.ids) <= 80 and encoded.cut > 0 and COMPLETION not in encoded.parts
