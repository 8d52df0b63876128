"""Which libraries of the `train` extra are missing."""

from importlib.util import find_spec

MISSING = [name for name in ("torch", "transformers", "peft", "accelerate", "llguidance") if find_spec(name) is None]
