"""Shared by all tests: the corpora, a function that reads a corpus, and what training and prediction need."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sde_datasets.dataset.report import Report
from sde_datasets.ingest.bad_annotations import BadAnnotations
from sde_datasets.ingest.builder import ReadContext, get_builder, resolve_targets
from sde_datasets.ingest.sources import Source
from sde_datasets.records.record import Reject
from sde_datasets.tasks.task import get_task
from tests.browser import SCREEN
from tests.properties import register_profiles

# two test processes share two cores: each, and each process that it starts, computes with one thread
os.environ["OMP_NUM_THREADS"] = "1"
# what the Hub's libraries read when they are imported: nothing kept, no other storage than the loopback Hub's, nobody
# else asked
HOME = tempfile.TemporaryDirectory(prefix="hf-home-")
os.environ |= {"HF_HOME": HOME.name, "HF_TOKEN_PATH": f"{HOME.name}/token", "HF_HUB_DISABLE_XET": "1"}
os.environ |= {"HF_HUB_DISABLE_TELEMETRY": "1"}
# a background job of a shell ignores Ctrl-C, and so would the processes that the tests interrupt
signal.signal(signal.SIGINT, signal.default_int_handler)
register_profiles()
MARKS_OF_FOLDERS = {"hub": "hub", **dict.fromkeys(("training", "runs", "prediction", "study"), "train")}
DESIGNS_OF_RUNS = ("es", "ew", "lines-text-noinst", "lines-text-ou-noinst", "json-text-noinst")
DESIGNS_OF_RUNS += ("json-text-cot-noinst", "json-num-cot-ou-noinst")
SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_configure(config: pytest.Config) -> None:
    """Let `pytest` without files or marks leave out slow tests, and those that train, predict, publish or load."""
    if config.args_source is pytest.Config.ArgsSource.TESTPATHS and not config.option.markexpr:
        config.option.markexpr = "not slow and not train and not hub"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of a folder, and those that read the real corpora."""
    for item in items:
        if mark := MARKS_OF_FOLDERS.get(item.path.parent.name):
            item.add_marker(mark)
        if "corpora" in getattr(item, "fixturenames", ()):
            item.add_marker("corpora")
            item.add_marker("slow")


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real corpora beside the checkout; the test is skipped where it is absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the real corpora (shared/data beside the checkout) are not here")
    return SHARED / "data"


@pytest.fixture(autouse=True)
def wide(monkeypatch) -> None:
    """Tables as wide as they are on a pipe, whatever the terminal of whoever runs the tests."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture(scope="session")
def data(tmp_path_factory) -> Path:
    """The bundled corpora under the designs that the tests of runs read: ES, EW and some without an instruction."""
    from dataclasses import replace

    from sde_datasets.building.pipeline import build
    from sde_datasets.ingest.plan import bundled_plan, read_plan
    from sde_datasets.utils.progress import Progress

    out = tmp_path_factory.mktemp("bundled") / "data"
    plan = replace(read_plan(bundled_plan()), designs=DESIGNS_OF_RUNS)
    build(plan, out, workers=1, progress=Progress(quiet=True))
    return out


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Path:
    """Folders with small random models: llama, qwen, gpt2 (tokenizer without a pad token)."""
    from tests.tiny_models import save_models

    folder = tmp_path_factory.mktemp("models")
    save_models(folder)
    return folder


@pytest.fixture(scope="session")
def run(tmp_path_factory, data) -> Path:
    """A run of the bundled model, trained for a few steps: it answers, badly."""
    from sde_datasets.runs.options import TrainingOptions
    from sde_datasets.training.loop import train
    from sde_datasets.utils.progress import Progress

    folder = tmp_path_factory.mktemp("runs") / "tiny"
    options = TrainingOptions(config="ner-lines-text-noinst", data=str(data), model="tiny", steps=12, out=str(folder))
    train(options, progress=Progress(quiet=True))
    return folder


@pytest.fixture(scope="session")
def quiet():
    from sde_datasets.utils.progress import Progress

    return Progress(quiet=True)


@pytest.fixture(scope="module")
def browser():
    """The Chromium of the system. A test is skipped where it or Playwright is missing.

    It ends with its module: Playwright keeps an event loop running, which other tests must not find.
    """
    playwright = pytest.importorskip("playwright.sync_api")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("there is no Chromium on this system")
    with playwright.sync_playwright() as started:
        # without a sandbox, which a container does not allow: the pages are those of the tests
        found = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def page(browser) -> Iterator:
    """A page that fails its test for an error of a script, or for what the policy of the page refuses."""
    context = browser.new_context(viewport=SCREEN, permissions=["clipboard-read", "clipboard-write"])
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert not errors


def read(corpus: str, path: Path, subset: str = "", task: str | None = None, **options):
    """All that a builder gives, under its rule for bad annotations: records, rejects and the context with its notes."""
    builder = get_builder(corpus)
    language = options.pop("language", builder.language)
    context = ReadContext(Source(path), subset=subset, language=language, options=options)
    context.task = get_task(task or builder.task)
    context.schema = context.task.schema(options.get("targets") or resolve_targets(builder, context), language)
    records, rejects = [], []
    rule = BadAnnotations(options.get("bad_annotations") or builder.bad_annotations, Report(), rejects.append)
    for item in builder.read(context):
        if isinstance(item, Reject):
            rule.found(item) if item.what == "annotation" else rejects.append(item)
        elif reason := rule.reason(item, []):
            rejects.append(Reject(item.file, item.line, reason, item.id))
        else:
            records.append(item)
    rule.close()
    return records, rejects, context
