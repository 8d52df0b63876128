"""The sections of a dataset card, each written from the manifest. The text around them is in cards/dataset.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from string import Template

from sde_datasets.card.markdown import code, fenced, folded, inline, link, preformatted, side_by_side, table
from sde_datasets.card.plots import is_drawable
from sde_datasets.card.stats import ExampleSample
from sde_datasets.dataset.manifest import Manifest
from sde_datasets.dataset.report import Report, annotation_remarks
from sde_datasets.dataset.view_state import Generated, ViewState
from sde_datasets.designs.design import AXES
from sde_datasets.records.record import SPLITS

# a table with more rows is folded; more inputs are counted instead of listed
MANY = 30
FEW_INPUTS = 20


def axes() -> str:
    """A table of the options of each axis and of their part of a config name."""
    rows = [
        (axis, code(f"-{word}") if word else "", option, meaning)
        for axis, options in AXES.items()
        for option, (word, meaning) in options.items()
    ]
    return table(("axis", "in the name", "option", "meaning"), rows)


def load(manifest: Manifest) -> str:
    """How to load the default config, or where there are records only, a design that is rendered from them."""
    name = "load" if any(state.designs for state in manifest.views.values()) else "load-records"
    revision = f", revision={json.dumps(manifest.tag)}" if manifest.tag else ""
    words = {"default": manifest.default_config(), "sample": manifest.default_samples(), "revision": revision}
    text = (files("sde_datasets.cards") / f"{name}.md").read_text("utf-8")
    return Template(text).substitute(words, address=address_of(manifest)).rstrip()


def example(samples: Mapping[str, ExampleSample]) -> str:
    """One record: its text, the completions of several configs side by side, and their prompts folded."""
    text = next(iter(samples.values())).text
    completions = side_by_side({config: sample.completion for config, sample in samples.items()})
    prompts = "\n\n".join(f"`{config}`\n\n{preformatted(sample.prompt)}" for config, sample in samples.items())
    return f"The text:\n\n{preformatted(text)}\n\nand its completions:\n\n{completions}\n\n" + folded(
        "The prompts", prompts
    )


def views(manifest: Manifest) -> str:
    """A table of designs for each view, with rows and mean characters."""
    parts = []
    for view, state in manifest.views.items():
        splits = [split for split in SPLITS if split in state.report.splits]
        rows = [state.report.splits[split] for split in splits]
        lines = [
            (code(f"{view}-{name}"), *rows, *(f"{mean:,.0f}" for mean in manifest.mean_characters(f"{view}-{name}")))
            for name in state.designs
        ]
        listed = table(("config", *splits, "prompt, mean characters", "completion, mean characters"), lines)
        title = f"{state.task}, {state.language}, from {inline(state.facts.title)}: {len(lines)} designs"
        body = folded(f"The {len(lines)} configs", listed) if len(lines) > MANY else listed
        if not lines:
            title = f"{state.task}, {state.language}, from {inline(state.facts.title)}: records, for any design"
            counts = [(code(f"{view}-records"), *rows)]
            body = table(("config", *splits), counts)
        parts.append(f"### `{view}`\n\n{title}\n\n{body}{_plot(manifest, view, 'completions')}")
    return "\n\n".join(parts)


PLOTS = {"completions": "Mean characters of completions by design", "labels": "Labels by target"}


def _plot(manifest: Manifest, view: str, name: str) -> str:
    path = f"plots/{view}-{name}.png"
    return f"\n\n![{PLOTS[name]}, view {view}]({path})" if path in manifest.outputs else ""


def corpora(manifest: Manifest) -> str:
    """The corpus of each view: counts, labels, nested mentions, licence."""
    rows = []
    for view, state in manifest.views.items():
        facts, kept = state.facts, state.record_count
        title = link(facts.title, facts.homepage) if facts.homepage else facts.title
        annotations = state.report.annotations["kept"]
        empty = state.report.empty.total()
        rows.append(
            (code(view), title, facts.licence, kept, annotations, empty, round(state.figures.characters / kept))
        )
    head = ("view", "corpus", "licence", "records", "annotations", "without annotations", "mean characters of a text")
    parts = [table(head, rows), "Attributions and licence texts: [NOTICE.md](NOTICE.md)."]
    parts += [_distribution(manifest, view, state) for view, state in manifest.views.items()]
    return "\n\n".join(parts)


def _distribution(manifest: Manifest, view: str, state: ViewState) -> str:
    figures, kept = state.figures, state.record_count
    names = list(next(iter(figures.values.values())))
    rows: list[tuple[object, ...]] = [
        (target, *counts.values(), figures.texts[target], kept - figures.texts[target])
        for target, counts in figures.values.items()
    ]
    head: tuple[str, ...] = ("target", *names, "records that mention it", "records that do not")
    plot = _plot(manifest, view, "labels")
    if plot and not all(map(is_drawable, (*names, *figures.values))):
        head, rows = ("", *head), [(number, *row) for number, row in enumerate(rows, 1)]
        plot += "\n\nThe plot has numbers instead of names: of targets as in the table, of labels from left to right."
    listed = table(head, rows)
    parts = [f"### `{view}`: labels", folded(f"The {len(rows)} targets", listed) if len(rows) > MANY else listed]
    if state.schema.kind == "mention":
        mentions = sum(count for counts in figures.values.values() for count in counts.values())
        inside = figures.inside
        share = f"{inside:,} of {mentions:,} mentions ({inside / mentions:.1%}) are" if inside else "No mention is"
        parts.append(f"{share} nested in a longer one.")
    return "\n\n".join(parts) + plot


def splits(manifest: Manifest) -> str:
    """How records were assigned to splits in each view, and the texts that occur in two splits."""
    lines = []
    for view, state in manifest.views.items():
        report = state.report
        shared = [f"{count:,} in {pair.replace('+', ' and ')}" for pair, count in report.shared_texts.items()]
        texts = f"Texts that occur in two splits: {', '.join(shared)}." if shared else "No text occurs in two splits."
        lines.append(f"- `{view}`: {report.split_rule}. {texts}")
    return "\n".join(lines)


def left_out(manifest: Manifest) -> str:
    """Counts of all records and annotations that were read, by what became of them."""
    rows, remarks = [], []
    for view, state in manifest.views.items():
        records, annotations = state.report.records, state.report.annotations
        counts = [records[what] for what in ("read", "kept", "rejected", "dropped")]
        counts += [annotations[what] for what in ("read", "kept", "merged", "outside", "rejected", "with_record")]
        rows.append((code(view), *counts))
        remarks += [f"- `{view}`: {inline(remark)}" for remark in _remarks(state.report)]
    head = ["view", "records read", "kept", "rejected", "dropped", "annotations read", "kept", "merged"]
    head += ["outside the targets", "rejected", "lost with their record"]
    rejects = "Every reject, with file, line and reason: [rejects.jsonl](rejects.jsonl)."
    return "\n\n".join([table(head, rows), rejects, "\n".join(remarks)]).rstrip()


def _remarks(report: Report) -> Iterator[str]:
    yield from (f"records dropped, {option}: {count:,}" for option, count in report.dropped.items())
    yield from (f"{note}: {count:,}" for note, count in report.notes.items())
    yield from annotation_remarks(report)
    yield from report.remarks


ORIGINS = {
    "annotated": "annotated: the words that an annotator marked",
    "context": "context: the clause of the text around the mention",
    "extracted": "extracted: the clause with the highest score for the aspect under a linear model of training records",
    "generated": "generated: words of the text that a language model chose, see below",
    "none": "none: the annotation has no description",
}
EXTRACTED = """\
The quality of extracted descriptions was measured on corpora whose annotators marked the words (ACOS, English, texts of
two clauses or more): the extracted clause contains an annotated span in 84.5 % (restaurants) and 87.4 % (laptops) of
cases, a random clause in 54.1 % and 52.9 %. Other languages were not measured."""


def descriptions(manifest: Manifest) -> str:
    """The origin of the descriptions in designs with reasoning, and the quality of extracted ones."""
    found = {origin for state in manifest.views.values() for origin in state.report.evidence}
    if not found:
        return "No annotation has a description: completions with and without reasoning are equal."
    rows = [
        (code(view), *(state.report.evidence[origin] for origin in ORIGINS if origin in found))
        for view, state in manifest.views.items()
    ]
    listed = "\n".join(f"- {meaning}" for origin, meaning in ORIGINS.items() if origin in found)
    parts = [
        "Completions of designs with `-cot` or `-rcot` contain descriptions. Their origin is one of:",
        listed,
        table(("view", *(origin for origin in ORIGINS if origin in found)), rows),
    ]
    parts += [EXTRACTED] if "extracted" in found else []
    parts += [_generated(view, each) for view, state in manifest.views.items() for each in state.generated]
    return "\n\n".join(parts)


def _generated(view: str, generated: Generated) -> str:
    """What a language model added to a view: the model, the share of its answers that was kept, and the question."""
    return (
        f"`{view}`: the model {inline(generated.model)} was asked for the descriptions of annotations without one. "
        f"{generated.share} of its answers passed the checks{generated.reasons}. None was reviewed. The question:\n\n"
        f"{preformatted(generated.prompt)}"
    )


def limits(manifest: Manifest) -> str:
    """The known limits of the dataset."""
    views = manifest.views.items()
    lines = ["- Descriptions are quotations from the text, not free reasoning."]
    if extracted := [f"`{view}`" for view, state in views if "extracted" in state.report.evidence]:
        lines.append(f"- Descriptions of {', '.join(extracted)} were extracted by a model and not reviewed.")
    if generated := [f"`{view}`" for view, state in views if "generated" in state.report.evidence]:
        lines.append(f"- Descriptions of {', '.join(generated)} were chosen by a language model and not reviewed.")
    if leaking := [f"`{view}`" for view, state in views if state.report.shared_texts]:
        lines.append(f"- In {', '.join(leaking)}, some texts occur in more than one split (see Splits).")
    spoken = [f"`{v}` ({s.language})" for v, s in views if s.language != s.schema.language]
    if spoken:
        lines.append(f"- The instructions of {', '.join(spoken)} are not in the language of the texts.")
    lines.append("- Results of a design may not transfer to other models or corpora: compare designs on your own data.")
    return "\n".join(lines)


def train(manifest: Manifest) -> str:
    """How to train on the samples and score answers, in code that continues the code that loads them."""
    default = manifest.default_samples()
    splits = manifest.splits(manifest.default_config())
    split = splits[0]
    names = ("train.md", "score.md") if "train" in splits else ("score.md",)
    text = "\n".join((files("sde_datasets.cards") / name).read_text("utf-8") for name in names)
    if "train" not in splits:
        text = f"`{default}` has no training split: it serves to score the answers of a model.\n\n{text}"
    return Template(text).substitute(split=split, default=default, address=address_of(manifest)).rstrip()


def address_of(manifest: Manifest) -> str:
    """The argument of `load_dataset` as code: the repository, or a placeholder for the path of the folder."""
    return json.dumps(manifest.repository or "path/to/this/folder")


def again(manifest: Manifest) -> str:
    """The command that builds the folder again, with its plan unless the corpora come with the package."""
    command = fenced(manifest.command, "bash")
    if any(state.generated for state in manifest.views.values()):
        command += "\n\nThen `sde-datasets explain` asks a model for the generated descriptions, which may differ."
    if manifest.bundled:
        return f"{command}\n\nThe corpora come with the package."
    plan = fenced(manifest.plan, "toml")
    return f"Save this as `sde.toml`, with the paths of your corpora:\n\n{plan}\n\nand run:\n\n{command}"


def inputs(manifest: Manifest) -> str:
    """The hashes of the source files."""
    parts = []
    for view, state in manifest.views.items():
        rows = [(code(name), code(sha256)) for name, sha256 in sorted(state.inputs.items())]
        if rows:
            listed = table(("file", "sha256"), rows[:FEW_INPUTS])
            more = len(rows) - FEW_INPUTS
            listed += f"\n\nand {more:,} more, in [manifest.json](manifest.json)" if more > 0 else ""
            parts.append(folded(f"The {len(rows):,} source files of {view}", listed))
    return "\n\n".join(parts)


def citations(manifest: Manifest) -> str:
    """The BibTeX entries of the corpora and of the paper behind the designs, each once."""
    paper = (files("sde_datasets.cards") / "paper.bib").read_text("utf-8")
    entries = [*(state.facts.citation for state in manifest.views.values()), paper]
    return fenced("\n\n".join(dict.fromkeys(entry.strip() for entry in entries if entry)), "bibtex")
