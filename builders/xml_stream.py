"""Read XML safely and in a stream: one element at a time, whatever the size of the file.

    <set>
      <note n="1">An <b>early</b> note.</note>
      <note n="2"/>
    </set>

`elements(source, "notes.xml", frozenset({"note"}))` yields the two notes. The first is
`Element("note", {"n": "1"}, 2, ["An ", Element("b", {}, 2, ["early"]), " note."])`.

Rules: a DOCTYPE is allowed, and nothing that it names is fetched. A file that declares an entity, or uses one that XML
itself does not define, is refused, and so are malformed XML and elements nested more than DEPTH deep, with their line.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple
from xml.parsers import expat

from sde_datasets.errors import InputError
from sde_datasets.ingest.sources import Source

DEPTH = 200
_CHUNK = 1 << 16


class Element(NamedTuple):
    """An element: its tag, its attributes, the line of its start tag, and its text and elements in document order."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list[str | Element]

    def text(self) -> str:
        """All text inside, unchanged and without tags."""
        return "".join([child if isinstance(child, str) else child.text() for child in self.children])

    def all(self, *tags: str) -> Iterator[Element]:
        """The outermost elements inside that have one of the tags, in document order."""
        for child in self.children:
            if isinstance(child, str):
                continue
            if child.tag in tags:
                yield child
            else:
                yield from child.all(*tags)


def elements(source: Source, name: str, wanted: frozenset[str]) -> Iterator[Element]:
    """Yield each outermost element of the file whose tag is in `wanted`; it is not kept after that.

    Raises InputError, naming file and line, for XML that is malformed, cut off or not safe.
    """
    reader = _Reader(source.location(name), wanted)
    for piece in source.chunks(name, _CHUNK):
        reader.feed(piece)
        while reader.ready:
            yield reader.ready.popleft()
    reader.feed(b"", last=True)
    yield from reader.ready


class _Reader:
    """Build the wanted elements from the events of the parser; `ready` holds those that are closed."""

    def __init__(self, location: str, wanted: frozenset[str]) -> None:
        self.location, self.wanted = location, wanted
        self.ready: deque[Element] = deque()
        self._open: list[Element] = []
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text, parser.buffer_size = True, 1 << 20
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._entity_declared
        parser.SkippedEntityHandler = self._entity_unknown

    def feed(self, piece: bytes, last: bool = False) -> None:
        try:
            self._parser.Parse(piece, last)
        except expat.ExpatError as error:
            what = expat.ErrorString(error.code)
            hint = "The file must be complete, well-formed XML in the encoding that it declares."
            raise InputError(f"{self.location}:{error.lineno}", f"is not XML ({what})", hint) from error
        except (LookupError, ValueError) as error:
            # raised by pyexpat for a declared encoding that it does not know
            raise self._wrong(f"declares an encoding that cannot be read ({error})", "Convert it to UTF-8.") from error

    def _wrong(self, what: str, hint: str) -> InputError:
        return InputError(f"{self.location}:{self._parser.CurrentLineNumber}", what, hint)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self._open and tag not in self.wanted:
            return
        if len(self._open) == DEPTH:
            raise self._wrong(f"elements are nested more than {DEPTH} deep", "Check that each is closed.")
        element = Element(tag, attributes, self._parser.CurrentLineNumber, [])
        if self._open:
            self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, tag: str) -> None:
        if not self._open:
            return
        element = self._open.pop()
        if not self._open:
            self.ready.append(element)

    def _characters(self, text: str) -> None:
        if not self._open:
            return
        children = self._open[-1].children
        if children and isinstance(children[-1], str):
            children[-1] += text
        else:
            children.append(text)

    def _entity_declared(self, name: str, *_: object) -> None:
        raise self._wrong(
            f"declares the entity {name!r}, which is not safe to read", "Write its text where it is used."
        )

    def _entity_unknown(self, name: str, _: bool) -> None:
        raise self._wrong(f"uses the entity {name!r}, which is not defined in it", "Write its text in its location.")
