"""What reports show of the figures of a mention task."""

from __future__ import annotations

from sde_datasets.scoring.json_object import JsonObject
from sde_datasets.scoring.mention_figures import MentionFigures, MentionMatches, Recall, TypeConfusion
from sde_datasets.scoring.span_view import span_section
from sde_datasets.scoring.view_tables import (
    PRECISION_RECALL_F1,
    Cell,
    ConfusionTable,
    FigureRow,
    FigureTable,
    Section,
    counted,
    figure_cell,
    figure_table,
    listed,
    percent_or_number,
    reasons,
)

_NESTED = {"inside": "inside another", "holding": "holding another", "flat": "neither"}
# targets of a matrix of types, with the class of no mention; rows of the table that replaces a larger one
_MOST_CLASSES, _MOST_CONFUSIONS = 13, 20
_RECALL = ("gold", "hard_recall", "soft_recall")


def mention_sections(figures: MentionFigures, noun: str = "mention") -> tuple[Section, ...]:
    """Return the sections of a mention task. noun: what a mention is called, `mention` or `trigger`."""
    micro, macro = figures.micro, figures.macro
    means: dict[str, JsonObject] = {"micro, hard": micro.hard, "micro, soft": micro.soft}
    means |= {"macro, hard": macro.hard, "macro, soft": macro.soft}
    groups = {_NESTED[name]: recall for name, recall in figures.nested.groups().items()}
    kinds = [_recall_table("Recall of nested mentions", "mentions", groups)] if groups else []
    lengths = figures.by_length
    kinds.append(_recall_table(f"Recall by length in {lengths.unit}", "length", lengths.lengths))
    absent, sentences = figures.not_in_text, _unknown_sentence(figures)
    if absent.share.value is not None:
        share = percent_or_number("share", absent.share.value)
        sentences.append(
            f"{absent.strings.value:,} of {absent.predicted:,} predicted strings ({share}) do not occur in their text."
        )
    undefined = (*([f"nested: {figures.nested.reason}"] if figures.nested.reason else []), *reasons([absent]))
    return (
        Section(
            "Mentions", (figure_table("Mentions", "mean", means, PRECISION_RECALL_F1, "f1"),), _macro_sentence(figures)
        ),
        Section("Targets", (_target_table(figures.by_target),)),
        *_error_sections(figures),
        *([span_section(figures.spans, noun)] if figures.spans else []),
        Section("Kinds of mentions", tuple(kinds), tuple(sentences), undefined),
    )


def _error_sections(figures: MentionFigures) -> tuple[Section, ...]:
    """Confused types as a matrix, or the most frequent confusions where there are many targets; misses by form."""
    types, misses = figures.types, figures.normalised
    if types is None or misses is None:
        return ()
    sentences = [
        f"{counted(types.wrong_type, 'gold mention')} predicted under another target, {types.missed:,} missed, "
        f"{counted(types.spurious, 'spurious prediction')} (strings that are equal, whatever their case)."
    ]
    if misses.share.value is not None:
        share = percent_or_number("share", misses.share.value)
        counts = "they count as hits" if misses.counted else "--normalise counts them as hits"
        vanish = f"{misses.vanish:,} of {misses.misses:,} missed gold mentions ({share})"
        sentences.append(f"{vanish} vanish after NFKC, without blanks and hyphens: {counts}.")
    table: ConfusionTable | FigureTable = ConfusionTable("Types", types.classes, types.counts)
    if len(types.classes) > _MOST_CLASSES:
        table = _frequent_confusions(types)
    return (Section("Types", (table,), tuple(sentences)),)


def _frequent_confusions(types: TypeConfusion) -> FigureTable:
    cells = [
        (count, gold, answer)
        for gold, row in zip(types.classes, types.counts, strict=True)
        for answer, count in zip(types.classes, row, strict=True)
        if count and gold != answer
    ]
    rows = [
        FigureRow(f"{gold} -> {answer}", (Cell(f"{count:,}"),), count)
        for count, gold, answer in sorted(cells, key=lambda cell: -cell[0])[:_MOST_CONFUSIONS]
    ]
    return FigureTable("Most frequent confusions of types", "gold -> answer", ("times",), tuple(rows), ())


def _macro_sentence(figures: MentionFigures) -> tuple[str, ...]:
    targets = figures.macro.targets
    if targets is None or not targets.f1:
        return ()
    over = f"{len(targets.f1)} of {len(figures.by_target)} targets, those in gold or answers: {listed(targets.f1)}"
    others = f"precision over {len(targets.precision)} with predictions, recall over {len(targets.recall)} with gold"
    return (f"Macro F1 is the mean over {over}; {others}.",)


def _unknown_sentence(figures: MentionFigures) -> list[str]:
    unknown = figures.unknown_targets
    if unknown is None or not unknown.mentions:
        return []
    share, names = percent_or_number("share", unknown.share.value), listed(list(unknown.targets))
    named = f"{counted(unknown.mentions, 'predicted mention')} ({share}) in {counted(unknown.samples, 'sample')}"
    return [f"{named} of targets outside the schema ({names}) count as wrong in the micro averages."]


def _target_table(by_target: dict[str, MentionMatches]) -> FigureTable:
    """Hard figures by target with the soft F1 in the last column."""
    names = ("gold", "predicted", *PRECISION_RECALL_F1)
    hard = figure_table("By target", "target", {t: m.hard for t, m in by_target.items()}, names, "f1", "gold")
    rows = tuple(
        FigureRow(row.name, (*row.cells, figure_cell("f1", by_target[row.name].soft.f1, False)), row.size)
        for row in hard.rows
    )
    return FigureTable(hard.title, hard.head, (*hard.columns, "soft f1"), rows, hard.undefined)


def _recall_table(title: str, head: str, groups: dict[str, Recall]) -> FigureTable:
    return figure_table(title, head, {**groups}, _RECALL, "hard_recall")
