"""Skip the tests of training where a library is missing."""

from __future__ import annotations

from tests.optional_libraries import MISSING

collect_ignore_glob = ["test_*.py"] if MISSING else []


def pytest_report_header() -> list[str]:
    return [f"tests/training is skipped: {MISSING[0]} is not installed"] if MISSING else []
