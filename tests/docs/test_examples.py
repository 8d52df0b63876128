"""The Python examples in README.md and docs/ run, and print what they show after `# >`.

The blocks of a page run as one script, in a folder with the built folders `out` and `mine`, and with `org/sde` on a
loopback Hub.

pytest tests/docs/test_examples.py
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.loopback import Hub

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
# blocks after such a comment show a file that other tests cover, or take hours
SHOWN = ("<!-- output show=", "<!-- file: ", "<!-- long -->")
BETWEEN = "-- next block --"


def blocks(page: Path) -> list[str]:
    """The Python blocks of a page that are examples."""
    found, before, code = [], "", None
    for line in page.read_text("utf-8").split("\n"):
        if line == "```python" and not before.startswith(SHOWN):
            code = []
        elif line == "```" and code is not None:
            found.append("\n".join(code))
            code = None
        elif code is not None:
            code.append(line)
        before = line
    return found


# pages whose examples continue those of another page
CONTINUES = {"docs/predict.md": "docs/train.md"}
PAGES = {
    str(path.relative_to(ROOT)): found
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    if (found := blocks(path))
}
SCRIPTS = {page: PAGES.get(CONTINUES.get(page, ""), []) + found for page, found in PAGES.items()}
SCRIPTS = {page: found for page, found in SCRIPTS.items() if page not in CONTINUES.values()}


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A folder with built datasets, and the environment of a process that sees the loopback Hub."""
    folder = tmp_path_factory.mktemp("examples")
    with Hub(folder / "hub") as hub:
        settings = {
            "HF_ENDPOINT": hub.url,
            "HF_TOKEN": hub.token,
            "HF_HOME": str(folder / "home"),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_UPDATE_DOWNLOAD_COUNTS": "0",
        }
        work, environment = folder / "work", os.environ | settings
        work.mkdir()
        quickstart = (ROOT / "docs/quickstart.md").read_text("utf-8")
        (work / "mine.jsonl").write_text(re.search(r"```json\n(.*?)```", quickstart, re.DOTALL)[1], "utf-8")

        def sde(*words: str) -> None:
            command = [sys.executable, "-m", "sde_datasets", *words]
            subprocess.run(command, cwd=work, env=environment, check=True, stdout=subprocess.DEVNULL)

        designs = ("--designs", "lines-text-cot", "--designs", "lines-text-noinst")
        sde("build", *designs, "--out", "out", "--quiet")
        sde("build", "--source", "jsonl=mine.jsonl", "--task", "ner", *designs, "--out", "mine", "--quiet")
        sde("push", "out", "org/sde", "--yes", "--quiet")
        yield work, environment


@pytest.mark.parametrize("page", SCRIPTS)
def test_the_examples_of_a_page_print_what_they_show(page, environment):
    work, settings = environment
    examples = SCRIPTS[page]
    script = work / f"{Path(page).stem}.py"
    script.write_text(f"\nprint('{BETWEEN}', flush=True)\n".join(examples) + "\n", "utf-8")
    done = subprocess.run(
        [sys.executable, script], cwd=work, env=settings, capture_output=True, encoding="utf-8", timeout=300
    )
    assert done.returncode == 0, done.stderr
    for example, printed in zip(examples, done.stdout.split(f"{BETWEEN}\n"), strict=True):
        lines = [line.strip() for line in example.split("\n")]
        shown = [line.removeprefix("# >").strip() for line in lines if line.startswith("# >")]
        assert [line.strip() for line in printed.rstrip().split("\n") if line] == shown, example
