"""Constrained decoding: all that a format writes may be written, and all that may be written is read.

pytest tests/train/test_constrained.py
"""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch
from llguidance import LLMatcher
from llguidance.hf import from_tokenizer
from transformers import AutoModelForCausalLM

from sde_datasets.designs import DESIGNS
from sde_datasets.errors import InputError
from sde_datasets.formats import format_of
from sde_datasets.formats.grammar import grammar_of
from sde_datasets.train.constrained import allowed, constrained
from sde_datasets.train.how import How
from sde_datasets.train.samples import Split
from sde_datasets.train.tokens import Encoder
from sde_datasets.train.writer import Writer
from train.models import byte_level

ANSWERS = [name for name in DESIGNS if name.endswith("-noinst")]
VIEWS = ("ner", "ed", "mabsa", "mabsa_zh")


@pytest.fixture(scope="module")
def tokens():
    tokenizer = byte_level()
    return tokenizer, from_tokenizer(tokenizer)


@pytest.mark.parametrize("view", VIEWS)
def test_every_gold_completion_may_be_written(data, tokens, view):
    tokenizer, vocabulary = tokens
    for name in ANSWERS:
        split = Split.of(str(data), f"{view}-{name}", "test")
        grammar = LLMatcher.grammar_from_lark(grammar_of(split.template.found, split.template.schema))
        for sample in islice(split, 25):
            matcher = LLMatcher(vocabulary, grammar)
            ids = tokenizer(sample.completion, split_special_tokens=True)["input_ids"]
            assert matcher.try_consume_tokens(ids) == len(ids) and matcher.is_accepting(), (name, sample.completion)


@pytest.mark.parametrize("view", VIEWS)
def test_whatever_may_be_written_is_taken_by_a_strict_reader(data, tokens, view):
    tokenizer, vocabulary = tokens
    generator = np.random.default_rng(4)
    words = [tokenizer.decode([token]) for token in range(len(tokenizer))]
    closing = np.array([word.startswith(tuple("'\"\n]},;.")) or word == "</s>" for word in words])
    ended = 0
    for name in ANSWERS:
        template = Split.of(str(data), f"{view}-{name}", "test").template
        form = format_of(template.found.answer, template.schema)
        grammar = LLMatcher.grammar_from_lark(grammar_of(template.found, template.schema))
        for _ in range(4):
            answer, done = walk(LLMatcher(vocabulary, grammar), generator, closing, tokenizer.eos_token_id)
            if done:
                ended += 1
                text = tokenizer.decode(answer, clean_up_tokenization_spaces=False)
                reading = form.read(text)
                assert reading.accepted, (name, text, reading.defects)
                assert form.read(form.write(reading.answer)).answer == reading.answer
    assert ended > len(ANSWERS) * 2, "hardly any answer came to its end"


def walk(matcher, generator, closing: np.ndarray, end: int) -> tuple[list[int], bool]:
    """Tokens drawn from those that may follow, in half of all cases from those that close something."""
    answer: list[int] = []
    while len(answer) < 600:
        may = allowed(matcher, len(closing)).numpy()
        some = may & closing if generator.random() < 0.5 and (may & closing).any() else may
        token = int(generator.choice(np.nonzero(some)[0]))
        if token == end:
            return answer, True
        matcher.consume_token(token)
        answer.append(token)
    return answer, False


@pytest.fixture(scope="module")
def model(models):
    return AutoModelForCausalLM.from_pretrained(models / "llama").eval()


def answers(data, model, tokenizer, end: int, how: How | None):
    """Four answers of the model and the format that reads them."""
    split = Split.of(str(data), "mabsa-json-text-noinst", "test")
    encoder = Encoder(tokenizer, split.template, end, 1024, False, False)
    pick = how and constrained(split.template, tokenizer, end, model.config.vocab_size, how)
    writer = Writer(model, tokenizer, encoder, {end}, 500, batch=4, picker=pick)
    said = writer.write([(s.id, s.text) for s in islice(split, 4)])
    return format_of(split.template.found.answer, split.template.schema), [each for _, each in said]


def test_a_random_model_answers_in_form_when_it_is_constrained(data, model):
    tokenizer = byte_level()
    defects = {}
    for how in (How(constrained=True), How(constrained=True, sample=True), None):
        form, said = answers(data, model, tokenizer, tokenizer.eos_token_id, how)
        defects[how] = [not form.read(each.text).accepted for each in said]
    assert [any(each) for each in defects.values()] == [False, False, True]


def test_an_answer_ends_with_the_end_token_of_the_run_though_the_tokenizer_has_another(data, model):
    tokenizer = byte_level()
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert end != tokenizer.eos_token_id
    form, said = answers(data, model, tokenizer, end, How(constrained=True))
    assert {each.stop for each in said} == {"end"}
    assert all(form.read(each.text).accepted and "</s>" not in each.text for each in said)


def test_a_tokenizer_may_hold_more_tokens_than_the_model_has_logits_for(data, model):
    tokenizer = byte_level()
    tokenizer.add_tokens(["<|no logit|>"])
    assert len(tokenizer) > model.config.vocab_size
    form, said = answers(data, model, tokenizer, tokenizer.eos_token_id, How(constrained=True))
    assert all(form.read(each.text).accepted for each in said)


def picks(data, vocabulary: int = 400):
    """What picks the tokens of one answer."""
    tokenizer = byte_level()
    template = Split.of(str(data), "mabsa-json-text-noinst", "test").template
    return constrained(template, tokenizer, tokenizer.eos_token_id, vocabulary, How(constrained=True))("x")


def test_an_answer_that_is_complete_is_followed_by_end_tokens_alone(data):
    pick, written = picks(data), []
    while len(written) < 600 and written[-2:] != [1, 1]:
        written.append(pick(torch.zeros(400), written))
    assert written[-2:] == [1, 1] and written.count(1) == 2


def test_a_token_that_may_not_follow_is_an_error_and_not_passed_over(data):
    pick = picks(data)
    with pytest.raises(InputError, match="--constrained: llguidance cannot go on"):
        pick(torch.full((400,), -torch.inf), [])
    with pytest.raises(InputError, match="Leave --constrained out"):
        pick(torch.zeros(400), [])


def test_a_grammar_that_llguidance_does_not_take_is_an_error(data, monkeypatch):
    monkeypatch.setattr("sde_datasets.train.constrained.grammar_of", lambda *_: "start: nothing_of_the_kind\n")
    with pytest.raises(InputError, match="unknown name"):
        picks(data)(torch.zeros(400), [])
