"""Studies: train and evaluate a model under many designs, and report what can be concluded.

A plan (`plan.py`, `plans/*.toml`) has arms (`arms.py`), which give cells (`matrix.py`). Launchers run the cells
that are missing, `results.py` collects them, and a report compares them. Start with `api.py`.
"""
