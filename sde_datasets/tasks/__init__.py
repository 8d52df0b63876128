"""Tasks are data: a TOML file holds the words, labels, punctuation and instruction wordings of a task.

The formats know two kinds of task, label and mention; a new task is a new TOML file without code.
Start with `task.py`, which loads and checks these files.
"""
