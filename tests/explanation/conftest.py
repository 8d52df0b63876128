"""Fixtures of the tests of explanations, which are skipped where a library is missing."""

from __future__ import annotations

from importlib.util import find_spec

from tests.optional_libraries import MISSING
from tests.prediction.conftest import short_pauses

__all__ = ["short_pauses"]
collect_ignore_glob = [] if find_spec("openai") and not MISSING else ["test_*.py"]
