"""Named entities in columns: one token a line, `token<TAB>tag`, an empty line after each sentence; tags are IOB."""

from collections.abc import Iterator
from itertools import groupby

from sde_builders.iob_tags import mentions_of_tags
from sde_builders.token_places import joined
from sde_datasets.ingest.builder import Builder, ReadContext
from sde_datasets.records.record import Record, Reject, split_from_path


def read(context: ReadContext) -> Iterator[Record | Reject]:
    """The sentences of every *.conll file; the split is what the name of its file says."""
    for name in context.source.find("*.conll"):
        file, split = context.source.location(name), split_from_path(name)
        lines = enumerate((line.rstrip("\r\n") for line in context.source.lines(name)), 1)
        for blank, sentence in groupby(lines, key=lambda numbered: not numbered[1].strip()):
            if blank:
                continue
            rows = [(number, line.split("\t")) for number, line in sentence]
            first = rows[0][0]
            try:
                tokens, tags = zip(*(fields for _, fields in rows), strict=True)
                text, places = joined(tokens)
                annotations = list(mentions_of_tags(text, places, tags))
            except ValueError as error:
                yield Reject(file, first, f"the sentence is not token<TAB>tag ({error})")
            else:
                yield Record(f"{file}-{first}", text, annotations, split, file=file, line=first)


BUILDER = Builder("conll_files", "ner", read, {"": ("PER", "ORG", "LOC", "MISC")})
