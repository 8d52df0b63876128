"""Descriptions by a language model, for annotations of a built folder that have none.

`questions.py` asks for the description of an annotation, `answers.py` keeps the answers of models, and `checks.py`
decides whether an answer is used. Start with `explain.py`, which does this for a folder.
"""
