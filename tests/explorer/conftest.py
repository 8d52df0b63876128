"""What the tests of the page share: a small dataset with hostile texts, a server of it, and a browser."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sde_datasets.building.pipeline import build
from sde_datasets.explorer.explorer import Explorer
from sde_datasets.explorer.server import ExplorerServer
from sde_datasets.ingest.plan import Plan, ViewPlan, completed
from sde_datasets.utils.progress import Progress

SCRIPT = "</script><script>document.title='taken'</script>"
# what could break a page: markup, a quote, an override of the writing direction, a null, wide characters
HOSTILE = [
    f"IL-2 gene {SCRIPT} & &lt;b&gt;",
    "'\"><img src=x onerror=\"document.title='taken'\"> IL-2 gene",
    "IL-2 gene \u202egnitirw\x00\x1b[31m\u2028\ufeff end",
    "IL-2 gene 😀 {{ 7 * 7 }} ${7 * 7} <!-- \\u003c",
]
TARGETS = ("DNA", "<i>type</i>")
NONE: Mapping[str, str] = {}
DESIGNS = ("paper", "inline-text-ou", "lines-text-post", "lines-text-w2")


def rows(texts: list[str], annotation: dict) -> str:
    """JSON lines: the texts, the last as test, each with one annotation."""
    splits = ["train"] * (len(texts) - 1) + ["test"]
    found = [
        {"id": f"r{n} <b>", "text": text, "split": split, "annotations": [annotation]}
        for n, (text, split) in enumerate(zip(texts, splits, strict=True))
    ]
    return "".join(json.dumps(row) + "\n" for row in found)


def built(
    folder: Path, views: tuple[str, ...], designs: tuple[str, ...], name: str, definitions: Mapping[str, str] = NONE
) -> Path:
    """Build the hostile texts as views of mentions and of labels (`mabsa...`). `toy.toml` is a view of that task."""
    texts = [*HOSTILE, "The IL-2 gene.", *(f"the IL-2 gene, text {n} of many" for n in range(60))]
    (folder / "mentions.jsonl").write_text(rows(texts, {"target": "DNA", "mention": "IL-2 gene"}), encoding="utf-8")
    (folder / "labels.jsonl").write_text(rows(texts, {"target": "DNA", "label": "positive"}), encoding="utf-8")
    plans = []
    for view in views:
        file = "labels.jsonl" if view.startswith("mabsa") else "mentions.jsonl"
        task, given = view.partition("_")[0], "" if view.endswith(".toml") else view
        plans.append(ViewPlan("jsonl", file, name=given, task=task, targets=TARGETS, definitions=definitions))
    plan = completed(Plan(tuple(plans), name=name, designs=designs, base=folder), "test")
    build(plan, folder / "out", 1, progress=Progress(quiet=True))
    return folder / "out"


@pytest.fixture(scope="session")
def dataset(tmp_path_factory) -> Path:
    return built(tmp_path_factory.mktemp("explored"), ("ner", "mabsa"), DESIGNS, f"Small {SCRIPT}")


@pytest.fixture(scope="session")
def explorer(dataset) -> Explorer:
    return Explorer.open(str(dataset))


@pytest.fixture(scope="session")
def server(explorer) -> Iterator[ExplorerServer]:
    with running(explorer) as server:
        yield server


class running:
    """A server of an explorer, in a thread."""

    def __init__(self, explorer: Explorer) -> None:
        self.server = ExplorerServer(explorer, 0)

    def __enter__(self) -> ExplorerServer:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self.server

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()
