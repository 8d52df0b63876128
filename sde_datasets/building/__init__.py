"""Write a dataset folder: every record under every design, as Parquet with a card.

Records come from `ingest`, samples from `samples`, the card from `card`; this package runs the work.
Start with `pipeline.py`, which runs a build from a plan. `shards.py` writes the files; `check.py` verifies a folder.
"""
