"""GLiNER: texts as words with the spans of their mentions, both ends inclusive.

[{"tokenized_text": ["Ana", "met", "Bo", "."], "ner": [[0, 0, "PER"], [2, 2, "PER"]]}]

Words are divided as GLiNER does, and also where a mention begins or ends, so that no mention is lost. The pieces of a
discontinuous mention are mentions of their own.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from sde_datasets.errors import UsageError
from sde_datasets.export.config_data import AnnotatedText, ConfigData
from sde_datasets.export.exporter import Commands, Exporter, ExportFolder, ExportOptions

# the splitter `whitespace` of GLiNER
_WORD = re.compile(r"\w+(?:[-_]\w+)*|\S")


def write(data: ConfigData, folder: ExportFolder, options: ExportOptions) -> Commands:
    """Write `<split>.json` and `labels.json`. Raises UsageError for a label task."""
    schema = data.template.schema
    if schema.kind == "label":
        raise UsageError(f"{data.config} has labels and GLiNER learns mentions: give a config of ner or ed")
    paths = {
        split: folder.json(f"{split}.json", [words_and_spans(row) for row in data.annotated(split)])
        for split in data.splits
    }
    folder.json("labels.json", list(schema.targets))
    train, dev = paths.get("train", ""), paths.get("validation", paths[data.test])
    return Commands(
        'python -c "import json; from gliner import GLiNER; '
        f"GLiNER.from_pretrained('urchade/gliner_small-v2.1').train_model(json.load(open('{train}')), "
        f"json.load(open('{dev}')), output_dir='{folder.beside('model')}')\""
    )


def words_and_spans(row: AnnotatedText) -> dict[str, Any]:
    """Return the words of a text and its mentions as first and last word with the target."""
    spans = [(span["start"], span["end"], each["target"]) for each in row.annotations for span in each["spans"]]
    edges = sorted({edge for start, end, _ in spans for edge in (start, end)})
    words: list[tuple[int, int]] = []
    for word in _WORD.finditer(row.text):
        cuts = [word.start(), *(edge for edge in edges if word.start() < edge < word.end()), word.end()]
        words += pairwise(cuts)
    ner = [
        [
            sum(last <= start for _, last in words),
            sum(first < end for first, _ in words) - 1,
            target,
        ]
        for start, end, target in spans
    ]
    return {"tokenized_text": [row.text[start:end] for start, end in words], "ner": ner}


EXPORTER = Exporter(write, chat=False)
