"""The model that comes along: a small Llama with a tokenizer of its own, made from the training samples.

About a million parameters, random at first. It learns a form and what words say most plainly, and knows no language;
it is there to try everything without a download, and as a floor that a real model has to beat.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

PAD, BEGIN, END = "<pad>", "<s>", "</s>"
VOCABULARY = 2048
CONTEXT = 2048
_SHAPE = {
    "hidden_size": 128,
    "intermediate_size": 352,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "max_position_embeddings": CONTEXT,
    "tie_word_embeddings": True,
}


def tiny_tokenizer(texts: Iterable[str]) -> Any:
    """A byte-level BPE of `texts`: every text can be written in it and comes back as it was."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    # a mark or a digit is a token of its own, so that the marks of a format are learned apart from words
    marks = pre_tokenizers.Split(Regex(r"\n|\d|[^\w\s]"), "isolated")
    raw.pre_tokenizer = pre_tokenizers.Sequence([marks, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[PAD, BEGIN, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=2,
        show_progress=False,
    )
    raw.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token=PAD, bos_token=BEGIN, eos_token=END, model_max_length=CONTEXT
    )


def tiny_model(tokenizer: Any, seed: int) -> Any:
    """A Llama of about a million random weights for that tokenizer."""
    from transformers import LlamaConfig, LlamaForCausalLM, set_seed

    set_seed(seed)
    special = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("pad", "bos", "eos")}
    return LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **_SHAPE, **special))
