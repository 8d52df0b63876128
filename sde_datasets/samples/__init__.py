"""Samples: the prompt and the completion of a record under a design.

A prompt is a constant prefix, the text and a constant suffix; `prompts.py` makes the two constant parts.
Start with `sample.py` for single records and `render.py` for batches.
"""
