"""A stand-in for vLLM 0.33: the names, arguments and results that the project uses, answered by transformers.

It takes the arguments of the documented interface and no others, so that a wrong name is a TypeError here too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig
from vllm.lora.request import LoRARequest

# the models that were loaded, newest last
loaded: list[LLM] = []


@dataclass
class SamplingParams:
    """How an answer is sampled."""

    n: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int | None = None
    stop: str | list[str] | None = None
    stop_token_ids: list[int] | None = None
    ignore_eos: bool = False
    max_tokens: int | None = 16
    min_tokens: int = 0
    detokenize: bool = True
    skip_special_tokens: bool = True


@dataclass
class CompletionOutput:
    """One answer."""

    index: int
    text: str
    token_ids: Sequence[int]
    cumulative_logprob: float | None = None
    logprobs: Any = None
    finish_reason: str | None = None
    stop_reason: int | str | None = None


@dataclass
class RequestOutput:
    """The answers to one prompt."""

    request_id: str
    prompt_token_ids: list[int]
    outputs: list[CompletionOutput]
    finished: bool = True


class LLM:
    """Loads a model and answers prompts greedily, one by one."""

    def __init__(
        self,
        model: str,
        *,
        tokenizer: str | None = None,
        trust_remote_code: bool = False,
        tensor_parallel_size: int = 1,
        dtype: str = "auto",
        revision: str | None = None,
        seed: int = 0,
        gpu_memory_utilization: float = 0.92,
        max_model_len: int | None = None,
        enable_prefix_caching: bool | None = None,
        enable_lora: bool = False,
        max_lora_rank: int = 16,
    ) -> None:
        self.settings = {"dtype": dtype, "max_model_len": max_model_len, "revision": revision}
        self.settings |= {"enable_prefix_caching": enable_prefix_caching, "enable_lora": enable_lora}
        self.settings |= {"max_lora_rank": max_lora_rank, "trust_remote_code": trust_remote_code}
        assert tokenizer is not None and AutoTokenizer.from_pretrained(tokenizer)
        self._model: Any = AutoModelForCausalLM.from_pretrained(model, dtype=getattr(torch, dtype))
        self.parameters: list[SamplingParams] = []
        loaded.append(self)

    def generate(
        self,
        prompts: Sequence[dict[str, list[int]]],
        sampling_params: Sequence[SamplingParams] | None = None,
        *,
        use_tqdm: bool = True,
        lora_request: LoRARequest | None = None,
        priority: list[int] | None = None,
    ) -> list[RequestOutput]:
        """Return an answer to each prompt of tokens, in their order."""
        assert sampling_params is not None and len(sampling_params) == len(prompts)
        self.parameters += sampling_params
        if lora_request and not isinstance(self._model, PeftModel):
            assert self.settings["enable_lora"]
            self._model = PeftModel.from_pretrained(self._model, lora_request.lora_path).eval()
        pairs = zip(prompts, sampling_params, strict=True)
        return [
            RequestOutput(str(number), prompt["prompt_token_ids"], [self._answer(prompt["prompt_token_ids"], how)])
            for number, (prompt, how) in enumerate(pairs)
        ]

    def _answer(self, prompt: list[int], how: SamplingParams) -> CompletionOutput:
        settings = GenerationConfig(
            max_new_tokens=how.max_tokens, do_sample=False, eos_token_id=how.stop_token_ids, pad_token_id=0
        )
        ids = torch.tensor([prompt])
        with torch.inference_mode():
            out = self._model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), generation_config=settings)[
                0, len(prompt) :
            ].tolist()
        stopped = bool(out) and out[-1] in (how.stop_token_ids or [])
        reason = "stop" if stopped else "length"
        return CompletionOutput(0, "", out, finish_reason=reason, stop_reason=out[-1] if stopped else None)
