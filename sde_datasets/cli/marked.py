"""Show records with their spans marked in the text, for the terminal and as HTML.

"Ana met Bo in Rome"  with PER at 0-3 and LOC at 14-18    ->    [Ana|PER] met Bo in [Rome|LOC]
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator

from sde_datasets.ingest.look import Look
from sde_datasets.records.record import Annotation, Record

# the kinds of rejects that are listed
MOST_KINDS = 8
_STYLE = """
body { font: 16px/1.6 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
mark { background: #fde68a; border-radius: .2rem; padding: 0 .15rem } mark > mark { background: #fca5a5 }
sub { color: #555; font-size: .7em } article { border-top: 1px solid #ccc; padding: .5rem 0; white-space: pre-wrap }
small { color: #555 } table { border-collapse: collapse } td, th { padding: 0 1rem 0 0; text-align: left }
"""


def marked(record: Record, opens: str = "[", closes: str = "|{}]") -> str:
    """The text with a mark around every span; spans that overlap without nesting close in the order of their ends."""
    return "".join(_pieces(record, opens, closes, lambda text: text))


def _pieces(record: Record, opens: str, closes: str, escape: Callable[[str], str]) -> Iterator[str]:
    spans = [(start, end, a.target) for a in record.annotations for start, end in a.spans]
    # an outer span opens first and closes last
    events = [(start, 1, -end, opens) for start, end, _ in spans]
    events += [(end, 0, -start, closes.format(escape(target))) for start, end, target in spans]
    at = 0
    for place, _, _, mark in sorted(events):
        yield escape(record.text[at:place])
        yield mark
        at = place
    yield escape(record.text[at:])


def label_line(annotation: Annotation, text: str) -> str:
    """A label with its evidence: `food: positive (Good soup)`."""
    evidence = "; ".join(text[start:end] for start, end in annotation.evidence)
    return f"{annotation.target}: {annotation.label}" + (f" ({evidence})" if evidence else "")


def record_lines(record: Record) -> Iterator[str]:
    """The lines that show a record on the terminal."""
    split = f", {record.split}" if record.split else ""
    yield f"{record.id} ({record.file}:{record.line}{split})"
    yield from (f"  {line}" for line in marked(record).splitlines())
    yield from (f"    {label_line(a, record.text)}" for a in record.annotations if a.label is not None)


def look_lines(found: Look) -> Iterator[str]:
    """The lines that show what was read of a source: counts, targets, records, rejects and warnings."""
    report, plan = found.report, found.plan
    kept = report.records["read"] - report.records["rejected"]
    yield f"{found.label}: {plan.corpus}, task {plan.task}, language {plan.language}"
    splits = ", ".join(f"{name} {count:,}" for name, count in sorted(found.splits.items()))
    rejected = report.records["rejected"]
    yield f"records: {kept:,} valid ({splits or 'none'}), {rejected:,} rejected"
    yield f"targets: {', '.join(f'{target} {found.targets[target]:,}' for target in found.schema.targets)}"
    if found.labels:
        yield f"labels: {', '.join(f'{label} {count:,}' for label, count in found.labels.most_common())}"
    for record in found.records:
        yield ""
        yield from record_lines(record)
    last = []
    for group in found.rejects[:MOST_KINDS]:
        noun = group.what + ("" if group.count == 1 else "s")
        last.append(f"rejected: {group.count:,} {noun}, first {group.location}: {group.reason}")
    last += [f"warning: {line}" for line in found.warnings()]
    yield from (["", *last] if last else [])


def look_page(looks: list[Look]) -> str:
    """A page of HTML with the same content; it needs no other file."""
    parts = [f"<!doctype html><html lang='en'><meta charset='utf-8'><title>Records</title><style>{_STYLE}</style>"]
    for found in looks:
        lines = list(look_lines(Look(**{**vars(found), "records": []})))
        parts.append(f"<h1>{html.escape(found.label)}</h1><p>" + "<br>".join(map(html.escape, filter(None, lines))))
        for record in found.records:
            text = "".join(_pieces(record, "<mark>", "<sub>{}</sub></mark>", html.escape))
            labels = "<br>".join(html.escape(label_line(a, record.text)) for a in record.annotations if a.label)
            place = html.escape(f"{record.id} · {record.file}:{record.line} · {record.split or 'no split'}")
            parts.append(f"<article><small>{place}</small>\n{text}\n<small>{labels}</small></article>")
    return "\n".join([*parts, "</html>", ""])
