"""Fine-tune a causal language model on a config: tokens, loss weights, batches, adapters, checkpoints, validation.

Start with `loop.py` (a run from start to end); `loss.py` has the weighted loss and `trainer.py` the optimizer steps.
"""
