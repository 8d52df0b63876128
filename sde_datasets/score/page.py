"""Scores as one HTML page that needs nothing from outside: figures, confusions, defects, the worst samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from importlib.resources import files

from sde_datasets.score.page_parts import card, confusion, number, said, table, text, unfold, why

_OPENED = 3
_KINDS = {"inside": "inside another", "holding": "holding another", "flat": "neither"}


def page(scores: dict) -> str:
    """The page of a scoring, the same bytes for the same scores."""
    css = (files("sde_datasets.score") / "page.css").read_text("utf-8")
    title = f"{scores['design']} · {scores['schema']['task']}"
    labelled = scores["schema"]["kind"] == "label"
    body = [
        *_head(scores, title),
        *(_label_figures if labelled else _mention_figures)(scores["figures"]),
        *_defects(scores),
        *_worst(scores["worst"]),
        _foot(scores),
    ]
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="en">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{text(title)}</title>",
            f"<style>\n{css}</style></head>",
            "<body>",
            *body,
            "</body>",
            "</html>",
            "",
        )
    )


def _head(scores: dict, title: str) -> Iterator[str]:
    gold = scores["inputs"]["gold"]
    where = [gold["name"], gold["config"], gold["split"]] if gold else []
    parts = [" · ".join(where), f"{scores['samples']:,} samples", f"answers in {scores['schema']['language']}"]
    if scores["unanswered"]:
        parts.append(f"{scores['unanswered']:,} without a prediction left out")
    if scores["rejected"]:
        count, first = len(scores["rejected"]), scores["rejected"][0]
        rows = f"{count:,} row{'s' * (count != 1)} rejected"
        parts.append(f"{rows}, the first at {first['place']}: {first['reason']}")
    yield f"<h1>{text(title)}</h1>"
    yield f'<p class="about">{text(", ".join(part for part in parts if part))}</p>'
    yield f'<div class="cards">{"".join(card(name, each) for name, each in scores["headline"].items())}</div>'
    how = f"95 % intervals by bootstrap over samples, {scores['resamples']:,} resamples, seed {scores['seed']}."
    yield f'<p class="why">{how}</p>'


def _label_figures(figures: dict) -> Iterator[str]:
    yield "<h2>Labels</h2>"
    kind = "weighted kappa" if figures["weights"] else "Cohen's kappa"
    yield confusion("Confusion, all targets: rows gold, columns answer", figures["classes"], figures["confusion"])
    names = ("gold", "predicted", "precision", "recall", "f1")
    yield table("By label", "label", figures["by_label"], names, bar="f1")
    yield "<h2>Targets</h2>"
    names = ("mentioned", "kappa", "accuracy", "macro_f1")
    yield table(f"By target, kappa is {kind}", "target", figures["by_target"], names, bar="kappa")
    by_target = "".join(
        confusion(target, figures["classes"], each["confusion"]) for target, each in figures["by_target"].items()
    )
    yield unfold("Confusion of each target", by_target)


def _mention_figures(figures: dict) -> Iterator[str]:
    yield "<h2>Mentions</h2>"
    means = {f"{mean}, {how}": figures[mean][how] for mean in ("micro", "macro") for how in ("hard", "soft")}
    yield table("Precision, recall, F1", "mean", means, ("precision", "recall", "f1"), bar="f1")
    yield "<h2>Targets</h2>"
    rows = {target: {**each["hard"], "soft_f1": each["soft"]["f1"]} for target, each in figures["by_target"].items()}
    names = ("gold", "predicted", "precision", "recall", "f1", "soft_f1")
    yield table("By target, hard and soft", "target", rows, names, bar="f1")
    yield "<h2>Kinds of mentions</h2>"
    names, nested = ("gold", "hard_recall", "soft_recall"), figures["nested"]
    if "inside" in nested:
        rows = {_KINDS[kind]: each for kind, each in nested.items()}
        yield table("Recall of nested mentions", "mentions", rows, names, bar="hard_recall")
    else:
        yield why([nested])
    lengths = figures["by_length"]
    yield table(f"Recall by length in {lengths['unit']}", "length", lengths["lengths"], names, bar="hard_recall")
    absent = figures["not_in_text"]
    if absent["share"] is None:
        yield why([absent])
    else:
        counts = f"{absent['strings']:,} of {absent['predicted']:,} predicted strings"
        yield f"<p>{counts} ({number('share', absent['share'])}) do not stand in their text.</p>"


def _defects(scores: dict) -> Iterator[str]:
    errors = scores["format_errors"]
    yield "<h2>Format</h2>"
    words = (("error_rate", "errors", "have a format error"), ("unusable_rate", "unusable", "gave nothing to use"),
             ("cut_off_rate", "cut_off", "were cut off"))  # fmt: skip
    parts = [f"{number(rate, errors[rate])} ({errors[count]:,}) {what}" for rate, count, what in words]
    yield f"<p>Of all answers {', '.join(parts)}.</p>{why([errors])}"
    for name, each in scores["defects"].items():
        kind = '<span class="kind error">error</span>' if each["error"] else '<span class="kind">note</span>'
        samples = f"{each['samples']:,} sample{'s' * (each['samples'] != 1)}"
        head = f"{said(name)} {kind} · {samples}, {each['times']:,} time{'s' * (each['times'] != 1)}"
        yield unfold(head, _targets(each["targets"]) + "".join(map(_example, each["examples"])))


def _targets(targets: dict[str, int]) -> str:
    if not targets:
        return ""
    return (
        f'<p class="why">{", ".join(f"<bdi>{text(target)}</bdi> {times:,}" for target, times in targets.items())}</p>'
    )


def _example(example: dict) -> str:
    place = example["after"][:1]
    shown = "⏎\n" if place == "\n" else text(place) or "␃"
    words = f"{text(example['before'])}<mark>{shown}</mark>{text(example['after'][1:])}"
    about = f"{example['id']}, character {example['at']:,}" + (f", {example['target']}" if example["target"] else "")
    return f'<div class="example"><span class="kind">{text(about)}</span>\n{words}</div>'


def _worst(worst: list[dict]) -> Iterator[str]:
    yield "<h2>The worst samples</h2>"
    if not worst:
        yield "<p>None has anything wrong.</p>"
    for number_, sample in enumerate(worst):
        head = f'{text(sample["id"])} <span class="kind">· {sample["wrong"]:,} wrong</span>'
        yield unfold(head, _sample(sample), opened=number_ < _OPENED)


def _sample(sample: dict) -> str:
    above = f'<pre class="text">{text(sample["text"])}</pre>' if sample["text"] is not None else ""
    gold, answer = sample["gold"].split("\n"), sample["answer"].split("\n")
    sides = (("gold", _lines(gold, answer, "missed")), ("answer", _lines(answer, gold, "wrong")))
    both = "".join(f"<figure><figcaption>{name}</figcaption><pre>{lines}</pre></figure>" for name, lines in sides)
    return f'{above}<div class="sides">{both}</div>{_found(sample["defects"])}{_further(sample.get("further", {}))}'


def _further(row: dict) -> str:
    """What else the row of a sample said, to unfold."""
    return "".join(unfold(text(key), f"<pre>{text(str(value))}</pre>") for key, value in row.items())


def _found(defects: list[dict]) -> str:
    """The defects of a sample, those of one name and place together with their targets."""
    targets: dict[tuple[str, int], list[str]] = {}
    for each in defects:
        named = targets.setdefault((each["name"], each["at"]), [])
        named += [f"<bdi>{text(each['target'])}</bdi>"] if each["target"] else []
    parts = [
        f"{said(name)} at {at:,}" + (f" ({', '.join(named)})" if named else "") for (name, at), named in targets.items()
    ]
    return f'<p class="why">{"; ".join(parts)}</p>' if parts else ""


def _lines(lines: list[str], others: list[str], mark: str) -> str:
    """Lines, of which those are marked that the other side has not, each of its lines counted once."""
    left, shown = Counter(line.strip() for line in others), []
    for line in lines:
        there = left[line.strip()] > 0
        left[line.strip()] -= there
        shown.append(f"<span{'' if there else f' class={mark}'}>{text(line)}</span>")
    return "".join(shown)


def _foot(scores: dict) -> str:
    lines = [", ".join(f"{name} {version}" for name, version in scores["versions"].items())]
    if made := scores["inputs"]["predictions"]:
        lines.append(f"predictions: {made['name']}, {made['bytes']:,} bytes, sha256 {made['sha256']}")
    if gold := scores["inputs"]["gold"]:
        lines += [f"gold: {path}, sha256 {digest}" for path, digest in gold["sha256"].items()]
        lines += [f"gold: {gold['name']} at {gold['revision']}"] if gold["revision"] else []
    return f"<footer>{''.join(f'<p>{text(line)}</p>' for line in lines)}</footer>"
