"""SemEval aspect-based sentiment as XML: 2014, 2015 and 2016, and corpora in these forms such as MAMS-ATSA.

2014 (task 4):
    <sentences><sentence id="813"><text>All the appetizers were good!</text>
      <aspectTerms><aspectTerm term="appetizers" polarity="positive" from="8" to="18"/></aspectTerms>
      <aspectCategories><aspectCategory category="food" polarity="positive"/></aspectCategories></sentence></sentences>
2015 and 2016 (tasks 12 and 5):
    <Reviews><Review rid="1004293"><sentences><sentence id="1004293:0">
      <text>Judging from previous posts this used to be a good place.</text>
      <Opinions><Opinion target="place" category="RESTAURANT#GENERAL" polarity="negative" from="51" to="56"/></Opinions>
      </sentence></sentences></Review></Reviews>

Rules
- Task mabsa (the default): the aspect categories, each with its polarity. A category is a target, written with spaces:
  `FOOD#STYLE_OPTIONS` is `food style options`. Several opinions of one category are merged: the most frequent polarity,
  neutral for a tie. The evidence is the spans of the targets of opinions; categories of 2014 have none.
- Task ner: the aspect terms, or the targets of opinions, as mentions; the target of a mention is its polarity. One term
  with two polarities is two mentions. The target NULL is no mention.
- `conflict` of 2014 is no label of mabsa: its sentence is rejected, unless the plan maps it
  (labels = {conflict = "neutral"}) or drops it (bad_annotations = "drop").
- A sentence with OutOfScope="TRUE" is left out and counted. A sentence without the element of the task mentions
  nothing, as the corpora write it; this is counted. A file in which no sentence has the element stops the build: it is
  not annotated for the task (laptops of 2014 have no categories, test files of the competition no answers).
- The id is `<file stem>-<id of the sentence>`, else `<file stem>-<line>`; the document is the review. A term that is
  not at its offsets is aligned and counted, or rejected.
"""

from __future__ import annotations

from collections.abc import Iterator

from sde_builders import looks
from sde_builders.drafts import Bad, Draft, Form, Mark, drafts_builder
from sde_builders.xml_stream import Element, elements
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.records.record import Reject

OUT_OF_SCOPE = "sentences out of scope (OutOfScope) left out"
IMPLICIT = "opinions without a target in the text (NULL) left out"
WITHOUT = "sentences without an element for aspects, which mention none"
_ELEMENTS = {"label": ("aspectCategories", "Opinions"), "mention": ("aspectTerms", "Opinions")}


def words(category: str) -> str:
    """The name of the target for a category: `FOOD#STYLE_OPTIONS` -> `food style options`."""
    return " ".join(category.replace("#", " ").replace("_", " ").split()).lower()


def drafts(context: ReadContext, name: str) -> Iterator[Draft | Reject]:
    """The sentences of one file. Raises InputError for a file that is not annotated for the task."""
    location, wanted = context.source.location(name), _ELEMENTS[context.task.kind]
    if next(elements(context.source, name, frozenset(wanted)), None) is None:
        task = "ner" if context.task.kind == "label" else "mabsa"
        hint = f"Give a file of SemEval 2014, 2015 or 2016 with answers, or ask for the other task: --task {task}."
        raise InputError(location, f"no sentence has <{'> or <'.join(wanted)}>", hint)
    for outer in elements(context.source, name, frozenset({"Review", "sentence"})):
        review = outer.attributes.get("rid") if outer.tag == "Review" else None
        for sentence in outer.all("sentence") if outer.tag == "Review" else [outer]:
            if sentence.attributes.get("OutOfScope", "").upper() == "TRUE":
                context.note(OUT_OF_SCOPE)
            else:
                yield _sentence(context, sentence, review, location)


def _sentence(context: ReadContext, sentence: Element, review: str | None, location: str) -> Draft | Reject:
    """The draft of a sentence; a Reject if it has no text."""
    id_ = sentence.attributes.get("id")
    text = next(sentence.all("text"), None)
    if text is None or not text.text().strip():
        return Reject(location, sentence.line, "the sentence has no text", id_)
    groups = list(sentence.all(*_ELEMENTS[context.task.kind]))
    if not groups:
        context.note(WITHOUT)
    marks: list[Mark] = []
    bad: list[Bad] = []
    for item in (item for group in groups for item in group.all("aspectTerm", "aspectCategory", "Opinion")):
        try:
            mark = _term(context, item) if context.task.kind == "mention" else _category(item)
        except ValueError as error:
            bad.append(Bad(f"the {item.tag} at line {item.line}: {error}"))
        else:
            marks += [mark] if mark else []
    return Draft(text.text(), marks, sentence.line, id_, document=review, bad=bad)


def _category(item: Element) -> Mark:
    """The label of a category. Raises ValueError for one without a name or a polarity."""
    category, polarity = item.attributes.get("category", ""), item.attributes.get("polarity", "")
    if not category.strip() or not polarity.strip():
        raise ValueError("a category and a polarity are expected")
    evidence = (_span(item),) if item.tag == "Opinion" and not _is_implicit(item) else ()
    return Mark(words(category), polarity, evidence=evidence)


def _term(context: ReadContext, item: Element) -> Mark | None:
    """The mention of a term or a target; None for one that is not in the text. Raises ValueError."""
    if item.tag == "Opinion" and _is_implicit(item):
        context.note(IMPLICIT)
        return None
    polarity = item.attributes.get("polarity", "").strip()
    if not polarity:
        raise ValueError("a polarity is expected")
    return Mark(polarity, spans=(_span(item),), mention=item.attributes.get("term", item.attributes.get("target")))


def _is_implicit(item: Element) -> bool:
    target = item.attributes.get("target")
    return target is None or target == "NULL" or "from" not in item.attributes


def _span(item: Element) -> tuple[int, int]:
    start, end = item.attributes.get("from", ""), item.attributes.get("to", "")
    if not (start.isdecimal() and end.isdecimal()):
        raise ValueError(f"from and to are {start[:20]!r} and {end[:20]!r}, whole numbers are expected")
    return int(start), int(end)


FORM = Form(("*.xml",), drafts, merge=True, own_ids=False)
BUILDER = drafts_builder(
    __name__, "semeval", "mabsa", FORM, tasks=("ner",), options=("labels",), recognise=looks.semeval
)
