"""Small random models of many architectures, each with a tokenizer of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import AutoConfig, AutoModelForCausalLM, set_seed

from tests.tiny_models import byte_level

# shapes that fit most: two layers, four heads of 16, two of them for keys and values
_SHAPE = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 1024,
}
_EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
_MAMBA2 = {"mamba_d_ssm": 64, "mamba_n_heads": 4, "mamba_d_head": 16, "mamba_n_groups": 1, "mamba_d_state": 16}
_MLA = {"q_lora_rank": 16, "kv_lora_rank": 16, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8, "v_head_dim": 16}
_LINEAR = {
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "linear_key_head_dim": 16,
    "linear_value_head_dim": 16,
}
_VISION = {
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": 28,
    "patch_size": 14,
}

FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {"model_type": "llama"},
    "qwen2": {"model_type": "qwen2"},
    "qwen3": {"model_type": "qwen3"},
    "qwen3_moe": {"model_type": "qwen3_moe", **_EXPERTS},
    "qwen3_next": {
        "model_type": "qwen3_next",
        **_EXPERTS,
        **_LINEAR,
        "shared_expert_intermediate_size": 32,
        "layer_types": ["linear_attention", "full_attention"],
    },
    "qwen3_5": {
        "model_type": "qwen3_5_text",
        **_LINEAR,
        "layer_types": ["linear_attention", "full_attention"],
    },
    # a window shorter than any prompt
    "mistral": {"model_type": "mistral", "sliding_window": 8},
    "gemma2": {"model_type": "gemma2", "sliding_window": 8, "query_pre_attn_scalar": 16},
    "gemma3_text": {"model_type": "gemma3_text", "sliding_window": 8, "query_pre_attn_scalar": 16},
    "gemma3": {
        "model_type": "gemma3",
        "text_config": {"model_type": "gemma3_text", **_SHAPE, "sliding_window": 8, "query_pre_attn_scalar": 16},
        "vision_config": {"model_type": "siglip_vision_model", **_VISION},
        "mm_tokens_per_image": 4,
    },
    "gpt_oss": {"model_type": "gpt_oss", "sliding_window": 8, "num_local_experts": 4, "num_experts_per_tok": 2},
    "phi3": {"model_type": "phi3"},
    "olmo2": {"model_type": "olmo2"},
    "granite": {"model_type": "granite"},
    "smollm3": {"model_type": "smollm3"},
    "glm4": {"model_type": "glm4"},
    "lfm2": {"model_type": "lfm2", "layer_types": ["conv", "full_attention"]},
    "mamba": {"model_type": "mamba", "state_size": 8, "num_hidden_layers": 2, "hidden_size": 64},
    "falcon_h1": {"model_type": "falcon_h1", **_MAMBA2},
    "nemotron_h": {
        "model_type": "nemotron_h",
        "layers_block_type": ["mamba", "attention", "mlp"],
        "num_hidden_layers": 3,
        "mamba_num_heads": 4,
        "mamba_head_dim": 16,
        "ssm_state_size": 16,
        "n_groups": 1,
    },
    "gpt2": {"model_type": "gpt2", "n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 1024},
    "gpt_neox": {"model_type": "gpt_neox"},
    "deepseek_v3": {
        "model_type": "deepseek_v3",
        **_MLA,
        "head_dim": 8,
        "num_key_value_heads": 4,
        "n_routed_experts": 4,
        "num_experts_per_tok": 2,
        "n_group": 1,
        "topk_group": 1,
        "moe_intermediate_size": 32,
        "first_k_dense_replace": 1,
    },
}
# these settings do not know the common shape
_OWN_SHAPE = ("gemma3", "mamba", "gpt2")


def save_family(name: str, folder: Path) -> Path:
    """Write a small random model of an architecture with its tokenizer; gives its folder."""
    tokenizer = byte_level()
    # a tokenizer may get tokens from its class as it is loaded
    special = {"vocab_size": len(tokenizer) + 8, "eos_token_id": 1, "bos_token_id": None, "pad_token_id": 0}
    given = dict(FAMILIES[name])
    kind = given.pop("model_type")
    settings = ({} if kind in _OWN_SHAPE else _SHAPE) | given
    if "text_config" in settings:
        settings["text_config"] = settings["text_config"] | special
    config = AutoConfig.for_model(kind, **settings, **({} if "text_config" in settings else special))
    set_seed(1)
    model = AutoModelForCausalLM.from_config(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
