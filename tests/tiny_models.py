"""Small random models and the tokenizers of several families, made here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoTokenizer,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
    set_seed,
)

CORPUS = [
    "Extract all names of these types: DNA, RNA, protein.\n---\nThe IL-2 gene binds p50 in T cells.\nOutput:\n",
    "'DNA': 'IL-2 gene'\n'protein': 'p50', 'NF-kappa B'\nfood: positive\nservice: negative\nambience: unmentioned",
    '{"aspect": "food", "sentiment": "positive"}\n["food", "great tuna", "positive"]\n0: -1, 1: 2.',
    "the tuna was great but the staff was rude , we waited for an hour and never came back again .",
]
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def byte_level(**special: Any) -> PreTrainedTokenizerFast:
    """As GPT-2, Llama 3 and Qwen: bytes, a blank belongs to the word after it."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.post_processor = processors.ByteLevel(trim_offsets=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    names = ["<pad>", "</s>", "<|im_start|>", "<|im_end|>"]
    raw.train_from_iterator(
        CORPUS,
        trainers.BpeTrainer(vocab_size=400, special_tokens=names, initial_alphabet=alphabet, show_progress=False),
    )
    return PreTrainedTokenizerFast(tokenizer_object=raw, **({"pad_token": "<pad>", "eos_token": "</s>"} | special))


def trimmed() -> PreTrainedTokenizerFast:
    """Byte-level with offsets that leave the blank before a word out, as GPT-2's do."""
    tokenizer = byte_level()
    tokenizer.backend_tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    return tokenizer


def pieces(prefix: bool) -> PreTrainedTokenizerFast:
    """As sentencepiece: `▁` for a blank, bytes for what is unknown, a begin token; with or without a blank in front."""
    raw = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    raw.normalizer = normalizers.Sequence(
        ([normalizers.Prepend("▁")] if prefix else []) + [normalizers.Replace(" ", "▁")]
    )
    back = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    raw.decoder = decoders.Sequence(back + ([decoders.Strip(" ", 1, 0)] if prefix else []))
    names = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    # no piece crosses a blank, but one may cross a line feed: such a piece straddles prompt and completion
    raw.pre_tokenizer = pre_tokenizers.Split(Regex("▁"), "merged_with_next")
    raw.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=520, special_tokens=names, show_progress=False))
    raw.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=raw, unk_token="<unk>", bos_token="<s>", eos_token="</s>")


def word_pieces() -> PreTrainedTokenizerFast:
    """As BERT: lower case, no blanks, `##` within words, [CLS] in front and [SEP] behind."""
    raw = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    raw.normalizer = normalizers.BertNormalizer(lowercase=True)
    raw.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    raw.decoder = decoders.WordPiece()
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    raw.train_from_iterator(
        CORPUS, trainers.WordPieceTrainer(vocab_size=300, special_tokens=names, show_progress=False)
    )
    raw.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=raw, unk_token="[UNK]", pad_token="[PAD]", eos_token="[SEP]")


TOKENIZERS = {
    "byte-level": byte_level,
    "byte-level, trimmed": trimmed,
    "pieces": lambda: pieces(False),
    "pieces, prefix": lambda: pieces(True),
    "word pieces": word_pieces,
}


def save_models(folder: Path) -> None:
    """Write a model of each family with a tokenizer into a folder of its name."""
    shape = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
    shape |= {"num_key_value_heads": 2, "max_position_embeddings": 1024}
    for name in ("llama", "qwen", "gpt2"):
        tokenizer = byte_level(pad_token=None) if name == "gpt2" else byte_level()
        special = {"vocab_size": len(tokenizer), "eos_token_id": 1, "bos_token_id": None, "pad_token_id": None}
        set_seed(1)
        if name == "gpt2":
            model = GPT2LMHeadModel(GPT2Config(n_embd=64, n_layer=2, n_head=4, n_positions=1024, **special))
        elif name == "qwen":
            model = Qwen3ForCausalLM(Qwen3Config(head_dim=16, **shape, **special))
        else:
            model = LlamaForCausalLM(LlamaConfig(**shape, **special))
        if name == "qwen":
            tokenizer.chat_template = CHAT
        model.save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
        AutoTokenizer.from_pretrained(folder / name)
