"""The adapter of a request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LoRARequest:
    """An adapter by a name, a number and a folder."""

    lora_name: str
    lora_int_id: int
    lora_path: str = ""
