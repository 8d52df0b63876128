"""The forms of a surface that are compared: lower case, and the normalised form of `--normalise`."""

from __future__ import annotations

import re
from functools import lru_cache

from sde_datasets.formats.radicals import compatible

# blanks, hyphens, dashes, the minus sign and the soft hyphen
_FOLDED = re.compile("[\\s\\-\u00ad\u2010-\u2015\u2212]+")


@lru_cache(maxsize=65536)
def normalised(surface: str) -> str:
    """Return a surface in lower case after NFKC, without blanks and hyphens; a surface of nothing else stays."""
    lower = compatible(surface).lower()
    return _FOLDED.sub("", lower) or lower
