"""Scores: what a model answered against what the annotators said."""

from sde_datasets.score.compare import compare
from sde_datasets.score.run import score

__all__ = ["compare", "score"]
