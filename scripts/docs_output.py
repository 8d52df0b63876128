"""Write the console output in the documentation from real runs, or check that it is current.

python scripts/docs_output.py             run every command and rewrite the blocks that changed
python scripts/docs_output.py --check     run every command and fail when a block is stale
python scripts/docs_output.py --skip-slow leave out blocks marked `slow` (training)

Comments in README.md and docs/**/*.md name the commands. All pages run in one temporary folder, page by page:

<!-- run: COMMAND -->           run COMMAND and show nothing; a command that several pages name runs once
<!-- file: NAME -->             the next code block is the content of the file NAME
<!-- output: COMMAND -->        the next code block is `$ COMMAND` and what it prints
<!-- output OPTION ...: ... --> exit=N: the expected exit code; head=N, tail=N: show only these lines;
                                shape: compare without numbers; slow: a long run; show="...": show another command line

`sde-datasets` is the command of this environment, `$ROOT` the folder of the project, and the Hub that commands push to
is the loopback Hub of the tests.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.loopback import Hub  # noqa: E402

_MARK = re.compile(r"<!-- (run|file|output)((?: [^:]*)?): (.*) -->")
# what differs from run to run: durations, rates, the address of the loopback Hub, the names of commits
_VARIES = (
    (re.compile(r"\b[\d,.]+ (s|ms|min|tokens/s|answers/s)(?=[\s,;.:]|$)"), r"# \1"),
    (re.compile(r"https?://(127\.0\.0\.1:\d+|huggingface\.co)"), "HUB"),
    (re.compile(r"\bat [0-9a-f]{8}\b"), "at COMMIT"),
)
# lines of progress, which long work prints every ten seconds: "loading: 175 of 592 configs"
_PROGRESS = re.compile(r"reading \w+: [\d,]+ records|[a-z ]+: [\d,]+ of [\d,]+ [a-z]+")
_NUMBERS = (re.compile(r"-?\d[\d,.]*"), re.compile(r"(?<=\S)[^\S\n]+(?=\S)"))


@dataclass(frozen=True)
class Mark:
    """A comment that names a command or a file, and the lines of the code block after it (`first` to `last`)."""

    kind: str
    argument: str
    line: int
    options: dict[str, str] = field(default_factory=dict)
    first: int = 0
    last: int = 0


def marks(lines: list[str]) -> Iterator[Mark]:
    """The marks of a page in order. Raises SystemExit where a mark has no code block after it."""
    for number, line in enumerate(lines):
        match = _MARK.fullmatch(line.strip())
        if not match:
            continue
        kind, options, argument = match.groups()
        named = dict((word + "=").split("=", 1) for word in shlex.split(options))
        named = {key: value.removesuffix("=") for key, value in named.items()}
        if kind == "run":
            yield Mark(kind, argument, number, named)
            continue
        first = number + 1
        if first >= len(lines) or not lines[first].startswith("```"):
            sys.exit(f"line {number + 1}: the mark {line!r} has no code block after it")
        last = next(i for i in range(first + 1, len(lines)) if lines[i] == "```")
        yield Mark(kind, argument, number, named, first + 1, last)


def run(mark: Mark, folder: Path, environment: dict[str, str]) -> list[str]:
    """The lines that a command prints. Raises SystemExit for another exit code than the expected one."""
    done = subprocess.run(
        ["bash", "-c", mark.argument],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    if done.returncode != int(mark.options.get("exit", 0)):
        sys.exit(f"exit code {done.returncode} of: {mark.argument}\n{done.stdout}")
    printed = [line.rstrip() for line in done.stdout.rstrip().split("\n")]
    printed = [_published(line) for line in printed if not _PROGRESS.fullmatch(line)]
    if "head" in mark.options and len(printed) > int(mark.options["head"]):
        printed = [*printed[: int(mark.options["head"])], "..."]
    if "tail" in mark.options and len(printed) > int(mark.options["tail"]):
        printed = ["...", *printed[-int(mark.options["tail"]) :]]
    shown = mark.options.get("show", mark.argument)
    return [*([f"$ {shown}"] if shown else []), *printed]


def _published(line: str) -> str:
    return re.sub(r"http://127\.0\.0\.1:\d+", "https://huggingface.co", line)


def comparable(lines: list[str], shape: bool) -> list[str]:
    """Lines without what differs from run to run, and with `shape` without any number."""
    compared = []
    for line in lines:
        for pattern, mark in _VARIES:
            line = pattern.sub(mark, line)
        if shape:
            numbers, blanks = _NUMBERS
            line = re.sub(r"[━─┃│┏┓┡┩┳╇└┘┴├┤┼]+", "|", blanks.sub(" ", numbers.sub("#", line)))
        compared.append(line)
    return compared


def refreshed(page: Path, folder: Path, environment: dict[str, str], ran: set[str], skip_slow: bool) -> list[str]:
    """The lines of a page with the output of its commands, in a folder where its commands run."""
    lines = page.read_text("utf-8").split("\n")
    new, written = [], 0
    for mark in marks(lines):
        new += lines[written : mark.first or mark.line + 1]
        written = mark.last or mark.line + 1
        content = lines[mark.first : mark.last] if mark.first else []
        if "slow" in mark.options and skip_slow:
            new += content
        elif mark.kind == "file":
            path = folder / mark.argument
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(content) + "\n", encoding="utf-8")
            new += content
        elif mark.kind == "output":
            printed, shape = run(mark, folder, environment), "shape" in mark.options
            same = comparable(printed, shape) == comparable(content, shape)
            new += content if same else printed
        elif mark.argument not in ran:
            run(mark, folder, environment)
            ran.add(mark.argument)
    return new + lines[written:]


def main() -> None:
    """Refresh or check all pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 when a block is stale")
    parser.add_argument("--skip-slow", action="store_true", help="leave out blocks marked slow")
    parser.add_argument("pages", nargs="*", type=Path, help="only these pages")
    asked = parser.parse_args()
    pages = asked.pages or [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    stale, ran = [], set()
    with tempfile.TemporaryDirectory() as work, Hub(Path(work) / "hub") as hub:
        folder = Path(work) / "work"
        folder.mkdir()
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ROOT": str(ROOT),
            "COLUMNS": "110",
            "NO_COLOR": "1",
            "HF_ENDPOINT": hub.url,
            "HF_TOKEN": hub.token,
            "HF_HOME": str(Path(work) / "home"),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_UPDATE_DOWNLOAD_COUNTS": "0",
        }
        for page in pages:
            old = page.read_text("utf-8").split("\n")
            new = refreshed(page, folder, environment, ran, asked.skip_slow)
            if new == old:
                continue
            stale.append(page)
            name = str(page.resolve().relative_to(ROOT))
            print("\n".join(difflib.unified_diff(old, new, name, name, lineterm="", n=1)))
            if not asked.check:
                page.write_text("\n".join(new), encoding="utf-8")
    if stale and asked.check:
        sys.exit("the output in the documentation is stale: run python scripts/docs_output.py")
    print(f"{len(pages)} pages, {len(stale)} {'stale' if asked.check else 'rewritten'}")


if __name__ == "__main__":
    main()
