"""score --csv: a row for each sample, for spreadsheets.

pytest tests/scoring/test_sample_table.py
"""

from __future__ import annotations

import csv
import json

from click.testing import CliRunner

from sde_datasets.cli.main import main

ROWS = [
    {"id": "a", "completion": "'DNA': 'IL-2 gene'\n'RNA': ''", "prediction": "'DNA': 'IL-2 gene'\n'RNA': ''"},
    {"id": "b", "completion": "'DNA': 'x', 'y'\n'RNA': ''", "prediction": "- DNA: x\n- Virus: 基因"},
    {"id": "=1+1", "completion": "'DNA': ''\n'RNA': ''", "prediction": ""},
]


def table(tmp_path) -> list[dict[str, str]]:
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    (tmp_path / "schema.json").write_text(json.dumps({"task": "ner", "targets": ["DNA", "RNA"]}), "utf-8")
    asked = ["score", "p.jsonl", "--design", "lines-text", "--schema", "schema.json", "--csv", "new/t.csv", "--quiet"]
    asked = [str(tmp_path / word) if "." in word else word for word in asked]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 0, result.output
    with (tmp_path / "new" / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_each_sample_has_a_row_with_gold_and_what_was_read(tmp_path):
    first, second, third = table(tmp_path)
    assert (first["id"], first["right"], first["errors"], first["defects"]) == ("a", "1", "0", "")
    assert first["gold"] == first["read"] == "DNA: IL-2 gene"
    assert (second["right"], second["errors"], second["format_error"]) == ("0", "2", "1")
    assert (second["gold"], second["read"]) == ("DNA: x, y", "DNA: x; Virus: 基因")
    assert "other_format" in second["defects"] and second["completion"] == ROWS[1]["completion"]
    assert (third["unusable"], third["defects"], third["answer"]) == ("1", "empty", "")


def test_no_cell_is_a_formula_and_the_encoding_is_marked(tmp_path):
    rows = table(tmp_path)
    assert rows[2]["id"] == "'=1+1" and rows[1]["answer"] == "'" + ROWS[1]["prediction"]
    assert (tmp_path / "new" / "t.csv").read_bytes().startswith(b"\xef\xbb\xbf")
