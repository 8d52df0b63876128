"""Write the dataset card (README.md of a folder), its tables and plots, and NOTICE.md.

Everything on the card is computed from the manifest and the Parquet files; the templates are in the top-level `cards/`.
Start with `writer.py`; `sections.py` writes the text and `stats.py` computes the figures.
"""
