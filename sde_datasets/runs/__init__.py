"""A run: what training writes and prediction reads. Options, folder, model, tokenizer, chat frame, model card.

`train` and `predict` share this package, so that both build exactly the same prompts and tokens.
Start with `run_folder.py`; `encoding.py` turns samples into tokens and `loading.py` loads models.
"""
