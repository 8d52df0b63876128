"""Print the lowest version of each direct dependency that pyproject.toml declares, as constraints for pip.

python scripts/lowest_versions.py
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
_BOUND = re.compile(r"([A-Za-z0-9._-]+)>=([0-9.]+)")


def lowest_versions(pyproject: dict) -> list[str]:
    """Return `name==version` for each requirement, the build's among them.

    Raises ValueError for a requirement that is not `name>=version`: its lowest version is unknown.
    """
    project = pyproject["project"]
    own = re.compile(re.escape(project["name"]) + r"\[[\w,]+\]")
    extras = project["optional-dependencies"].values()
    requirements = [*pyproject["build-system"]["requires"], *project["dependencies"], *(r for e in extras for r in e)]
    lowest = []
    for requirement in requirements:
        if own.fullmatch(requirement):
            continue
        if not (found := _BOUND.fullmatch(requirement)):
            raise ValueError(f"{requirement!r} is not name>=version")
        lowest.append(f"{found[1]}=={found[2]}")
    return lowest


if __name__ == "__main__":
    try:
        print("\n".join(lowest_versions(tomllib.loads(PYPROJECT.read_text("utf-8")))))
    except ValueError as error:
        sys.exit(f"{PYPROJECT.name}: {error}. Write each requirement with the lowest version that works.")
