"""Score the answers of a model against the annotations.

`scorer.py` counts batch by batch, `label_tally.py` and `mention_tally.py` compute figures from the counts,
`intervals.py` adds intervals. Start with `api.py` and `scores.py`; `report_terminal.py` and `report_html.py` show the
scores.
"""

from sde_datasets.scoring.api import score
from sde_datasets.scoring.compare import compare

__all__ = ["compare", "score"]
