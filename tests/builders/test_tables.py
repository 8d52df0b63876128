"""Tables of other files than CSV, delimiters that are found out, and tables in long form."""

from __future__ import annotations

import polars
import pytest

from sde_datasets.errors import InputError
from tests.builders.written import read_marks, write
from tests.conftest import read

ROWS = [
    {"id": "r1", "text": "Good soup, slow waiters.", "food": "positive", "service": "-1"},
    {"id": "r2", "text": "We sat outside.", "food": None, "service": "unmentioned"},
]
WIDE = [[("food", "positive"), ("service", "negative")], []]


def saved(folder, name: str):
    frame, path = polars.DataFrame(ROWS), folder / name
    if name.endswith(".parquet"):
        frame.write_parquet(path)
    elif name.endswith(".tsv"):
        frame.write_csv(path, separator="\t")
    elif name.endswith("jsonl"):
        frame.write_ndjson(path)
    elif name.endswith("json"):
        frame.write_json(path)
    else:
        frame.write_csv(path, separator=";")
    return path


@pytest.mark.parametrize("name", ["a.parquet", "a.tsv", "a.jsonl", "a.json", "a.csv"])
def test_a_column_for_each_target_is_read_from_every_kind_of_file(tmp_path, name):
    assert read_marks("table", saved(tmp_path, name), task="mabsa")[0] == WIDE


def test_a_workbook_is_read(tmp_path):
    pytest.importorskip("fastexcel", reason="needs the extra excel")
    assert read_marks("table", write(tmp_path, "a.xlsx", workbook()), task="mabsa")[0] == WIDE


def workbook() -> bytes:
    """A workbook with ROWS, as little of it as a reader needs."""
    import io
    import zipfile

    cells = [list(ROWS[0]), *(list(row.values()) for row in ROWS)]
    sheet = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell or ""}</t></is></c>' for cell in row) + "</row>"
        for row in cells
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml."
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}relationships"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out_from_the_header(tmp_path, mark):
    text = f"text{mark}food\nGood soup.{mark}positive\n"
    assert read_marks("table", write(tmp_path, "a.csv", text), task="mabsa")[0] == [[("food", "positive")]]


def test_rows_of_one_id_are_one_record_in_a_long_table_of_labels(tmp_path):
    text = "id,text,aspect,sentiment\nr1,Good.,food,positive\nr1,Good.,place,-1\nr2,So.,,\n"
    found, rejects, _ = read_marks("table", write(tmp_path, "a.csv", text), task="mabsa", labels={"-1": "negative"})
    assert (found, rejects) == ([[("food", "positive"), ("place", "negative")], []], [])


def test_a_long_table_of_mentions_takes_offsets(tmp_path):
    text = "id,text,target,start,end\na1,Ana met Bo.,PER,0,3\na1,Ana met Bo.,PER,8,10\na2,It rained.,,,\n"
    assert read_marks("table", write(tmp_path, "a.csv", text), task="ner")[0] == [[("PER", "Ana"), ("PER", "Bo")], []]


def test_a_long_row_without_label_or_of_another_text_rejects_its_record(tmp_path):
    text = (
        "id,text,aspect,sentiment\nr1,Good.,food,positive\nr1,Bad.,place,positive\nr2,So.,food,\nr3,Ok.,food,positive\n"
    )
    found, rejects, _ = read_marks("table", write(tmp_path, "a.csv", text), task="mabsa")
    assert (len(found), rejects) == (
        1,
        ["rows of one id have different texts", "'food' has neither a label nor offsets"],
    )


def test_a_file_that_is_no_parquet_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"a.parquet: cannot be read as a table"):
        read("table", write(tmp_path, "a.parquet", "no"), task="mabsa")
