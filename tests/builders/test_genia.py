"""The builder of GENIA: the published counts, each rule on a small corpus, and bad input."""

from __future__ import annotations

import io
import json
import tarfile
from collections import Counter
from pathlib import Path

import pytest

from sde_builders.genia import COORDINATED, PIECES, TARGETS
from sde_datasets.errors import InputError
from tests.conftest import read

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE set SYSTEM "gpml.dtd">\n'


def article(*sentences: str, name: str = "MEDLINE:1") -> str:
    title, *rest = (f"<sentence>{sentence}</sentence>" for sentence in sentences)
    info = f"<articleinfo>\n<bibliomisc>{name}</bibliomisc></articleinfo>"
    return f"<article>{info}<title>{title}</title><abstract>{''.join(rest)}</abstract></article>\n"


def corpus(*articles: str) -> bytes:
    return f"{HEAD}<set>\n{''.join(articles)}</set>\n".encode()


def tgz(path: Path, **members: bytes) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name.replace("__", "/").replace("_xml", ".xml"))
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def one(tmp_path: Path, sentence: str):
    path = tmp_path / "g.xml"
    path.write_bytes(corpus(article(sentence)))
    records, rejects, context = read("genia", path)
    return records[0], rejects, context


def terms(record) -> list[tuple]:
    return [(a.target, a.mention, a.spans[0]) for a in record.annotations]


@pytest.fixture(scope="module")
def real(corpora):
    return read("genia", corpora / "genia_term")


def test_published_counts(real):
    records, rejects, context = real
    assert len(records) == 18_546
    assert rejects == []
    found = Counter(r.split for r in records for a in r.annotations if a.target in TARGETS)
    assert found == {"train": 46_234, "validation": 4_722, "test": 5_123}
    assert context.notes == {COORDINATED: 1_597, PIECES: 5_154}
    assert Counter(r.split for r in records) == {"train": 15_049, "validation": 1_765, "test": 1_732}
    assert len({r.id for r in records}) == len(records)
    assert len({r.document for r in records}) == 2_000
    assert "MEDLINE:97218353#2-0" in {r.id for r in records}


def test_every_mention_is_the_text_at_its_place(real):
    for record in real[0]:
        assert record.text == record.text.strip() != ""
        for annotation in record.annotations:
            [(start, end)] = annotation.spans
            assert record.text[start:end] == annotation.mention != ""


def test_development_texts_are_the_published_tokens(real, corpora):
    ours = {r.id: "".join(r.text.split()) for r in real[0] if r.split == "validation"}
    with (corpora / "genia_term/jsonlines_cnn_nested_ner/dev.jsonlines").open() as lines:
        given = [json.loads(line) for line in lines]
    assert len(given) == len(ours) == 1_765
    theirs = Counter((g["doc_id"], "".join("".join(g["tokens"]).split())) for g in given)
    assert theirs == Counter((name.rsplit("-", 1)[0], text) for name, text in ours.items())


def test_the_archive_alone_has_no_splits(tmp_path):
    path = tgz(tmp_path / "g.tgz", G__g_xml=corpus(article("One.", "Two.")), G__gpml=b"")
    records, _, _ = read("genia", path)
    assert [(r.id, r.text, r.split, r.document, r.file, r.line) for r in records] == [
        ("MEDLINE:1-0", "One.", None, "MEDLINE:1", "g.tgz/G/g.xml", 5),
        ("MEDLINE:1-1", "Two.", None, "MEDLINE:1", "g.tgz/G/g.xml", 5),
    ]


@pytest.mark.parametrize("packed", [True, False])
def test_a_folder_with_lists(tmp_path, packed):
    data = corpus(*(article("A.", name=f"MEDLINE:{n}") for n in (1, 2, 3, 4, 1)))
    if packed:
        tgz(tmp_path / "GENIA.tgz", G__g_xml=data)
    else:
        (tmp_path / "g.xml").write_bytes(data)
    (tmp_path / "lists").mkdir()
    for name, ids in (("train", "1"), ("dev", "2\r\n\r"), ("test", "3")):
        (tmp_path / f"lists/{name}.txt").write_text(f"MEDLINE:{ids}\n", newline="")
    (tmp_path / "notes.txt").write_text("not a list")
    records, _, _ = read("genia", tmp_path)
    assert [(r.id, r.document, r.split) for r in records] == [
        ("MEDLINE:1-0", "MEDLINE:1", "train"),
        ("MEDLINE:2-0", "MEDLINE:2", "validation"),
        ("MEDLINE:3-0", "MEDLINE:3", "test"),
        ("MEDLINE:4-0", "MEDLINE:4", None),
        ("MEDLINE:1#2-0", "MEDLINE:1#2", "train"),
    ]


def test_an_xml_file_is_preferred_to_an_archive(tmp_path):
    (tmp_path / "g.xml").write_bytes(corpus(article("Plain.")))
    tgz(tmp_path / "g.tgz", g_xml=corpus(article("Packed.")))
    assert [r.text for r in read("genia", tmp_path)[0]] == ["Plain."]


def test_the_one_that_is_called_genia_is_taken(tmp_path):
    (tmp_path / "GENIAcorpus.xml").write_bytes(corpus(article("Plain.")))
    (tmp_path / "other.xml").write_bytes(b"<a/>")
    assert [r.text for r in read("genia", tmp_path)[0]] == ["Plain."]


@pytest.mark.parametrize(
    ("sem", "target"),
    [
        ("G#protein_N/A", "protein"),
        ("G#protein_family_or_group", "protein"),
        ("G#DNA_domain_or_region", "DNA"),
        ("G#RNA_molecule", "RNA"),
        ("G#cell_type", "cell_type"),
        ("G#cell_line", "cell_line"),
        ("G#cell_component", "cell_component"),
        ("G#other_name", "other_name"),
        ("G#mono_cell", "mono_cell"),
    ],
)
def test_types_are_folded(tmp_path, sem, target):
    record, _, _ = one(tmp_path, f'the <cons sem="{sem}">IL-2</cons>.')
    assert terms(record) == [(target, "IL-2", (4, 8))]


def test_nested_and_coinciding_terms_are_kept(tmp_path):
    inner = '<cons sem="G#protein_x"><cons sem="G#protein_y">IL&lt;2</cons></cons>'
    record, _, _ = one(tmp_path, f'é <cons sem="G#other_name">{inner}  gene</cons>.')
    assert record.text == "é IL<2  gene."
    assert terms(record) == [
        ("other_name", "IL<2  gene", (2, 12)),
        ("protein", "IL<2", (2, 6)),
        ("protein", "IL<2", (2, 6)),
    ]


def test_coordinated_terms_and_their_pieces_are_counted(tmp_path):
    pieces = '<cons>B</cons> and <cons lex="x"><cons sem="G#cell_type">T</cons></cons>'
    record, _, context = one(tmp_path, f'<cons sem="(AND G#cell_type G#cell_type)">{pieces}</cons>')
    assert terms(record) == [("cell_type", "T", (6, 7))]
    assert context.notes == {COORDINATED: 1, PIECES: 2}


def test_edges_are_trimmed_and_offsets_moved(tmp_path):
    record, _, _ = one(tmp_path, '\n  a  b <cons sem="G#protein"> IL-2 </cons>\n')
    assert record.text == "a  b  IL-2"
    assert terms(record) == [("protein", "IL-2", (6, 10))]


def test_other_tags_only_lend_their_text(tmp_path):
    record, _, _ = one(tmp_path, 'an <i>i<cons sem="G#protein">n</cons></i> out')
    assert (record.text, terms(record)) == ("an in out", [("protein", "n", (4, 5))])


def test_a_term_without_text_is_rejected_alone(tmp_path):
    record, [reject], _ = one(tmp_path, 'a <cons sem="G#protein"> </cons>b <cons sem="G#protein">c</cons>')
    assert terms(record) == [("protein", "c", (5, 6))]
    assert (reject.what, reject.id, reject.line) == ("annotation", "MEDLINE:1-0", 5)


def test_an_article_without_an_id_is_rejected_by_sentence(tmp_path):
    (tmp_path / "g.xml").write_bytes(corpus(article("A.", "B.", name=" "), article("C.")))
    records, rejects, _ = read("genia", tmp_path / "g.xml")
    assert [r.text for r in records] == ["C."]
    assert [(r.file, r.line, r.what) for r in rejects] == [("g.xml", 5, "record")] * 2


def test_a_truncated_xml_names_its_last_line(tmp_path):
    path = tmp_path / "g.xml"
    path.write_bytes(corpus(*[article("A.")] * 2000)[: -len("</set>\n")])
    with pytest.raises(InputError, match=r"^g\.xml:4004: is not XML \(no element found\)"):
        read("genia", path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"^g\.xml: is empty"),
        (b"plain text", r"^g\.xml:1: is not XML"),
        (b"<set><a/></set>", r"^g\.xml: holds no <article>"),
        (corpus(article("caf\xe9")).decode().encode("latin-1"), r"^g\.xml:5: is not XML \(not well-formed"),
        (b'<!DOCTYPE set [\n<!ENTITY a "b">]><set/>', r"^g\.xml:2: declares the entity 'a'.*\. Write"),
    ],
)
def test_bad_xml(tmp_path, data, message):
    (tmp_path / "g.xml").write_bytes(data)
    with pytest.raises(InputError, match=message):
        read("genia", tmp_path / "g.xml")


def test_a_truncated_archive(tmp_path):
    path = tgz(tmp_path / "g.tgz", g_xml=corpus(*(article(str(n) * 50) for n in range(3000))))
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(InputError, match=r"g\.tgz: is not a complete tar archive"):
        read("genia", path)


def test_an_archive_that_points_out_of_itself(tmp_path):
    tgz(tmp_path / "g.tgz", **{"..__g_xml": corpus(article("A."))})
    for path in (tmp_path, tmp_path / "g.tgz"):
        with pytest.raises(InputError, match=r"member '\.\./g\.xml' that points out"):
            read("genia", path)


def test_sources_without_a_corpus(tmp_path):
    tgz(tmp_path / "g.tgz", readme=b"x")
    for path in (tmp_path, tmp_path / "g.tgz"):
        with pytest.raises(InputError, match="does not hold an XML file"):
            read("genia", path)
    (tmp_path / "g.tgz").unlink()
    with pytest.raises(InputError, match=r"does not hold an XML file or its \.tgz"):
        read("genia", tmp_path)
    for name in "ab":
        (tmp_path / f"{name}.xml").write_bytes(corpus(article("A.")))
    with pytest.raises(InputError, match=r"holds 2 XML files \(a\.xml, b\.xml\)"):
        read("genia", tmp_path)


@pytest.mark.parametrize(
    ("dev", "message"),
    [
        (b"MEDLINE:1\n", r"train\.txt:1: MEDLINE:1 is in the list validation too"),
        (b"MEDLINE:2\n12345\n", r"dev\.txt:2: '12345' is not a document id"),
        (b"\xff\n", r"dev\.txt:1: is not UTF-8"),
        (b"", r"dev\.txt: is empty"),
    ],
)
def test_bad_lists(tmp_path, dev, message):
    (tmp_path / "g.xml").write_bytes(corpus(article("A.")))
    (tmp_path / "train.txt").write_text("MEDLINE:1\n")
    (tmp_path / "dev.txt").write_bytes(dev)
    with pytest.raises(InputError, match=message):
        read("genia", tmp_path)
