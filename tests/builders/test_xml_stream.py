"""The streaming XML reader: what it yields, what it refuses, and that it keeps nothing."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from sde_builders.xml_stream import DEPTH, Element, elements
from sde_datasets.errors import InputError
from sde_datasets.ingest.sources import Source


def parse(tmp_path: Path, text: str | bytes, *wanted: str) -> list[Element]:
    path = tmp_path / "x.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(elements(Source(path), "x.xml", frozenset(wanted or {"note"})))


def test_mixed_content_and_lines(tmp_path):
    first, second = parse(tmp_path, '<set>out\n<note n="1">An <b>ea&lt;rly</b> note.</note>\n\n<note/></set>')
    assert first == Element("note", {"n": "1"}, 2, ["An ", Element("b", {}, 2, ["ea<rly"]), " note."])
    assert first.text() == "An ea<rly note."
    assert second == Element("note", {}, 4, [])


def test_only_the_outermost_wanted_elements_are_yielded(tmp_path):
    [note] = parse(tmp_path, "<a><note><x><b>1</b></x><note>2</note><b>3<b>4</b></b></note></a>")
    assert [b.text() for b in note.all("b")] == ["1", "34"]
    assert [e.tag for e in note.all("note", "x")] == ["x", "note"]


def test_the_root_may_be_wanted(tmp_path):
    assert [e.text() for e in parse(tmp_path, "<note>é&#10;<![CDATA[<b>]]><!-- no --></note>")] == ["é\n<b>"]


def test_text_is_whole_across_pieces_of_the_file(tmp_path):
    text = "añ日" * 100_000
    [note] = parse(tmp_path, f"<note>{text}<!-- x -->{text}</note>")
    assert note.children == [text + text]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_declared_encodings(tmp_path, encoding):
    given = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?><note>é</note>'.encode(encoding)
    assert parse(tmp_path, given)[0].text() == "é"


@pytest.mark.parametrize("doctype", ["<!DOCTYPE a>", '<!DOCTYPE a SYSTEM "no.dtd">', "<!DOCTYPE a [<!ELEMENT a ANY>]>"])
def test_a_bare_doctype_is_legal(tmp_path, doctype):
    assert parse(tmp_path, f"<?xml version='1.0'?>{doctype}<a><note>n</note></a>")[0].text() == "n"


BOMB = '<!DOCTYPE a [\n<!ENTITY x "ha">\n<!ENTITY y "&x;&x;">]><a><note>&y;</note></a>'


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (BOMB, 2, "declares the entity 'x'"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', 1, "declares the entity 'x'"),
        ('<!DOCTYPE a [<!ENTITY % p SYSTEM "http://x.invalid/p"> %p;]><a/>', 1, "declares the entity 'p'"),
        ('<!DOCTYPE a [<!NOTATION n SYSTEM "n"><!ENTITY x SYSTEM "f" NDATA n>]><a/>', 1, "declares the entity 'x'"),
        ('<!DOCTYPE a SYSTEM "a.dtd">\n<a><note>&alpha;</note></a>', 2, "uses the entity 'alpha'"),
        ("<a>\n<note>&alpha;</note></a>", 2, "undefined entity"),
        ("<a>\n<note>\n</a>", 3, "mismatched tag"),
        ("<a>\n<note>", 2, "no element found"),
        ("no xml", 1, "syntax error"),
        ('{"a": 1}', 1, "not well-formed"),
        ("<a/>\n<a/>", 2, "junk after document element"),
        ("<a>\n<note>\x00</note></a>", 2, "not well-formed"),
        (b"<a>\n<note>\xe9</note></a>", 2, "not well-formed"),
        (b"\x1f\x8b\x08\x00", 1, "not well-formed"),
        ('<?xml version="1.0" encoding="klingon"?><a/>', 1, "encoding"),
        ('<?xml version="1.0" encoding="shift_jis"?><a/>', 1, "encoding"),
        ("<a>" + "<note>" * (DEPTH + 1), 1, "nested more than"),
    ],
)
def test_refused(tmp_path, text, line, what):
    with pytest.raises(InputError) as caught:
        parse(tmp_path, text)
    assert caught.value.location == f"x.xml:{line}"
    assert what in caught.value.problem
    assert caught.value.hint


def test_an_empty_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"x\.xml: is empty"):
        parse(tmp_path, "")


def test_elements_before_a_fault_are_yielded(tmp_path):
    path = tmp_path / "x.xml"
    path.write_text("<a>" + "<note>n</note>" * 10_000)
    stream = elements(Source(path), "x.xml", frozenset({"note"}))
    assert next(stream).text() == "n"


def peak(path: Path, notes: int) -> int:
    with path.open("w") as file:
        file.write("<a>")
        file.writelines(f"<note><b>{'word ' * 40}</b></note>\n" for _ in range(notes))
        file.write("</a>")
    tracemalloc.start()
    try:
        assert sum(1 for _ in elements(Source(path), path.name, frozenset({"note"}))) == notes
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file(tmp_path):
    assert peak(tmp_path / "x.xml", 20_000) < 1.1 * peak(tmp_path / "y.xml", 4_000)
