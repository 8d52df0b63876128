"""The page as one file of HTML, which loads nothing from elsewhere and runs only the scripts of this package."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from importlib.resources import files

from markupsafe import Markup

from sde_datasets.explorer.explorer import Explorer, Json
from sde_datasets.utils.pages import page_environment

# the scripts in their order: each uses those before it
_SCRIPTS = ("elements", "source", "choices", "differences", "panes", "grid", "records", "main")


def served_page(explorer: Explorer) -> str:
    """Return the page of a local server, which asks that server for views, records and tokens."""
    return _page(explorer.catalogue(), {}, "'self'")


def whole_page(explorer: Explorer, count: int) -> str:
    """Return the page with all that it shows: the first `count` records of each split of each view."""
    held = {name: _held(explorer, name, count) for name in explorer.views}
    return _page(explorer.catalogue(), held, "'none'")


def _held(explorer: Explorer, view: str, count: int) -> Json:
    """Return a view with some of its records."""
    records = []
    for split in explorer.views[view].splits:
        for row in explorer.records(view, split=split, limit=count)["rows"]:
            tokens = {name: explorer.tokens(view, split, row["id"], name) for name in explorer.counters}
            records.append(explorer.record(view, split, row["id"]) | {"tokens": tokens})
    return explorer.view(view) | {"records": records}


def _page(catalogue: Json, held: Json, connect: str) -> str:
    script = "".join(_text(f"explorer/templates/{name}.js") for name in _SCRIPTS)
    script = f'"use strict";\n(() => {{\n{script}}})();\n'
    style = _text("utils/templates/theme.css") + _text("explorer/templates/explorer.css")
    policy = [
        "default-src 'none'",
        f"script-src {_source(script)}",
        f"style-src {_source(style)}",
        f"connect-src {connect}",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    template = page_environment("sde_datasets.explorer").get_template("explorer.html.jinja")
    return template.render(
        title=catalogue["title"],
        policy=Markup("; ".join(policy)),
        style=Markup(style),
        script=Markup(script),
        data=Markup(_json({"catalogue": catalogue, "held": held})),
    )


def _text(path: str) -> str:
    return files("sde_datasets").joinpath(path).read_text("utf-8")


def _source(text: str) -> str:
    """Name an element of the page for its policy: only an element with this content is used."""
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


def _json(values: Json) -> str:
    """Write JSON that cannot end the element that holds it."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
