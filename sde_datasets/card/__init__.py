"""What stands beside the Parquet files: the card, its plots, the catalogue and the licences of the corpora."""
