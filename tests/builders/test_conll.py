"""The builder of CoNLL columns: schemes, layers, comments, documents, and texts that are rebuilt from tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sde_builders.conll import spaced
from sde_datasets.errors import InputError
from sde_datasets.ingest.builder import ReadContext
from tests.builders.written import read_marks, write
from tests.conftest import read

EXPECTED = [[("PER", "Ana Bo"), ("PER", "Carl"), ("ORG", "Acme")]]


def lines(*tags: str) -> str:
    tokens = ("Ana", "Bo", "Carl", "saw", "Acme")
    return "".join(f"{token} {tag}\n" for token, tag in zip(tokens, tags, strict=True))


@pytest.mark.parametrize(
    "tags",
    [
        ("B-PER", "I-PER", "B-PER", "O", "B-ORG"),
        ("I-PER", "I-PER", "B-PER", "O", "I-ORG"),
        ("B-PER", "E-PER", "S-PER", "O", "S-ORG"),
        ("B-PER", "L-PER", "U-PER", "O", "U-ORG"),
        ("I-PER", "I-PER", "S-PER", "O", "M-ORG"),
    ],
    ids=["IOB2", "IOB1", "BIOES", "BILOU", "missing B-"],
)
def test_every_scheme_gives_the_same_mentions(tmp_path, tags):
    found, rejects, _ = read_marks("conll", write(tmp_path, "a.conll", lines(*tags)))
    assert (found, rejects) == (EXPECTED, [])


def test_tag_columns_are_layers_of_nested_mentions_behind_numbers_and_comments(tmp_path):
    text = (
        "#\thttp://a.de [2009]\n1\tMünchner\tB-LOCderiv\tB-ORG\n2\tFC\tO\tI-ORG\n\n#\tb\n1\t#\tO\tO\n2\tBo\tB-PER\tO\n"
    )
    records, _, _ = read("conll", write(tmp_path, "NER-de-dev.tsv", text))
    assert [record.text for record in records] == ["Münchner FC", "# Bo"]
    assert [sorted((a.target, a.mention) for a in r.annotations) for r in records] == [
        [("LOCderiv", "Münchner"), ("ORG", "Münchner FC")],
        [("PER", "Bo")],
    ]
    assert records[0].split == "validation"


def test_the_chunks_of_conll_2003_are_no_mentions_and_docstart_begins_a_document(tmp_path):
    start = "-DOCSTART- -X- -X- O\n\n"
    text = f"{start}Ana NNP B-NP B-PER\nran VBD B-VP O\n\n{start}Bo NNP B-NP B-PER\n".replace("\n", "\r\n")
    records, _, _ = read("conll", write(tmp_path, "eng.conll", text))
    assert [(r.text, r.document, [a.target for a in r.annotations]) for r in records] == [
        ("Ana ran", "eng.conll-1", ["PER"]),
        ("Bo", "eng.conll-2", ["PER"]),
    ]


def test_a_comment_names_the_document(tmp_path):
    text = "# newdoc id = d7\n# sent_id = 1\nAna\tB-PER\n"
    (record,), _, _ = read("conll", write(tmp_path, "a.conll", text))
    assert (record.document, record.id) == ("d7", "a-3")


def test_tokens_in_columns_of_tabs_may_hold_blanks(tmp_path):
    path = write(tmp_path, "a.conll", "New York\tB-LOC\nis\tO\n")
    assert read_marks("conll", path)[0] == [[("LOC", "New York")]]


def test_columns_can_be_named(tmp_path):
    path = write(tmp_path, "a.conll", "B-PER Ana x\nO ran y\n")
    assert read_marks("conll", path, token=2, tags="1")[0] == [[("PER", "Ana")]]


def test_a_sentence_with_another_width_or_a_broken_tag_is_rejected(tmp_path):
    good = "Ana B-PER\nran O\nso O\n\n" * 20
    path = write(tmp_path, "a.conll", f"{good}Bo PER\n\nCarl\n")
    assert read_marks("conll", path)[1] == [
        "'PER' is not a tag; a tag is O, or a letter of BIESLU with a type: B-PER",
        "token 1 has 1 columns, the file has 2",
    ]


def test_a_file_without_tags_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"a.conll: has no column of tags; the last column holds 'NNP'"):
        read("conll", write(tmp_path, "a.conll", "Ana NNP\n"))


def test_detokenisation_leaves_out_the_blanks_before_punctuation(tmp_path):
    path = write(tmp_path, "a.conll", "Ana B-PER\n( O\nof O\nAcme B-ORG\n) O\ndid O\nn't O\n. O\n")
    (record,), _, _ = read("conll", path, detokenise="yes")
    assert record.text == "Ana (of Acme) didn't."
    assert [(a.target, record.text[slice(*a.spans[0])]) for a in record.annotations] == [
        ("PER", "Ana"),
        ("ORG", "Acme"),
    ]


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=4), min_size=1, max_size=8))
def test_the_offsets_of_tokens_hold_the_tokens_whatever_the_text_is_rebuilt_by(tokens):
    for language in ("en", "zh"):
        for wanted in ("yes", "no"):
            text, places = spaced(ReadContext(language=language, options={"detokenise": wanted}), tokens)
            assert [text[slice(*place)] for place in places] == tokens


def test_layers_of_genia_are_counted_as_published(corpora):
    path = corpora / "genia_term" / "iob2_boundary_aware" / "genia.dev.iob2"
    records, rejects, _ = read("conll", path)
    assert (len(records), sum(len(r.annotations) for r in records), rejects) == (1669, 4337, [])
