"""The built-in model: a small Llama with its own tokenizer, both made from the training samples.

It has about a million parameters, random at first. It learns the written form and the most frequent words, and knows
no language. Use it to try everything without a download, and as a lower bound for the scores of a real model.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

PAD, BEGIN, END = "<pad>", "<s>", "</s>"
VOCABULARY = 2048
CONTEXT = 2048
_SHAPE: dict[str, Any] = {
    "hidden_size": 128,
    "intermediate_size": 352,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "max_position_embeddings": CONTEXT,
    "tie_word_embeddings": True,
}


def tiny_tokenizer(texts: Iterable[str]) -> Any:
    """Train a byte-level BPE tokenizer on `texts`; it encodes every text without loss."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    # each punctuation mark and digit is a separate token, so that the marks of a format are learned apart from words
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
    """Create a Llama with about a million random weights for that tokenizer."""
    from transformers import LlamaConfig, LlamaForCausalLM, set_seed

    set_seed(seed)
    special = {f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("pad", "bos", "eos")}
    return LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **_SHAPE, **special))
