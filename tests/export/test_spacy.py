"""spaCy reads the DocBin of an export; the builder of spaCy reads the annotations back.

pytest tests/export/test_spacy.py
"""

from __future__ import annotations

import pytest

from sde_datasets.export.config_data import AnnotatedText, ConfigData
from tests.conftest import read

pytest.importorskip("spacy", reason="needs the extra spacy")


def marks(row: AnnotatedText) -> list[tuple]:
    """The annotations of a text: target, label and the span of each piece."""
    spans = [[(span["start"], span["end"]) for span in each["spans"]] or [None] for each in row.annotations]
    pairs = zip(row.annotations, spans, strict=True)
    return sorted((each["target"], each["label"], piece) for each, pieces in pairs for piece in pieces)


@pytest.mark.slow
@pytest.mark.parametrize("config", ["ner-lines-text", "mabsa-lines-text", "mabsa_zh-lines-text", "ed-lines-text"])
def test_annotations_come_back_from_a_docbin(exported, built, config):
    data = ConfigData.open(str(built), config)
    folder, schema = exported("spacy", config=config), data.template.schema
    for split in data.splits:
        options = {"task": schema.task, "targets": schema.targets, "language": schema.language}
        records, rejects, _ = read("spacy", folder / f"{split}.spacy", **options)
        before = list(data.annotated(split))
        assert rejects == [] and [record.text for record in records] == [row.text for row in before]
        for record, row in zip(records, before, strict=True):
            found = [(each.target, each.label, *(each.spans or [None])) for each in record.annotations]
            assert sorted(found) == marks(row)


def test_a_mention_within_a_word_divides_the_token():
    import spacy

    from sde_datasets.export.spacy import annotated_doc
    from sde_datasets.tasks.task import get_task

    spans = [{"start": 4, "end": 8}, {"start": 6, "end": 17}]
    annotations = [{"target": "DNA", "label": None, "spans": [span]} for span in spans]
    text = "The IL-2R-alpha  gene."
    doc = annotated_doc(spacy.blank("en"), AnnotatedText("a", text, annotations), get_task("ner").schema(("DNA",)))
    assert doc.text == text
    assert [(span.start_char, span.end_char, span.label_) for span in doc.spans["sc"]] == [
        (4, 8, "DNA"),
        (6, 17, "DNA"),
    ]


@pytest.mark.slow
@pytest.mark.libraries
def test_spacy_learns_from_the_docbin(exported):
    import spacy
    from spacy.training import Corpus

    folder = exported("spacy")
    nlp = spacy.blank("en")
    spancat = nlp.add_pipe("spancat", config={"spans_key": "sc"})
    examples = list(Corpus(folder / "train.spacy")(nlp))
    nlp.initialize(lambda: examples[:50])
    assert set(spancat.labels) <= {"DNA", "RNA", "protein", "cell_type", "cell_line"} and len(spancat.labels) > 2
    losses = nlp.update(examples[:20], losses={})
    assert losses["spancat"] > 0
