"""spaCy: a DocBin for each split, with mentions as the span group `sc` or labels as categories.

Mentions may be nested, which the pipeline `spancat` learns. Tokens are those of a blank pipeline, divided where a
mention begins or ends, so that every mention has its exact place. The pieces of a discontinuous mention are mentions of
their own. Categories are named `food positive`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from sde_datasets.errors import UsageError
from sde_datasets.export.config_data import AnnotatedText, ConfigData
from sde_datasets.export.exporter import Commands, Exporter, ExportFolder, ExportOptions
from sde_datasets.records.schema import Schema

GROUP = "sc"


def write(data: ConfigData, folder: ExportFolder, options: ExportOptions) -> Commands:
    """Write `<split>.spacy`. Raises UsageError without spaCy."""
    try:
        import spacy
        from spacy.tokens import DocBin
    except ImportError as error:
        raise UsageError("spaCy is not installed: pip install 'sde-datasets[spacy]'") from error
    schema = data.template.schema
    nlp = spacy.blank(schema.language)
    for split in data.splits:
        docs = [annotated_doc(nlp, row, schema) for row in data.annotated(split)]
        DocBin(docs=docs, store_user_data=True).to_disk(folder.work / f"{split}.spacy")
        folder.written[f"{split}.spacy"] = f"{len(docs):,} documents"
    pipeline = "textcat_multilabel" if schema.kind == "label" else "spancat"
    config, dev = folder.beside("config.cfg"), "validation" if "validation" in data.splits else data.test
    return Commands(
        f"python -m spacy init config {config} --lang {schema.language} --pipeline {pipeline}\n"
        f"python -m spacy train {config} --paths.train {folder.path / 'train.spacy'} "
        f"--paths.dev {folder.path / f'{dev}.spacy'} --output {folder.beside('model')}",
    )


def annotated_doc(nlp: Any, row: AnnotatedText, schema: Schema) -> Any:
    """Return the document of a text with its annotations."""
    from spacy.tokens import Doc, Span

    spans = [(span["start"], span["end"], each["target"]) for each in row.annotations for span in each["spans"]]
    edges = {edge for start, end, _ in spans for edge in (start, end)}
    tokens = [edge for token in nlp.make_doc(row.text) for edge in (token.idx, token.idx + len(token))]
    words, spaces, starts = list[str](), list[bool](), list[int]()
    for start, end in pairwise(sorted({0, len(row.text), *tokens, *edges})):
        if row.text[start:end] == " " and words and not spaces[-1]:
            spaces[-1] = True
        else:
            words.append(row.text[start:end])
            spaces.append(False)
            starts.append(start)
    doc = Doc(nlp.vocab, words=words, spaces=spaces)
    if schema.kind == "label":
        given = {(each["target"], each["label"]) for each in row.annotations}
        names = ((target, label) for target in schema.targets for label in schema.labels)
        doc.cats = {f"{target} {label}": float((target, label) in given) for target, label in names}
    else:
        doc.spans[GROUP] = [
            Span(doc, starts.index(start), sum(at < end for at in starts), label) for start, end, label in spans
        ]
    return doc


EXPORTER = Exporter(write, chat=False)
