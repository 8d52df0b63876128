"""Answers that copy their text: proposals from the text, and a grammar that lets only copies of it through.

pytest tests/prediction/test_copies.py
"""

from __future__ import annotations

from itertools import islice

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from transformers import AutoModelForCausalLM

from sde_datasets.designs.design import BEYOND, INLINE, get_design
from sde_datasets.errors import InputError
from sde_datasets.formats import answer_format
from sde_datasets.formats.copy_grammar import copy_grammar
from sde_datasets.prediction.batch_generator import BatchGenerator
from sde_datasets.prediction.copy_drafts import COPY_LENGTH, CopyDrafts, MarkMemory
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.sampling import allowed_tokens, make_grammar_picker
from sde_datasets.prediction.writers import make_writer
from sde_datasets.records.schema import Schema
from sde_datasets.records.words import cuts_word
from sde_datasets.runs.encoding import SampleEncoder
from sde_datasets.runs.samples import Split
from sde_datasets.samples.render import completions, gold_answers
from sde_datasets.tasks.task import get_task
from tests.tiny_models import TOKENIZERS, byte_level

llguidance = pytest.importorskip("llguidance")
from llguidance.hf import from_tokenizer  # noqa: E402

WRITTEN = sorted({design.answer for design in BEYOND.values() if design.format == INLINE})
TEXT = "The IL-2 gene binds p50 [1] in T cells."
END = 1


# proposals


def passes(completions_: list[str], texts: list[str], tokenizer) -> tuple[int, int]:
    """How many passes of a model write these completions with proposals, and how many tokens they have."""
    memory, count, written_tokens = MarkMemory(), 0, 0
    for completion, text in zip(completions_, texts, strict=True):
        gold = [*tokenizer(completion, add_special_tokens=False)["input_ids"], END]
        drafts, written = CopyDrafts(text, tokenizer, END, memory), gold[:1]
        while written[-1] != END:
            proposed = drafts.propose(written)
            assert len(proposed) <= COPY_LENGTH
            following = gold[len(written) :]
            right = next((n for n, token in enumerate(proposed) if following[n : n + 1] != [token]), len(proposed))
            written += following[: right + 1]
            count += 1
        drafts.finish(written)
        written_tokens += len(gold)
    return count, written_tokens


@pytest.mark.parametrize("name", ["byte-level", "pieces"])
def test_an_answer_without_marks_is_proposed_whole(name):
    count, tokens = passes(["The IL-2 gene binds p50 \\[1\\] in T cells."], [TEXT], TOKENIZERS[name]())
    assert count <= tokens / COPY_LENGTH + 2


def test_marks_of_earlier_answers_are_proposed():
    tokenizer = byte_level()
    marked = "The [[IL-2|protein] gene|DNA] binds [p50|protein] \\[1\\] in [T cells|cell_type]."
    first, tokens = passes([marked], [TEXT], tokenizer)
    both, _ = passes([marked, marked], [TEXT, TEXT], tokenizer)
    assert both - first <= tokens / COPY_LENGTH + 2 < first


def test_a_surface_that_an_answer_leaves_unmarked_is_forgotten():
    memory = MarkMemory()
    memory.update("[p50|protein] binds [T cells|cell_type].")
    assert memory.marked(memory.at("p50 binds", 0)) == "[p50|protein]" and memory.target("B cells") == "cell_type"
    memory.update("p50 binds.")
    assert memory.at("p50 binds", 0) == "" and memory.at("T cells", 0) == "T cells"


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    """The test split of ner-inline-text-ou-noinst of the bundled corpora."""
    work = tmp_path_factory.mktemp("bundled")
    return Split.open("bundled", "ner-inline-text-ou-noinst", "test", work=work)


def answers(split, models, pickers=None, engine: str = "auto", count: int = 4):
    """The answers of a random model, whose output layer is made bolder, to some texts."""
    model, tokenizer = AutoModelForCausalLM.from_pretrained(models / "llama").eval(), byte_level()
    torch.manual_seed(3)
    head = model.get_output_embeddings().weight
    head.data = torch.randn_like(head) * 4 / head.shape[1] ** 0.5
    encoder = SampleEncoder(tokenizer, split.template, END, 1024, False, False)
    how = pickers and make_grammar_picker(split.template, tokenizer, END, model.config.vocab_size, pickers)
    writer = make_writer(model, 0, engine, batch=4)
    generator = BatchGenerator(writer, tokenizer, encoder, {END}, 60 if pickers is None else 600, pickers=how)
    samples = list(islice(split, count))
    found = dict(generator.generate([(sample.id, sample.text) for sample in samples]))
    return samples, [found[sample.id] for sample in samples]


def test_answers_with_proposals_from_the_text_are_those_of_generate(split, models):
    assert answers(split, models)[1] == answers(split, models, engine="generate")[1]


# the grammar


@pytest.fixture(scope="module")
def tokens():
    tokenizer = byte_level()
    return tokenizer, from_tokenizer(tokenizer)


def matcher_of(design, schema, text: str, vocabulary):
    grammar = llguidance.LLMatcher.grammar_from_lark(copy_grammar(design, schema, text))
    return llguidance.LLMatcher(vocabulary, grammar, log_level=0)


def accepts(text: str, answer: str, tokens, design: str = "inline-text-ou") -> bool:
    tokenizer, vocabulary = tokens
    matcher = matcher_of(get_design(design), get_task("ner").schema(("DNA", "protein")), text, vocabulary)
    ids = tokenizer(answer, split_special_tokens=True)["input_ids"]
    return matcher.try_consume_tokens(ids) == len(ids) and matcher.is_accepting()


@pytest.mark.parametrize(
    ("answer", "allowed"),
    [
        ("The IL-2 gene.", True),
        ("The [IL-2 gene|DNA].", True),
        ("The [[IL-2|protein] gene|DNA].", True),
        ("The [[[IL|DNA]-2|protein] gene|DNA].", True),
        ('The IL-2 gene.\n\\+\n["DNA", "IL gene"]', True),
        ("The IL-4 gene.", False),
        ("The IL-2.", False),
        ("The [IL-2 ge|DNA]ne.", False),
        ("The [IL-2 gene|RNA].", False),
        ("The[ |DNA]IL-2 gene.", False),
        ("The [IL-2 gene.", False),
        ('The IL-2 gene.\n\\+\n["DNA", "p50"]', False),
    ],
)
def test_only_copies_with_marks_at_the_edges_of_words_are_allowed(answer, allowed, tokens):
    assert accepts("The IL-2 gene.", answer, tokens) == allowed


def test_marks_of_the_text_and_tags_are_escaped(tokens):
    assert accepts("a [1] <DNA> \\ </s>", "a \\[1\\] \\<DNA> \\\\ \\</s>", tokens)
    assert accepts(" \n", "\\+", tokens)
    assert accepts("北京大学", "[北京|DNA]大学", tokens)


@pytest.mark.parametrize("view", ["ner", "ed"])
def test_gold_completions_whose_marks_cut_no_word_are_allowed(data, tokens, view):
    (path,) = (data / "data" / f"{view}-records").glob("test*.parquet")
    records = pq.read_table(path).slice(0, 12).combine_chunks().to_batches()[0]
    schema = Schema.from_json(records.column("schema")[0].as_py())
    tokenizer, vocabulary = tokens
    for design in WRITTEN:
        written = completions(gold_answers(records, schema, "inline"), design, schema).to_pylist()
        for completion, row in zip(written, records.to_pylist(), strict=True):
            spans = [(span["start"], span["end"]) for each in row["annotations"] for span in each["spans"]]
            if any(cuts_word(row["text"], *span) for span in spans):
                continue
            ids = tokenizer(completion, split_special_tokens=True)["input_ids"]
            matcher = matcher_of(design, schema, row["text"], vocabulary)
            assert matcher.try_consume_tokens(ids) == len(ids) and matcher.is_accepting(), completion


def test_a_strict_parser_accepts_whatever_the_grammar_allows(tokens):
    tokenizer, vocabulary = tokens
    schema, generator = get_task("ner").schema(("DNA", "a|b", "[x]")), np.random.default_rng(4)
    for design in WRITTEN:
        form = answer_format(design, schema)
        for _ in range(10):
            matcher, answer = matcher_of(design, schema, TEXT, vocabulary), []
            while not answer or (answer[-1] != END and len(answer) < 500):
                answer.append(int(generator.choice(np.nonzero(allowed_tokens(matcher, len(tokenizer)).numpy())[0])))
                matcher.consume_token(answer[-1])
            if answer[-1] == END:
                text = tokenizer.decode(answer[:-1], clean_up_tokenization_spaces=False)
                reading = form.read(text, TEXT)
                assert {defect.name for defect in reading.defects} <= {"not_in_text"}, text


def test_constrained_answers_are_copies_of_their_texts(split, models):
    samples, found = answers(split, models, GenerationOptions(constrained=True), count=2)
    form = answer_format(split.template.design.answer, split.template.schema)
    for sample, completion in zip(samples, found, strict=True):
        if completion.stop == "end":
            reading = form.read(completion.text, sample.text)
            assert reading.is_strict and "copy_differs" not in [defect.name for defect in reading.defects]


def test_a_text_of_hundreds_of_words_has_a_grammar_and_one_of_thousands_is_refused(split):
    tokenizer = byte_level()
    pickers = make_grammar_picker(split.template, tokenizer, END, 400, GenerationOptions(constrained=True))
    pick = pickers("x", "word " * 300)
    assert tokenizer.decode([pick(torch.zeros(400), [])])[0] in "w["
    with pytest.raises(InputError, match=r"5,000 words and marks is too long.*Omit --constrained"):
        pickers("x", "word " * 5000)
