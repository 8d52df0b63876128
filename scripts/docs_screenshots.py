"""Take the screenshots of docs/explore.md with Chromium, of a page that is made of the bundled corpora.

python scripts/docs_screenshots.py    needs playwright, and Chromium with a font for Chinese
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from sde_datasets.building.pipeline import build
from sde_datasets.explorer.explorer import Explorer
from sde_datasets.explorer.page import whole_page
from sde_datasets.ingest.plan import bundled_plan, read_plan
from sde_datasets.utils.progress import Progress

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
# file -> width, height, colour scheme, what the address says
SHOTS = {
    "explore-wide": (1280, 1000, "light", "view=ner&design=lines-text-cot&against=lines-text"),
    "explore-dark": (1280, 1000, "dark", "view=mabsa_zh&design=json-text-instlast&against=lines-text-instlast"),
    "explore-phone": (390, 844, "light", "view=ner&design=inline-text-ou&against=list-text-ou"),
}


def take(browser: Browser, page: Path, name: str) -> None:
    """Take one screenshot; that of the phone begins at the design."""
    width, height, scheme, words = SHOTS[name]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    tab = context.new_page()
    tab.goto(f"{page.as_uri()}#{words}")
    tab.wait_for_selector("#grid [aria-pressed=true]")
    if width < 700:
        tab.evaluate("document.getElementById('against').scrollIntoView()")
    tab.screenshot(path=IMAGES / f"{name}.png")
    context.close()


def main() -> None:
    """Build the bundled corpora, write the page and take all screenshots."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise SystemExit("there is no Chromium on this system")
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        out = Path(temporary) / "out"
        build(read_plan(bundled_plan()), out, workers=1, progress=Progress(quiet=True))
        page = Path(temporary) / "page.html"
        page.write_text(whole_page(Explorer.open(str(out)), 3), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name in SHOTS:
            take(browser, page, name)
        browser.close()


if __name__ == "__main__":
    main()
