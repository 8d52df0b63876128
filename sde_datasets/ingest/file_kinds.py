"""Recognise files that are not UTF-8 text by their first bytes: Parquet, workbooks, compressed files, UTF-16."""

from __future__ import annotations

from sde_datasets.errors import InputError

# the first bytes of a file, its kind, and a hint
_KINDS = (
    (b"PAR1", "a Parquet file", "Write it as JSON lines, say with pandas: to_json(NEW, orient='records', lines=True)."),
    (b"ARROW1", "an Arrow file", "Write it as JSON lines or CSV."),
    (b"\x1f\x8b", "compressed with gzip", "Unpack it: gunzip FILE."),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard", "Unpack it: zstd -d FILE."),
    (b"BZh", "compressed with bzip2", "Unpack it: bunzip2 FILE."),
    (b"\xfd7zXZ\x00", "compressed with xz", "Unpack it: unxz FILE."),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it."),
    (b"\xd0\xcf\x11\xe0", "an old Office file (.xls or .doc)", "Save it as CSV (UTF-8)."),
    (b"%PDF-", "a PDF", "Only text can be read."),
    (b"SQLite format 3\x00", "an SQLite database", "Export the table as CSV."),
    (b"\xff\xfe", "UTF-16", "Convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW."),
    (b"\xfe\xff", "UTF-16", "Convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW."),
)
_ZIP = b"PK\x03\x04"
# the number of bytes that `check_text` reads
FIRST_BYTES = 300
# names of members with which an Office file begins; no other zip file holds them
_OFFICE = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/", b"mimetype")


def check_text(start: bytes, location: str) -> None:
    """Raise InputError, naming `location`, if the first bytes of a file show that it is not UTF-8 text."""
    for magic, what, hint in _KINDS:
        if start.startswith(magic):
            raise InputError(location, f"is {what}, not UTF-8 text", hint)
    if start.startswith(_ZIP):
        if any(part in start[:FIRST_BYTES] for part in _OFFICE):
            raise InputError(
                location, "is an Excel workbook or another Office file, not UTF-8 text", "Save it as CSV (UTF-8)."
            )
        raise InputError(location, "is a zip archive whose name does not end in .zip", "Rename it, or unpack it.")
