"""Helpers that know nothing of records or designs: files, TOML, progress, console, entry points.

Start with `config.py`, which loads every configuration, and `files.py`, which writes every file.
"""
