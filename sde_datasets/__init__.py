"""sde-datasets: write annotated corpora as fine-tuning datasets, one Hugging Face config for each sample design."""

__version__ = "0.1.0"
