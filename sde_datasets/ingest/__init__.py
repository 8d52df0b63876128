"""Read a corpus: from its files to validated records on disk.

A builder (a plugin, see the top-level `builders/`) yields records; `validate.py` checks and orders them, and
`split_assigner.py` gives each a split and writes the record shards. Start with `view.py`.
"""
