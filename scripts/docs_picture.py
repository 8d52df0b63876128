"""Draw docs/images/designs.svg: one record under four sample designs, written by the real renderer.

python scripts/docs_picture.py            write the picture
python scripts/docs_picture.py --check    fail when the picture is stale
"""

from __future__ import annotations

import sys
import textwrap
from html import escape
from pathlib import Path

import sde_datasets as sde

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "images" / "designs.svg"
RECORD = sde.Record(
    text="The tuna was great, but we paid far too much.",
    annotations=[
        sde.Annotation("food", "positive", evidence=[(0, 18)]),
        sde.Annotation("price", "negative", evidence=[(20, 44)]),
    ],
)
SCHEMA = sde.schema("mabsa", targets=["food", "price", "parking"])
# design -> what the title says of it
DESIGNS = {
    "lines-text": "lines, placeholders, instruction first",
    "natural-text-ou-instlast": "one sentence, unmentioned omitted, instruction last",
    "json-text-cot": "JSON, the reason before the label",
    "list-num-rcot-ou-noinst": "lists, numbers, the reason after, no instruction",
}
WIDTH, COLUMN, GAP, EDGE = 900, 436, 12, 8
LINE, CHARACTERS = 17, 53
STYLE = """
text { font: 12.5px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre }
.title { font-weight: bold; fill: #0b3d3a } .note { font: 12px system-ui, 'DejaVu Sans', sans-serif; fill: #57606a }
.prompt { fill: #6e7781 } .text { fill: #0550ae } .completion { fill: #116329; font-weight: bold }
.card { fill: #ffffff; stroke: #d0d7de } .answer { fill: #eef8f0 } .page { fill: #f6f8fa }
.positive { fill: #c7f0d2 } .negative { fill: #ffd8d3 }
"""


def text(x: float, y: float, words: str, kind: str) -> str:
    """A line of text."""
    return f'<text x="{x:g}" y="{y:g}" class="{kind}" xml:space="preserve">{escape(words)}</text>'


def box(x: float, y: float, width: float, height: float, kind: str, radius: int = 6) -> str:
    """A rectangle."""
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius}" class="{kind}"/>'


def record_card(y: float) -> tuple[list[str], float]:
    """The record: its text with the evidence of each annotation marked, and its height."""
    label_of = {a.target: (a.label, a.evidence[0]) for a in RECORD.annotations}
    parts = [box(EDGE, y, WIDTH - 2 * EDGE, 88, "card"), text(EDGE + 14, y + 24, "one annotated record", "title")]
    character, left = 7.53, EDGE + 14
    for label, (start, end) in label_of.values():
        parts.append(box(left + start * character - 2, y + 36, (end - start) * character + 4, 18, label, 3))
    parts.append(
        f'<text x="{left}" y="{y + 50:g}" class="text" textLength="{len(RECORD.text) * character:.1f}">'
        f"{escape(RECORD.text)}</text>"
    )
    legend = "grey: instruction   blue: text   green: completion"
    parts.append(text(WIDTH - EDGE - 312, y + 24, legend, "note"))
    labels = "   ".join(f"{target}: {label_of.get(target, ('not mentioned',))[0]}" for target in SCHEMA.targets)
    return [*parts, text(left, y + 76, labels, "note")], 88


def sample_card(x: float, y: float, design: str, height: float) -> list[str]:
    """A sample under one design: the prompt, each line cut to the card, and the completion."""
    prompt, completion = lines_of(design)
    parts = [
        box(x, y, COLUMN, height, "card"),
        text(x + 14, y + 24, f"mabsa-{design}", "title"),
        text(x + 14, y + 42, DESIGNS[design], "note"),
    ]
    for number, line in enumerate(prompt):
        kind = "text" if line == RECORD.text else "prompt"
        parts.append(text(x + 14, y + 66 + number * LINE, line, kind))
    top = y + 66 + len(prompt) * LINE
    parts.append(box(x + 6, top - 12, COLUMN - 12, len(completion) * LINE + 8, "answer", 4))
    parts += [text(x + 14, top + 3 + number * LINE, line, "completion") for number, line in enumerate(completion)]
    return parts


def lines_of(design: str) -> tuple[list[str], list[str]]:
    """The lines of prompt and completion under a design, as they fit on a card."""
    sample = sde.render(RECORD, design, SCHEMA)
    prompt = sample.prompt.removesuffix("\n").split("\n")
    prompt = [line if len(line) <= CHARACTERS else line[: CHARACTERS - 1].rstrip() + "…" for line in prompt]
    completion = []
    for line in sample.completion.split("\n"):
        completion += textwrap.wrap(line, CHARACTERS, subsequent_indent="  ")
    return prompt, completion


def height_of(design: str) -> float:
    """The height of the card of a design."""
    return 66 + sum(map(len, lines_of(design))) * LINE + 8


def picture() -> str:
    """The whole picture."""
    parts, height = record_card(EDGE)
    y = EDGE + height + GAP
    names = list(DESIGNS)
    for pair in (names[:2], names[2:]):
        height = max(map(height_of, pair))
        for column, design in enumerate(pair):
            parts += sample_card(EDGE + column * (COLUMN + GAP), y, design, height)
        y += height + GAP
    total = y - GAP + EDGE
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total:g}" width="{WIDTH}" role="img">'
    title = "<title>One annotated record as a fine-tuning sample under four sample designs</title>"
    page = box(0, 0, WIDTH, total, "page", 8)
    return "\n".join([head, title, f"<style>{STYLE}</style>", page, *parts, "</svg>"]) + "\n"


def main() -> None:
    """Write or check the picture."""
    drawn = picture()
    if "--check" in sys.argv[1:]:
        if not PICTURE.is_file() or PICTURE.read_text("utf-8") != drawn:
            sys.exit(f"{PICTURE.name} is stale: run python scripts/docs_picture.py")
        return
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
