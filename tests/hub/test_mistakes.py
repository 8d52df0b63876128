"""Wrong use of the command line: one clear line with the right exit code.

pytest tests/hub/test_mistakes.py
"""

from __future__ import annotations

import pytest

from tests.hub.commands import fails, push
from tests.hub.conftest import NAME, shown


@pytest.mark.parametrize("name", ["sde", "a/b/c", "org/ sde", "org/", "/sde", "org/sde.git", "org/a..b", "org/é"])
def test_name_that_is_none(here, before, name):
    fails(push(before, name, "--yes"), 2, repr(name), "org/name")
    assert here.calls == []


@pytest.mark.parametrize(("how", "says"), [(["--tag", "v1"], "--tag"), (["--revision", "next"], "--revision")])
def test_request_goes_without_tag_and_branch(here, before, how, says):
    fails(push(before, NAME, "--yes", "--create-pr", *how), 2, "pull request", says)
    assert here.calls == []


@pytest.mark.parametrize("arguments", [[NAME], []])
def test_folder_that_was_not_built(here, tmp_path, arguments):
    fails(push(tmp_path, *arguments, "--yes"), 1, str(tmp_path), "no manifest.json", "sde-datasets build")
    assert here.calls == []


@pytest.mark.parametrize("path", ["data/mabsa-records/test-00000-of-00001.parquet", "configs.csv", "NOTICE.md"])
def test_changed_file_is_refused_by_its_name(here, folder, path):
    content = bytearray((folder / path).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / path).write_bytes(content)
    fails(push(folder, NAME, "--yes"), 1, str(folder / path), "is not what the manifest says", "Build the folder again")
    assert not shown(here)


def test_plan_without_a_repository(here, before):
    fails(push(before, "--yes"), 2, "the plan of this folder names none")
