"""Stance in tweets: one tweet a line, `id<TAB>text<TAB>topic=label topic=label`. A topic not named is not mentioned."""

from collections.abc import Iterator
from pathlib import Path

from sde_datasets.ingest.builder import Builder, ReadContext
from sde_datasets.records.record import Annotation, Record, Reject, split_from_path

TOPICS = ("climate", "trains", "taxes")


def read(context: ReadContext) -> Iterator[Record | Reject]:
    """The tweets of every *.tsv file; the split is what the name of its file says."""
    for name in context.source.find("*.tsv"):
        file, split = context.source.location(name), split_from_path(name)
        for number, line in enumerate(context.source.lines(name), 1):
            fields = line.rstrip("\r\n").split("\t")
            if len(fields) != 3:
                yield Reject(file, number, f"the line has {len(fields)} fields, not 3")
                continue
            id, text, stances = fields
            pairs = [stance.partition("=") for stance in stances.split()]
            annotations = [Annotation(topic, label) for topic, _, label in pairs]
            yield Record(id, text, annotations, split, file=file, line=number)


def task() -> Path:
    """Where the file of the task is."""
    return Path(__file__).with_name("stance.toml")


BUILDER = Builder("stance_tweets", "stance", read, {"": TOPICS})
