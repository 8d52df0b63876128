"""The sections of a dataset card, each a text made from the manifest; the words around them are cards/dataset.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from string import Template

from sde_datasets.card.catalogue import means
from sde_datasets.card.configs import config_files
from sde_datasets.card.markdown import code, fenced, folded, inline, link, preformatted, side_by_side, table
from sde_datasets.card.plots import drawable
from sde_datasets.designs import AXES
from sde_datasets.records import SPLITS

# rows above which a table is folded, and inputs above which they are counted instead of listed
MANY = 30
FEW_INPUTS = 20


def axes() -> str:
    """What can be chosen on each axis, and how the name says it."""
    rows = [
        (axis, code(f"-{word}") if word else "", option, meaning)
        for axis, options in AXES.items()
        for option, (word, meaning) in options.items()
    ]
    return table(("axis", "in the name", "option", "meaning"), rows)


def example(shown: dict[str, dict[str, str]]) -> str:
    """One record: its text, the completions of several configs beside each other, their prompts folded."""
    if not shown:
        return "No design was built: the folder holds records only."
    text = next(iter(shown.values()))["source_text"]
    completions = side_by_side({config: row["completion"] for config, row in shown.items()})
    prompts = "\n\n".join(f"`{config}`\n\n{preformatted(row['prompt'])}" for config, row in shown.items())
    return f"The text:\n\n{preformatted(text)}\n\nand what is to be answered:\n\n{completions}\n\n" + folded(
        "The whole prompts", prompts
    )


def views(manifest: dict) -> str:
    """A table of designs for each view, with rows and mean characters."""
    configs = config_files(manifest)
    parts = []
    for view, state in manifest["views"].items():
        splits = [split for split in SPLITS if split in state["report"]["splits"]]
        rows = [state["report"]["splits"][split] for split in splits]
        lines = [
            (code(f"{view}-{name}"), *rows, *(f"{mean:,.0f}" for mean in means(manifest, configs[f"{view}-{name}"])))
            for name in state["designs"]
        ]
        listed = table(("config", *splits, "prompt, mean characters", "completion, mean characters"), lines)
        title = f"{state['task']}, {state['language']}, from {inline(state['facts']['title'])}: {len(lines)} designs"
        body = folded(f"The {len(lines)} configs", listed) if len(lines) > MANY else listed
        parts.append(f"### `{view}`\n\n{title}\n\n{body}{_plot(manifest, view, 'completions')}")
    return "\n\n".join(parts)


PLOTS = {"completions": "Mean characters of completions by design", "labels": "Labels by target"}


def _plot(manifest: dict, view: str, name: str) -> str:
    path = f"plots/{view}-{name}.png"
    return f"\n\n![{PLOTS[name]}, view {view}]({path})" if path in manifest["outputs"] else ""


def corpora(manifest: dict) -> str:
    """What each view was made from: counts, labels, nesting, licence."""
    rows = []
    for view, state in manifest["views"].items():
        facts, figures, kept = state["facts"], state["figures"], sum(state["report"]["splits"].values())
        title = link(facts["title"], facts["homepage"]) if facts["homepage"] else facts["title"]
        annotations = state["report"]["annotations"].get("kept", 0)
        empty = sum(state["report"]["empty"].values())
        rows.append(
            (code(view), title, facts["licence"], kept, annotations, empty, round(figures["characters"] / kept))
        )
    head = ("view", "corpus", "licence", "records", "annotations", "that mention nothing", "mean characters of a text")
    parts = [table(head, rows), "Whose they are, and the licence texts: [NOTICE.md](NOTICE.md)."]
    parts += [_distribution(manifest, view, state) for view, state in manifest["views"].items()]
    return "\n\n".join(parts)


def _distribution(manifest: dict, view: str, state: dict) -> str:
    figures, kept = state["figures"], sum(state["report"]["splits"].values())
    names = list(next(iter(figures["values"].values())))
    rows = [
        (target, *counts.values(), figures["texts"][target], kept - figures["texts"][target])
        for target, counts in figures["values"].items()
    ]
    head = ("target", *names, "records that mention it", "that do not")
    plot = _plot(manifest, view, "labels")
    if plot and not all(map(drawable, (*names, *figures["values"]))):
        head, rows = ("", *head), [(number, *row) for number, row in enumerate(rows, 1)]
        plot += "\n\nIn the plot, names are numbers: targets as in the table, labels from its left to its right."
    listed = table(head, rows)
    parts = [f"### `{view}`: labels", folded(f"The {len(rows)} targets", listed) if len(rows) > MANY else listed]
    if state["schema"]["kind"] == "mention":
        mentions = sum(count for counts in figures["values"].values() for count in counts.values())
        inside = figures["inside"]
        within = f"{inside:,} of {mentions:,} mentions ({inside / mentions:.1%}) lie" if inside else "No mention lies"
        parts.append(f"{within} within a longer one.")
    return "\n\n".join(parts) + plot


def splits(manifest: dict) -> str:
    """How the splits of each view were made, and texts that stand in two of them."""
    lines = []
    for view, state in manifest["views"].items():
        report = state["report"]
        shared = [f"{count:,} in {pair.replace('+', ' and ')}" for pair, count in report["shared_texts"].items()]
        texts = f"Texts that stand in two splits: {', '.join(shared)}." if shared else "No text stands in two splits."
        lines.append(f"- `{view}`: {report['split_rule']}. {texts}")
    return "\n".join(lines)


def left_out(manifest: dict) -> str:
    """What became of everything that was read, in figures."""
    rows, remarks = [], []
    for view, state in manifest["views"].items():
        records, annotations = state["report"]["records"], state["report"]["annotations"]
        counts = [records.get(what, 0) for what in ("read", "kept", "rejected", "dropped")]
        counts += [
            annotations.get(what, 0) for what in ("read", "kept", "merged", "outside", "rejected", "with_record")
        ]
        rows.append((code(view), *counts))
        remarks += [f"- `{view}`: {inline(remark)}" for remark in _remarks(state["report"])]
    head = ("view", "records read", "kept", "rejected", "dropped", "annotations read", "kept", "merged")
    head += ("outside the targets", "rejected", "gone with their record")
    said = "Each rejected row, with file, line and reason: [rejects.jsonl](rejects.jsonl)."
    return "\n\n".join([table(head, rows), said, "\n".join(remarks)]).rstrip()


def _remarks(report: dict) -> Iterator[str]:
    yield from (f"records dropped, {option}: {count:,}" for option, count in report["dropped"].items())
    yield from (f"{note}: {count:,}" for note, count in report["notes"].items())


ORIGINS = {
    "annotated": "annotated: the words that an annotator marked",
    "context": "context: the clause of the text around the mention",
    "extracted": "extracted: the clause that speaks most for the aspect by a linear model of the training records",
    "none": "none: the annotation stands without a description",
}
EXTRACTED = """\
How good extracted ones are was measured on corpora whose annotators did mark the words (ACOS, English, texts of two
clauses or more): the extracted clause holds an annotated span in 84.5 % (restaurants) and 87.4 % (laptops) of cases,
a clause taken at random in 54.1 % and 52.9 %. For other languages there is no such figure."""


def descriptions(manifest: dict) -> str:
    """Where the descriptions of the designs with reasoning come from, and how good the extracted ones are."""
    found = {origin for state in manifest["views"].values() for origin in state["report"]["evidence"]}
    if not found:
        return "No annotation has a description: the designs with reasoning answer like those without."
    rows = [
        (code(view), *(state["report"]["evidence"].get(origin, 0) for origin in ORIGINS if origin in found))
        for view, state in manifest["views"].items()
    ]
    listed = "\n".join(f"- {meaning}" for origin, meaning in ORIGINS.items() if origin in found)
    parts = [
        "Designs with `-cot` or `-rcot` hold a description for each answer. Where it comes from:",
        listed,
        table(("view", *(origin for origin in ORIGINS if origin in found)), rows),
    ]
    return "\n\n".join([*parts, EXTRACTED] if "extracted" in found else parts)


def limits(manifest: dict) -> str:
    """What a user must know before trusting results."""
    views = manifest["views"].items()
    lines = ["- Descriptions are quotations from the text, not free reasoning."]
    if extracted := [f"`{view}`" for view, state in views if "extracted" in state["report"]["evidence"]]:
        lines.append(f"- Descriptions of {', '.join(extracted)} were found by a model and not seen by a person.")
    if leaking := [f"`{view}`" for view, state in views if state["report"]["shared_texts"]]:
        lines.append(f"- In {', '.join(leaking)} some texts stand in more than one split (see Splits).")
    spoken = [f"`{v}` ({s['language']})" for v, s in views if s["language"] != s["schema"]["language"]]
    if spoken:
        lines.append(f"- The instructions of {', '.join(spoken)} are not in the language of the texts.")
    lines.append("- A figure of one design says nothing about another model or corpus; compare designs on your own.")
    return "\n".join(lines)


def train(manifest: dict, default: str) -> str:
    """How to train on the samples and to read answers, in code that runs after that which loads the default config."""
    if not any(state["designs"] for state in manifest["views"].values()):
        return "No design was built: there is nothing to train on."
    text = (files("sde_datasets.cards") / "train.md").read_text("utf-8")
    split = next(iter(config_files(manifest)[default]))
    return Template(text).substitute(split=split, default=default, address=address_of(manifest)).rstrip()


def address_of(manifest: dict) -> str:
    """Where the data are loaded from: the repository, or whatever a folder is called."""
    return json.dumps(manifest["repository"] or "path/to/this/folder")


def again(manifest: dict) -> str:
    """The command that builds the folder again, with its plan where the corpora do not come with the package."""
    command = fenced(manifest["command"], "bash")
    if manifest["bundled"]:
        return f"{command}\n\nThe corpora come with the package."
    plan = fenced(manifest["plan"], "toml")
    return f"With this as `sde.toml`, and the paths where your corpora are:\n\n{plan}\n\n{command}"


def inputs(manifest: dict) -> str:
    """The hashes of the files that were read."""
    parts = []
    for view, state in manifest["views"].items():
        read = state["inputs"]
        rows = [(code(name), code(sha256)) for name, sha256 in sorted(read.items())]
        if rows:
            listed = table(("file", "sha256"), rows[:FEW_INPUTS])
            more = len(rows) - FEW_INPUTS
            listed += f"\n\nand {more:,} more, in [manifest.json](manifest.json)" if more > 0 else ""
            parts.append(folded(f"What {view} was read from: {len(rows):,} files", listed))
    return "\n\n".join(parts)


def citations(manifest: dict) -> str:
    """The BibTeX entries of the corpora and of the paper behind the designs, each once."""
    paper = (files("sde_datasets.cards") / "paper.bib").read_text("utf-8")
    entries = [*(state["facts"]["citation"] for state in manifest["views"].values()), paper]
    return fenced("\n\n".join(dict.fromkeys(entry.strip() for entry in entries if entry)), "bibtex")
