"""Constrained decoding: all that a format writes may be written, and all that may be written is read.

pytest tests/prediction/test_constrained.py
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from llguidance import LLMatcher
from llguidance.hf import from_tokenizer
from transformers import AutoModelForCausalLM

from sde_datasets.designs.design import DESIGNS
from sde_datasets.errors import InputError
from sde_datasets.formats import answer_format
from sde_datasets.formats.grammar import grammar_of
from sde_datasets.prediction.batch_generator import BatchGenerator
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.sampling import allowed_tokens, make_grammar_picker
from sde_datasets.prediction.writers import make_writer
from sde_datasets.records.schema import Schema
from sde_datasets.runs.encoding import SampleEncoder
from sde_datasets.runs.samples import Split
from sde_datasets.samples.render import completions, gold_answers
from tests.tiny_models import byte_level

WRITTEN = sorted({design.answer for design in DESIGNS.values()})
VIEWS = ("ner", "ed", "mabsa", "mabsa_zh")


@pytest.fixture(scope="module")
def tokens():
    tokenizer = byte_level()
    return tokenizer, from_tokenizer(tokenizer)


def gold(data: Path, view: str) -> tuple[pa.RecordBatch, Schema]:
    """25 records of a view, and its schema."""
    (path,) = (data / "data" / f"{view}-records").glob("test*.parquet")
    table = pq.read_table(path).slice(0, 25).combine_chunks()
    return table.to_batches()[0], Schema.from_json(table["schema"][0].as_py())


@pytest.mark.slow
@pytest.mark.parametrize("view", VIEWS)
def test_grammar_accepts_every_gold_completion(data, tokens, view):
    tokenizer, vocabulary = tokens
    records, schema = gold(data, view)
    for design in WRITTEN:
        grammar = LLMatcher.grammar_from_lark(grammar_of(design, schema))
        written = completions(gold_answers(records, schema, design.format), design, schema).to_pylist()
        assert len(written) == 25
        for completion in written:
            matcher = LLMatcher(vocabulary, grammar)
            ids = tokenizer(completion, split_special_tokens=True)["input_ids"]
            assert matcher.try_consume_tokens(ids) == len(ids) and matcher.is_accepting(), (design.name, completion)


@pytest.mark.slow
@pytest.mark.parametrize("view", VIEWS)
def test_strict_parser_accepts_whatever_the_grammar_allows(data, tokens, view):
    tokenizer, vocabulary = tokens
    generator = np.random.default_rng(4)
    words = [tokenizer.decode([token]) for token in range(len(tokenizer))]
    closing = np.array([word.startswith(tuple("'\"\n]},;.")) or word == "</s>" for word in words])
    ended, (_, schema) = 0, gold(data, view)
    for design in WRITTEN:
        form = answer_format(design, schema)
        grammar = LLMatcher.grammar_from_lark(grammar_of(design, schema))
        for _ in range(4):
            answer, done = walk(LLMatcher(vocabulary, grammar), generator, closing, tokenizer.eos_token_id)
            if done:
                ended += 1
                text = tokenizer.decode(answer, clean_up_tokenization_spaces=False)
                reading = form.read(text)
                assert reading.is_strict, (design.name, text, reading.defects)
                assert form.read(form.write(reading.answer)).answer == reading.answer
    assert ended > len(WRITTEN) * 2, "hardly any answer came to its end"


def walk(matcher, generator, closing: np.ndarray, end: int) -> tuple[list[int], bool]:
    """Tokens drawn from those that may follow, in half of all cases from those that close something."""
    answer: list[int] = []
    while len(answer) < 600:
        may = allowed_tokens(matcher, len(closing)).numpy()
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


def answers(data, model, tokenizer, end: int, how: GenerationOptions | None):
    """Four answers of the model and the format that reads them."""
    split = Split.open(str(data), "mabsa-json-text-noinst", "test")
    encoder = SampleEncoder(tokenizer, split.template, end, 1024, False, False)
    pickers = how and make_grammar_picker(split.template, tokenizer, end, model.config.vocab_size, how)
    generator = BatchGenerator(make_writer(model, 0, batch=4), tokenizer, encoder, {end}, 500, pickers=pickers)
    completions = generator.generate([(s.id, s.text) for s in islice(split, 4)])
    return answer_format(split.template.design.answer, split.template.schema), [each for _, each in completions]


@pytest.mark.slow
def test_constrained_random_model_writes_valid_answers(data, model):
    tokenizer = byte_level()
    defects = {}
    for how in (GenerationOptions(constrained=True), GenerationOptions(constrained=True, sample=True), None):
        form, completions = answers(data, model, tokenizer, tokenizer.eos_token_id, how)
        defects[how] = [not form.read(each.text).is_strict for each in completions]
    assert [any(each) for each in defects.values()] == [False, False, True]


def test_constrained_answer_ends_with_the_end_token_of_the_run(data, model):
    tokenizer = byte_level()
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert end != tokenizer.eos_token_id
    form, completions = answers(data, model, tokenizer, end, GenerationOptions(constrained=True))
    assert {each.stop for each in completions} == {"end"}
    assert all(form.read(each.text).is_strict and "</s>" not in each.text for each in completions)


def test_tokenizer_may_have_more_tokens_than_the_model_has_logits(data, model):
    tokenizer = byte_level()
    tokenizer.add_tokens(["<|no logit|>"])
    assert len(tokenizer) > model.config.vocab_size
    form, completions = answers(data, model, tokenizer, tokenizer.eos_token_id, GenerationOptions(constrained=True))
    assert all(form.read(each.text).is_strict for each in completions)


def picks(data, vocabulary: int = 400):
    """What picks the tokens of one answer."""
    tokenizer = byte_level()
    template = Split.open(str(data), "mabsa-json-text-noinst", "test").template
    return make_grammar_picker(
        template, tokenizer, tokenizer.eos_token_id, vocabulary, GenerationOptions(constrained=True)
    )("x")


def test_only_end_tokens_follow_a_complete_answer(data):
    pick, written = picks(data), []
    while len(written) < 600 and written[-2:] != [1, 1]:
        written.append(pick(torch.zeros(400), written))
    assert written[-2:] == [1, 1] and written.count(1) == 2


def test_token_outside_the_grammar_raises_an_error(data):
    pick = picks(data)
    with pytest.raises(InputError, match="--constrained: llguidance cannot continue"):
        pick(torch.full((400,), -torch.inf), [])
    with pytest.raises(InputError, match="Omit --constrained"):
        pick(torch.zeros(400), [])


def test_grammar_that_llguidance_rejects_raises_an_error(data, monkeypatch):
    monkeypatch.setattr("sde_datasets.prediction.sampling.grammar_of", lambda *_: "start: nothing_of_the_kind\n")
    with pytest.raises(InputError, match="unknown name"):
        picks(data)(torch.zeros(400), [])
