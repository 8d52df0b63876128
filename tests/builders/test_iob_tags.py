"""Tags of tokens as mentions, in every scheme."""

from __future__ import annotations

import pytest

from sde_builders.iob_tags import mentions_of_tags, token_spans
from sde_builders.token_places import joined
from sde_datasets.records.record import Annotation


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("B-X I-X O B-X", [("X", 0, 2), ("X", 3, 4)]),
        ("I-X I-X O I-X", [("X", 0, 2), ("X", 3, 4)]),
        ("I-X B-X I-X", [("X", 0, 1), ("X", 1, 3)]),
        ("B-X I-Y", [("X", 0, 1), ("Y", 1, 2)]),
        ("B-X I-X E-X S-X", [("X", 0, 3), ("X", 3, 4)]),
        ("B-X L-X I-X U-X", [("X", 0, 2), ("X", 2, 3), ("X", 3, 4)]),
        ("B-a-b I-a-b", [("a-b", 0, 2)]),
        ("O O", []),
        ("", []),
    ],
)
def test_every_scheme(tags, found):
    assert token_spans(tags.split()) == found


@pytest.mark.parametrize("tag", ["X", "B", "B-", "O-X", "", "C-X", "o"])
def test_what_is_no_tag(tag):
    with pytest.raises(ValueError, match="is not a tag"):
        token_spans([tag])


def test_tags_as_annotations_of_a_text():
    text, places = joined(["Anna", "Bo", "met", "Carl"])
    assert list(mentions_of_tags(text, places, ["B-P", "I-P", "O", "B-Q"])) == [
        Annotation("P", mention="Anna Bo", spans=((0, 7),)),
        Annotation("Q", mention="Carl", spans=((12, 16),)),
    ]
    with pytest.raises(ValueError, match="1 tags for 4 tokens"):
        list(mentions_of_tags(text, places, ["O"]))
