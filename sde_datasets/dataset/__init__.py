"""The format on disk: the typed manifest, Parquet settings, config names, rejects, and reading a split.

A folder without a manifest is incomplete: the manifest is removed first and written last.
Start with `manifest.py` and `view_state.py`; `split.py` opens a split of a folder or of a repository on the Hub.
"""
