r"""CoNLL columns: one token per line with its tags (IOB1, IOB2, BIOES, BILOU); several tag columns are nested mentions.

    -DOCSTART- -X- O O

    U.N.      NNP  I-NP  B-ORG
    official  NN   I-NP  O

    #	https://de.wikipedia.org/... [2009-10-17]
    1	Schartau	B-PER	O
    2	sagte	O	O
    3	dem	O	O
    4	Münchner	B-LOCderiv	B-ORG

Rules
- Columns are separated by tabs if a line has one, else by blanks; a token in a column of tabs may hold blanks. The tag
  columns are the last ones in which every value is a tag; each is a layer of its own, so mentions may nest. The token
  is the first column, or the second if the first numbers the tokens. Options: `token` and `tags` give the columns,
  counted from 1: token = 2, tags = "3,4".
- A mention begins at B, S, U, and at I, E, L (and M) where the token before is O, ends a mention or has another type:
  so IOB1 and files with missing B- are read, too.
- An empty line ends a sentence. A line of `#` that is not a token with tags is a comment; `# newdoc id = X` and
  `-DOCSTART-` begin a document. Line ends may be CRLF.
- The text is the tokens joined by a blank; in Chinese, Japanese and Thai by nothing. detokenise = "yes" leaves out the
  blanks before closing and after opening punctuation. In each case the offsets of a token hold that token.
- The id is `<file stem>-<line>`. A sentence with a tag that is none, or with a line of other columns, is rejected.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from sde_builders import looks
from sde_builders.drafts import Draft, Form, Mark, drafts_builder
from sde_builders.iob_tags import mentions_of_tags
from sde_builders.token_places import joined
from sde_datasets.errors import InputError, UsageError
from sde_datasets.ingest.builder import ReadContext
from sde_datasets.records.record import Reject, Span

FILES = ("*.conll", "*.conll03", "*.iob", "*.iob2", "*.bio", "*.bioes", "*.tsv", "*.txt")
DOCSTART = "-DOCSTART-"
_TAG = re.compile(r"O|[BIESLUM]-.+")
_NEW_DOCUMENT = re.compile(r"#\s*newdoc(?:\s+id\s*=\s*(.+))?")
_UNSPACED = ("zh", "ja", "th")
_CLOSING = re.compile(r"[.,;:!?%)\]}…»”’]+|'(?:s|m|re|ve|ll|d)|n't", re.IGNORECASE)
_OPENING = re.compile(r"[(\[{«“‘¿¡$€£]+")
_LOOK = 1000


class _Columns(NamedTuple):
    """The columns of a file, counted from 0; width: the number of all columns."""

    token: int
    tags: tuple[int, ...]
    width: int


def drafts(context: ReadContext, name: str) -> Iterator[Draft | Reject]:
    """The sentences of one file. Raises InputError for a file without a column of tags."""
    columns, location = _columns(context, name), context.source.location(name)
    document, documents = None, 0
    for line, kind, rows in _sentences(context, name, columns):
        if kind:
            documents += 1
            document = rows[0][0] or f"{location}-{documents}"
            continue
        try:
            yield _draft(context, columns, rows, line, document)
        except ValueError as error:
            yield Reject(location, line, str(error))


def _draft(context: ReadContext, columns: _Columns, rows: list[list[str]], line: int, document: str | None) -> Draft:
    """The draft of a sentence. Raises ValueError for a line of another width or with something that is not a tag."""
    for number, row in enumerate(rows):
        if len(row) != columns.width:
            raise ValueError(f"token {number + 1} has {len(row)} columns, the file has {columns.width}")
    text, places = spaced(context, [row[columns.token] for row in rows])
    marks = []
    for column in columns.tags:
        tags = [row[column].replace("M-", "I-", 1) if row[column].startswith("M-") else row[column] for row in rows]
        found = mentions_of_tags(text, places, tags)
        marks += [Mark(annotation.target, spans=annotation.spans, mention=annotation.mention) for annotation in found]
    return Draft(text, marks, line, document=document)


def spaced(context: ReadContext, tokens: list[str]) -> tuple[str, list[Span]]:
    """The text of tokens and the span of each, by the option `detokenise` and the language. Raises ValueError."""
    if not all(tokens):
        raise ValueError("a token is empty")
    wanted = str(context.options.get("detokenise", "no"))
    if wanted not in ("yes", "no"):
        raise UsageError(f"detokenise is {wanted!r}. Known: yes, no.")
    if wanted == "no" and context.language not in _UNSPACED:
        return joined(tokens)
    places, text = list[Span](), ""
    for at, token in enumerate(tokens):
        closes = wanted == "yes" and at > 0 and (_CLOSING.fullmatch(token) or _OPENING.fullmatch(tokens[at - 1]))
        text += "" if at == 0 or closes or context.language in _UNSPACED else " "
        places.append((len(text), len(text) + len(token)))
        text += token
    return text, places


def _split(line: str) -> list[str]:
    return line.split("\t") if "\t" in line else line.split()


def _is_comment(line: str, columns: _Columns | None) -> bool:
    if not line.startswith("#"):
        return False
    fields = _split(line)
    if columns is None:
        return len(fields) < 2 or not _TAG.fullmatch(fields[-1])
    return len(fields) != columns.width or not all(_TAG.fullmatch(fields[tag]) for tag in columns.tags)


def _sentences(
    context: ReadContext, name: str, columns: _Columns | None
) -> Iterator[tuple[int, bool, list[list[str]]]]:
    """Yield the first line and the rows of each sentence; or, marked by True, the name of a document that begins."""
    rows: list[list[str]] = []
    start = 0
    for number, raw in enumerate(context.source.lines(name), 1):
        line = raw.rstrip("\r\n")
        # nearly every line is a token, which is known by its first character
        if (first := line[:1]) and first not in "#-" and not first.isspace():
            start = start or number
            rows.append(_split(line))
            continue
        is_start, new = line.startswith(DOCSTART), _NEW_DOCUMENT.fullmatch(line.strip())
        comment = not is_start and not new and _is_comment(line, columns)
        if line.strip() and not (is_start or new or comment):
            start = start or number
            rows.append(_split(line))
            continue
        if rows and not comment:
            yield start, False, rows
        if not comment:
            rows, start = [], 0
        if is_start or new:
            yield number, True, [[(new[1] or "").strip() if new else ""]]
    if rows:
        yield start, False, rows


def _columns(context: ReadContext, name: str) -> _Columns:
    """The columns of a file, by the options or by its first sentences. Raises InputError, UsageError."""
    silent, location = replace(context, notes=Counter()), context.source.location(name)
    found = islice((rows for _, kind, rows in _sentences(silent, name, None) if not kind), _LOOK)
    looked = [row for rows in found for row in rows]
    width = Counter(map(len, looked)).most_common(1)
    if not width:
        raise InputError(location, "holds no sentence", "See sde-datasets corpora conll.")
    count = width[0][0]
    held = [row for row in looked if len(row) == count]
    given_token, given_tags = context.options.get("token"), context.options.get("tags")
    tags = _numbers(given_tags, count, "tags") if given_tags else _tag_columns(held, count)
    if not tags:
        last = ", ".join(repr(row[-1][:20]) for row in held[:5])
        hint = 'A tag is O, or a letter of BIESLU with a type: B-PER. Name the columns: tags = "3,4" in the plan.'
        raise InputError(location, f"has no column of tags; the last column holds {last}", hint)
    numbered = tags[0] > 1 and all(row[0].isdecimal() for row in held)
    token = _numbers(given_token, count, "token")[0] if given_token else int(numbered)
    return _Columns(token, tags, count)


def _tag_columns(rows: list[list[str]], width: int) -> tuple[int, ...]:
    """The last columns in which nearly every value is a tag and one is not O; layers of O alone do not count alone."""
    found: list[int] = []
    for column in range(width - 1, 0, -1):
        # a broken tag is an error of its sentence, not a sign that the column holds something else
        if sum(bool(_TAG.fullmatch(row[column])) for row in rows) < 0.9 * len(rows):
            break
        found.append(column)
    # the chunks of CoNLL-2003 are not mentions of its entities
    chunks = [c for c in found if any(row[c][2:] in ("NP", "VP", "PP") for row in rows)]
    return tuple(sorted(column for column in found if column not in chunks or len(chunks) == len(found)))


def _numbers(given: object, width: int, option: str) -> tuple[int, ...]:
    """Columns that an option gives, counted from 0. Raises UsageError for anything but numbers of columns."""
    words = [word.strip() for word in str(given).split(",")]
    if not all(word.isdecimal() and 1 <= int(word) <= width for word in words):
        raise UsageError(f"{option} is {given!r}. Give columns from 1 to {width}, such as 3 or 3,4.")
    return tuple(int(word) - 1 for word in words)


FORM = Form(FILES, drafts, own_ids=False)
BUILDER = drafts_builder(
    __name__, "conll", "ner", FORM, tasks=("ed",), options=("token", "tags", "detokenise"), recognise=looks.conll
)
