"""How the tests of the card build small folders, and how they read a card without the code that wrote it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml
from markdown_it import MarkdownIt

from sde_datasets.building.pipeline import build
from sde_datasets.ingest.plan import Plan, ViewPlan, completed
from sde_datasets.utils.progress import Progress

QUIET = Progress(quiet=True)
# targets as own data may name them
AWKWARD = [
    "fo|od",
    "back\\slash\\",
    "<script>alert(1)</script>",
    "`tick",
    "$math$ ${title}",
    "*bold* _under_ ~~gone~~",
    "new\nline",
    "[link](x) ![](y)",
    "# head",
    "---",
    "</details></table>",
    "食品",
]
SAMPLES = Path(__file__).resolve().parents[2] / "builders" / "samples"


def write_rows(path: Path, rows: Iterable[dict]) -> Path:
    """A file of JSON lines, its folder made where it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def opinion(text: str, split: str = "train", **labels: str) -> dict:
    """A row of own data in a label task: its text and the label of each target."""
    said = [{"target": target, "label": label} for target, label in (labels or {"food": "positive"}).items()]
    return {"text": text, "split": split, "annotations": said}


def build_own(folder: Path, rows: Iterable[dict], view: dict | None = None, **plan: Any) -> Path:
    """Build rows of own data (by default of `mabsa`, one design) within `folder`; the folder that was built."""
    write_rows(folder / "mine.jsonl", rows)
    given = {"corpus": "jsonl", "path": "mine.jsonl", "task": "mabsa"} | (view or {})
    return build_views(folder, [given], **plan)


def build_views(folder: Path, views: Iterable[dict], **plan: Any) -> Path:
    """Build a plan of these views, paths counted from `folder`; the folder that was built."""
    settings = {"designs": ("lines-text",), "base": folder} | plan
    made = completed(Plan(tuple(ViewPlan(**view) for view in views), **settings), "test")
    build(made, folder / "out", 1, progress=QUIET)
    return folder / "out"


def card_of(folder: Path) -> str:
    """The card, byte by byte: no end of line is translated."""
    return (folder / "README.md").read_bytes().decode("utf-8")


def front_of(card: str) -> dict:
    """The YAML of a card."""
    return yaml.load(card.split("---\n")[1], yaml.CSafeLoader)


def body_of(card: str) -> str:
    """A card without its YAML."""
    return card.split("\n---\n", 1)[1]


def sections(card: str) -> dict[str, str]:
    """The sections of the second level by their headings, in order; lines within code are no headings."""
    found: dict[str, list[str]] = {}
    fence, heading = "", ""
    for line in body_of(card).split("\n"):
        if fence:
            fence = "" if line == fence else fence
        elif match := re.match("`{3,}", line):
            fence = match[0]
        elif line.startswith("## "):
            heading = line[3:]
            assert heading not in found, f"the heading {heading!r} occurs twice"
        found.setdefault(heading, []).append(line)
    return {heading: "\n".join(lines) for heading, lines in found.items()}


def parts(section: str) -> dict[str, str]:
    """The parts of a section by their headings of the third level: ### `mabsa` gives "mabsa"."""
    pieces = re.split(r"^### `(\w+)`.*$", section, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def cells(line: str) -> list[str]:
    """The cells of a line of a table, as they were before they were escaped; only a bare pipe ends a cell."""
    raw = re.findall(r"\|((?:\\.|[^\\|])*)", line.strip())
    assert raw.pop() == "", f"no pipe ends {line!r}"
    return [html.unescape(re.sub(r"\\([\\|`*~_\[\]])", r"\1", cell[1:-1])) for cell in raw]


def tables(text: str) -> list[list[list[str]]]:
    """Every table of a text: its head and its rows, without the line between them. All lines have as many cells."""
    found: list[list[list[str]]] = []
    lines = ["", *text.split("\n")]
    for before, line in pairwise(lines):
        if line.startswith("|"):
            if not before.startswith("|"):
                found.append([])
            found[-1].append(cells(line))
    for table in found:
        assert {len(row) for row in table} == {len(table[0])}, table
        assert set(table.pop(1)) <= {"---", "---:"}
    return found


def number(cell: str) -> int:
    """The number in a cell, without its separators."""
    return int(cell.replace(",", ""))


def code(section: str, language: str) -> str:
    """The first block of code in that language."""
    return re.search(rf"^(`{{3,}}){language}\n(.*?)\n\1$", section, re.DOTALL | re.MULTILINE)[2]


class _Seen(HTMLParser):
    """The tags of a text and their content."""

    EMPTY = ("br", "hr", "img", "input", "meta", "link")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[list] = []
        self.found: list[tuple[str, str]] = []
        self.comments: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag not in self.EMPTY:
            self.open.append([tag, ""])

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1][0] == tag, f"</{tag}> closes {self.open}"
        self.found.append(tuple(self.open.pop()))

    def handle_data(self, data: str) -> None:
        for entry in self.open:
            entry[1] += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def tags(text: str) -> list[tuple[str, str]]:
    """Each tag of an HTML text with the text within it, in the order in which they end. All are balanced."""
    seen = _Seen()
    seen.feed(text)
    seen.close()
    assert not seen.open, seen.open
    return seen.found


def tokens(markdown: str) -> Iterator[Any]:
    """What a Markdown parser sees, blocks and what is in them (markdown-it, which comes with rich)."""
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        yield token
        yield from token.children or ()


def raw_html(markdown: str) -> str:
    """What a Markdown parser hands on as HTML."""
    return "".join(token.content for token in tokens(markdown) if token.type in ("html_block", "html_inline"))


def rows_in(folder: Path, config: str) -> list[dict]:
    """All rows of a config, read from its folder and not by what card or manifest say; `_split` is their file's."""
    found = []
    for path in sorted((folder / "data" / config).glob("*.parquet")):
        split = path.name.partition("-")[0]
        found += [row | {"_split": split} for row in pq.read_table(path).to_pylist()]
    return found
