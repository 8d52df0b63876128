"""Answers are those of the model's own `generate`, whatever makes them faster.

pytest tests/prediction/test_decoder.py
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, GPTNeoConfig, GPTNeoForCausalLM, MptConfig, MptForCausalLM

from sde_datasets.prediction.cache_probe import cache_argument
from sde_datasets.prediction.decoder import SpeculativeDecoder
from sde_datasets.prediction.engine import GenerationRequest
from sde_datasets.prediction.generation import PlainGenerator
from sde_datasets.prediction.ngram_drafts import NGramDrafter
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.sampling import make_sampler
from sde_datasets.runs.encoding import shared_prefix_length

LIMIT = 24
PREFIX = list(range(20, 40))


def load(models, name, spread: float = 4.0):
    """A random model whose answers are no endless repetition, since its output layer is made bolder."""
    model = AutoModelForCausalLM.from_pretrained(models / name).eval()
    torch.manual_seed(3)
    head = model.get_output_embeddings().weight
    head.data = torch.randn_like(head) * spread / head.shape[1] ** 0.5
    return model


def decoder_of(model, drafts: int) -> SpeculativeDecoder:
    """The decoder for a model whose cache can be taken apart."""
    name = cache_argument(model)
    assert name is not None
    return SpeculativeDecoder(model, 0, 16, drafts, name)


def request(prompt: np.ndarray, ends: set[int], limit: int = LIMIT) -> GenerationRequest:
    return GenerationRequest("x", prompt, limit, frozenset(ends))


def prompts(count: int, shared: int) -> list[np.ndarray]:
    generator = np.random.default_rng(5)
    return [np.array(PREFIX[:shared] + generator.integers(5, 390, 3 + 2 * i).tolist(), np.int32) for i in range(count)]


def plain(model, prompt: np.ndarray, ends: set[int]) -> list[int]:
    """What `generate` writes to one prompt alone."""
    ids = torch.from_numpy(prompt.astype(np.int64))[None]
    how = {"max_new_tokens": LIMIT, "do_sample": False, "eos_token_id": sorted(ends), "pad_token_id": 0}
    return model.generate(ids, attention_mask=torch.ones_like(ids), **how)[0, len(prompt) :].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["llama", "qwen", "gpt2"])
@pytest.mark.parametrize("shared", [0, 12])
@pytest.mark.parametrize("drafts", [0, 5])
def test_batch_answers_equal_those_of_generate(models, name, shared, drafts):
    model, rows = load(models, name), prompts(9, shared)
    endless = [plain(model, row, {1}) for row in rows]
    # ends that some answers meet sooner, some later and some never
    ends = {endless[0][4], endless[3][10], endless[5][15]}
    expected = [plain(model, row, ends) for row in rows]
    assert len({len(answer) for answer in expected}) > 1, "all answers end at the same step"
    decoder = decoder_of(model, drafts)
    # the second time around drafts know the answers
    for _ in range(2):
        work = [request(row, ends) for row in rows]
        decoder.generate(work[:5], min(shared, shared_prefix_length(rows)))
        decoder.generate(work[5:], min(shared, shared_prefix_length(rows)))
        assert [row.written for row in work] == expected


@pytest.mark.parametrize("name", ["gpt_neo", "mpt"])
def test_answers_of_models_with_attention_by_index_equal_those_of_generate(name):
    """By a window of places, and by the distance of places."""
    torch.manual_seed(1)
    if name == "mpt":
        how = {"max_seq_len": 128, "attn_config": {"alibi": True}}
        model = MptForCausalLM(MptConfig(d_model=64, n_heads=4, n_layers=2, vocab_size=400, **how)).eval()
    else:
        how = {"attention_types": [[["local"], 2]], "window_size": 16, "max_position_embeddings": 128}
        model = GPTNeoForCausalLM(GPTNeoConfig(vocab_size=400, hidden_size=64, num_layers=2, num_heads=4, **how)).eval()
    for weight in model.parameters():
        weight.data *= 4 if weight.ndim > 1 else 1
    rows = [row[: 3 + 7 * i] for i, row in enumerate(prompts(9, 0))]
    endless = [plain(model, row, {1}) for row in rows]
    ends = {endless[0][4], endless[3][10], endless[5][15]}
    expected = [plain(model, row, ends) for row in rows]
    assert len({len(answer) for answer in expected}) > 1, "all answers end at the same step"
    assert cache_argument(model) is None
    work = [request(row, ends) for row in rows]
    PlainGenerator(model, 0, 16).generate(work, 0)
    assert [row.written for row in work] == expected


def test_drafter_memory_is_bounded(monkeypatch):
    monkeypatch.setattr("sde_datasets.prediction.ngram_drafts._MAX_CONTEXTS", 50)
    drafter = NGramDrafter(4)
    for start in range(0, 4000, 10):
        drafter.update(list(range(start, start + 10)))
    assert len(drafter._next) <= 50 + 3 * 10 and drafter.propose([3991]) == [3992, 3993, 3994, 3995]


def test_answer_may_reach_the_last_position_of_the_context(models):
    """GPT-2 has a position for each place of its context and for none behind it, guesses or not."""
    model, ends = load(models, "gpt2"), {1}
    prompts = [np.array([5 + i % 380 for i in range(1024 - room)], np.int32) for room in (20, 12, 7)]
    decoder, found = decoder_of(model, 5), []
    for _ in range(2):
        work = [request(prompt, ends, 1024 - len(prompt)) for prompt in prompts]
        decoder.generate(work, 0)
        found.append([row.written for row in work])
    assert found[0] == found[1] and [len(answer) for answer in found[0]] == [20, 12, 7]


def test_proposals_reduce_the_number_of_model_calls(models):
    model, ends = load(models, "llama"), {1}
    calls = []
    model.register_forward_hook(lambda *_: calls.append(1))
    decoder = decoder_of(model, 5)
    counts = []
    for _ in range(2):
        calls.clear()
        decoder.generate([request(row, ends) for row in prompts(4, 0)], 0)
        counts.append(len(calls))
    assert counts[1] < counts[0] / 2


def test_proposal_is_what_followed_most_recently():
    drafter = NGramDrafter(4)
    assert drafter.propose([7]) == []
    drafter.update([1, 2, 3, 4, 5])
    assert drafter.propose([9, 2]) == [3, 4, 5]
    drafter.update([2, 8])
    assert drafter.propose([9, 2]) == [8]
    assert drafter.propose([1, 2]) == [3, 4, 5], "a longer context goes before a shorter one"


@given(st.lists(st.lists(st.integers(0, 5), max_size=12)), st.lists(st.integers(0, 5), min_size=1), st.integers(0, 6))
def test_proposals_are_never_longer_than_requested(answers, written, length):
    drafter = NGramDrafter(length)
    for answer in answers:
        drafter.update(answer)
    assert len(drafter.propose(written)) <= length


def test_sampled_answers_depend_on_seed_and_id_not_on_the_batch(models):
    model, ends = load(models, "qwen", spread=1.0), {1}
    rows = prompts(5, 0)

    def drawn(seed: int, groups: list[list[int]]) -> list[list[int]]:
        pick = make_sampler(GenerationOptions(sample=True, seed=seed))
        decoder, found = decoder_of(model, 5), {}
        for group in groups:
            work = [GenerationRequest(f"id{i}", rows[i], LIMIT, frozenset(ends), pick(f"id{i}")) for i in group]
            decoder.generate(work, 0)
            found |= {int(row.id[2:]): row.written for row in work}
        return [found[i] for i in range(5)]

    one = drawn(1, [[0, 1, 2, 3, 4]])
    assert one == drawn(1, [[3, 0], [4, 1, 2]])
    assert one != drawn(2, [[0, 1, 2, 3, 4]])


def test_sampling_follows_the_probabilities():
    logits = torch.tensor([2.0, 1.0, 0.0, -1.0])
    pick = make_sampler(GenerationOptions(sample=True, seed=1))("x")
    counts = np.bincount([pick(logits, []) for _ in range(4000)], minlength=4) / 4000
    assert counts == pytest.approx(logits.softmax(-1).numpy(), abs=0.03)
    narrow = make_sampler(GenerationOptions(sample=True, seed=1, top_p=0.5))("x")
    assert {narrow(logits, []) for _ in range(50)} == {0}
    cold = make_sampler(GenerationOptions(sample=True, seed=1, temperature=0.01))("x")
    assert {cold(logits, []) for _ in range(50)} == {0}
