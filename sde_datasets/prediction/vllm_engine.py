"""The engine `vllm`: the model in this process, loaded by vLLM with prefix caching and the adapter of the run.

Written against the documented interface of vLLM 0.33 (`LLM`, `SamplingParams`, `LoRARequest`), and not tried on a GPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sde_datasets.errors import InputError, UsageError, summary
from sde_datasets.prediction.engine import GenerationRequest
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.sampling import seed_of

# the ranks that vLLM reserves memory for: the next one that is not smaller is used
_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
# vLLM takes seeds of 64 bits, signed, and a negative one has a meaning in some of its releases
_SEED_BITS = 2**63 - 1


@dataclass(frozen=True)
class VllmModel:
    """What vLLM loads. model, revision: hub id or folder of the weights. tokenizer: its folder.

    dtype: the type of the arithmetic, such as bfloat16. context: the most tokens of a prompt and its answer.
    adapter: the folder of the LoRA adapter, None for complete weights. rank: the rank of the adapter.
    """

    model: str
    revision: str | None
    tokenizer: Path
    dtype: str
    context: int
    adapter: Path | None = None
    rank: int = 0


class VllmWriter:
    """Write answers with vLLM, which divides the requests into batches itself."""

    batch: int | None = None
    samples = True

    def __init__(self, model: VllmModel, options: GenerationOptions) -> None:
        """Load the model. Raises UsageError if vLLM is not installed, InputError if it cannot load the model."""
        if find_spec("vllm") is None:
            raise UsageError("--engine vllm needs vLLM, which is not installed: pip install 'sde-datasets[vllm]'")
        from vllm import LLM
        from vllm.lora.request import LoRARequest

        adapter = {"enable_lora": True, "max_lora_rank": lora_rank(model.rank)} if model.adapter else {}
        try:
            self._llm = LLM(
                model=model.model,
                revision=model.revision,
                tokenizer=str(model.tokenizer),
                dtype=model.dtype,
                max_model_len=model.context,
                enable_prefix_caching=True,
                trust_remote_code=False,
                **adapter,
            )
        except (RuntimeError, ValueError, OSError) as error:
            hint = "See the messages of vLLM above, or omit --engine vllm."
            raise InputError(model.model, f"cannot be loaded by vLLM ({summary(error)})", hint) from error
        self._adapter = LoRARequest("run", 1, str(model.adapter)) if model.adapter else None
        self._options = options

    def generate(self, requests: Sequence[GenerationRequest], shared: int) -> None:
        """Write the answers of `requests`; vLLM finds their common prefix itself, so `shared` is not used."""
        if not requests:
            return
        outputs = self._llm.generate(
            [{"prompt_token_ids": request.prompt.tolist()} for request in requests],
            [self._parameters(request) for request in requests],
            use_tqdm=False,
            lora_request=self._adapter,
        )
        for request, output in zip(requests, outputs, strict=True):
            request.written, request.ended = _written(output.outputs[0], request.ends), True

    def _parameters(self, request: GenerationRequest) -> Any:
        from vllm import SamplingParams

        options, sampled = self._options, {}
        if options.sample:
            sampled = {"top_p": options.top_p, "seed": seed_of(options.seed, request.id) & _SEED_BITS}
        return SamplingParams(
            temperature=options.temperature if options.sample else 0.0,
            max_tokens=request.limit,
            stop_token_ids=sorted(request.ends),
            # the tokens are decoded here, as those of other engines; vLLM itself looks for a text
            detokenize=bool(request.stop),
            stop=[request.stop] if request.stop else None,
            **sampled,
        )


def lora_rank(rank: int) -> int:
    """Return the rank for which vLLM is started: the smallest that it knows and that is not below `rank`."""
    return next((known for known in _RANKS if known >= rank), _RANKS[-1])


def _written(output: Any, ends: frozenset[int]) -> list[int]:
    """Return the tokens of an output, with its end token."""
    written = list(output.token_ids)
    if output.finish_reason == "stop" and not (written and written[-1] in ends):
        written.append(output.stop_reason if isinstance(output.stop_reason, int) else min(ends))
    return written
