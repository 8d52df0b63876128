"""The builders of BioC, PubTator, UIMA, CASIE, RAMS, WikiEvents and GENEVA: each rule and quirk on small files."""

from __future__ import annotations

import pytest

from sde_builders.pubtator import RELATIONS
from sde_builders.rams import UNMARKED
from sde_datasets.errors import InputError
from tests.builders.written import read_marks, write
from tests.conftest import read

BIOC = {
    "documents": [
        {
            "id": "42",
            "passages": [
                {"offset": 0, "text": "A title.", "annotations": []},
                {
                    "offset": 9,
                    "text": "In rats, IL 2 and 4 rose.",
                    "annotations": [
                        {
                            "infons": {"type": "Gene", "other": "G"},
                            "text": "IL 4",
                            "locations": [{"offset": 18, "length": 2}, {"offset": 27, "length": 1}],
                        }
                    ],
                },
            ],
        }
    ]
}
BIOC_XML = """<collection><document><id>42</id>
<passage><infon key="type">title</infon><offset>0</offset><text>A title.</text></passage>
<passage><infon key="type">abstract</infon><offset>9</offset><text>In rats, IL 2 and 4 rose.</text>
<annotation id="1"><infon key="type">Gene</infon><infon key="other">G</infon><location offset="18" length="2"/>
<location offset="27" length="1"/><text>IL 4</text></annotation></passage></document></collection>"""


@pytest.mark.parametrize(("name", "content"), [("a.json", BIOC), ("a.xml", BIOC_XML), ("b.jsonl", [BIOC])])
def test_bioc_has_offsets_of_the_document_and_discontinuous_mentions(tmp_path, name, content):
    records, rejects, _ = read("bioc", write(tmp_path, name, content))
    assert [(r.id, r.document, [(a.target, a.spans) for a in r.annotations]) for r in records] == [
        ("42-1", "42", []),
        ("42-2", "42", [("Gene", ((9, 11), (18, 19)))]),
    ]
    assert rejects == []


def test_another_infon_is_the_type_on_request(tmp_path):
    assert read_marks("bioc", write(tmp_path, "a.json", BIOC), infon="other")[0][1][0][0] == "G"


def test_bioc_rejects_an_annotation_before_its_passage(tmp_path):
    content = BIOC_XML.replace('location offset="18"', 'location offset="3"')
    assert read_marks("bioc", write(tmp_path, "a.xml", content), targets=("Gene",))[1] == [
        "the offset 3 lies before its passage, which begins at 9"
    ]


PUBTATOR = """227508|t|Naloxone reverses it.
227508|a|In rats, clonidine raised it.
227508\t0\t8\tNaloxone\tChemical\tD009270
227508\t31\t40\tclonidine\tChemical|Drug\tD003000
227508\tCID\tD003000\tD007022

9|t|Second.
9|a|
"""


def test_pubtator_counts_offsets_over_title_blank_and_abstract(tmp_path):
    path = write(tmp_path, "a.pubtator", PUBTATOR)
    records, rejects, context = read("pubtator", path)
    assert [(r.id, r.text) for r in records] == [
        ("227508", "Naloxone reverses it. In rats, clonidine raised it."),
        ("9", "Second. "),
    ]
    assert read_marks("pubtator", path)[0] == [
        [("Chemical", "Naloxone"), ("Chemical", "clonidine"), ("Drug", "clonidine")],
        [],
    ]
    assert (rejects, context.notes[RELATIONS]) == ([], 1)


def test_pubtator_rejects_lines_of_other_forms(tmp_path):
    path = write(tmp_path, "a.txt", PUBTATOR + "9\tx\n")
    assert read_marks("pubtator", path)[1] == ["line 9 is not an annotation of 9: '9\\tx'"]
    with pytest.raises(InputError, match="holds no document of PubTator"):
        read("pubtator", write(tmp_path, "b.txt", "Hello.\n"))


def casie(content: str | None, start: int, end: int, **more) -> dict:
    nugget = {"startOffset": start, "endOffset": end, "text": "stole"}
    events = [{"type": "Attack", "subtype": "Databreach", "nugget": nugget}]
    row = {"sourcefile": "1.txt", "cyberevent": {"hopper": [{"events": events}]}} | more
    return row if content is None else {**row, "content": content}


TEXT = "It rained. Hackers stole data."


@pytest.mark.parametrize(("content", "file"), [(TEXT, ""), (None, TEXT)])
def test_casie_reads_the_text_of_the_document_or_of_its_source_file(tmp_path, content, file):
    write(tmp_path, "c/1.json", casie(content, 19, 24))
    if file:
        write(tmp_path, "c/1.txt", file)
    records, _, _ = read("casie", tmp_path / "c")
    assert [(r.id, r.text, [(a.target, a.mention) for a in r.annotations]) for r in records] == [
        ("1-1", "It rained.", []),
        ("1-2", "Hackers stole data.", [("Databreach", "stole")]),
    ]


def test_casie_finds_out_inclusive_ends_and_rejects_what_is_not_annotated(tmp_path):
    path = write(tmp_path, "1.json", casie(TEXT, 19, 23))
    assert read_marks("casie", path)[0] == [[], [("Databreach", "stole")]]
    path = write(tmp_path, "2.jsonl", [casie(TEXT, 19, 24), {"content": TEXT}])
    assert read_marks("casie", path)[1] == ["unlabelled: cyberevent is missing"]


def test_rams_keeps_the_sentence_with_the_event_of_its_document(tmp_path):
    row = {
        "doc_key": "nw_1",
        "split": "dev",
        "sentences": [["It", "rained", "."], ["Troops", "struck", "out", "."]],
        "evt_triggers": [[4, 5, [["conflict.attack.n/a", 1.0]]]],
    }
    path = write(tmp_path, "a.jsonlines", [row, {"doc_key": "x", "sentences": []}])
    (record,), rejects, context = read("rams", path)
    assert (record.id, record.split, record.document) == ("nw_1-1", "validation", "nw_1")
    assert read_marks("rams", path, levels=2)[0] == [[("conflict.attack", "struck out")]]
    assert context.notes[UNMARKED] == 1
    assert [reject.reason for reject in rejects] == ["sentences and evt_triggers are expected, both lists"]


def test_wikievents_counts_tokens_over_the_document(tmp_path):
    trigger = {"start": 4, "end": 5, "text": "attacked", "sent_idx": 1}
    row = {
        "doc_id": "w1",
        "sentences": [
            [[["It", 0, 2], ["rained", 3, 9], [".", 9, 10]], "It rained."],
            [[["Troops", 11, 17], ["attacked", 18, 26], [".", 26, 27]], "Troops attacked."],
        ],
        "entity_mentions": [{"start": 3, "end": 4, "entity_type": "MIL", "text": "Troops"}],
        "event_mentions": [{"event_type": "Conflict.Attack.Unspecified", "trigger": trigger}],
    }
    path = write(tmp_path, "a.jsonl", [row])
    records, _, _ = read("wikievents", path)
    assert [(r.id, r.text, r.document) for r in records] == [
        ("w1-0", "It rained.", "w1"),
        ("w1-1", "Troops attacked.", "w1"),
    ]
    assert read_marks("wikievents", path)[0] == [[], [("Conflict.Attack.Unspecified", "attacked")]]
    assert read_marks("wikievents", path, task="ner")[0] == [[], [("MIL", "Troops")]]


def test_geneva_is_read_as_oneie(tmp_path):
    trigger = {"start": 1, "end": 2, "text": "attacked"}
    row = {
        "wnd_id": "w",
        "tokens": ["Troops", "attacked"],
        "event_mentions": [{"event_type": "Attack", "trigger": trigger}],
    }
    assert read_marks("geneva", write(tmp_path, "a.json", [row]))[0] == [[("Attack", "attacked")]]


@pytest.mark.parametrize("kind", ["xmi", "json"])
def test_a_cas_of_uima_is_read_with_its_type_system(tmp_path, kind):
    cassis = pytest.importorskip("cassis", reason="needs the extra uima")
    system = cassis.TypeSystem()
    entity = system.create_type("webanno.custom.NER", supertypeName="uima.tcas.Annotation")
    system.create_feature(domainType=entity, name="value", rangeType="uima.cas.String")
    cas = cassis.Cas(typesystem=system)
    cas.sofa_string = "It 🙂 rained. Bo left."
    cas.add(entity(begin=13, end=15, value="PER"))
    if kind == "json":
        path = write(tmp_path, "d/a.json", cas.to_json())
    else:
        path = write(tmp_path, "d/a.xmi", cas.to_xmi())
        with pytest.raises(InputError, match="comes without its type system"):
            read("uima", path)
        write(tmp_path, "d/TypeSystem.xml", system.to_xml())
        path = tmp_path / "d"
    assert read_marks("uima", path)[0] == [[], [("PER", "Bo")]]
