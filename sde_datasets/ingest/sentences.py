"""Split running text into sentences, in languages that end a sentence with . ! ? or 。！？

    Anna met Dr. Bo. “It rains.” We left.   ->   [Anna met Dr. Bo.][ “It rains.”][ We left.]

Rules
- A text is cut at ends of line, after 。！？, and after . ! ? … before a blank and an upper-case letter, a digit, a
  quote, a dash or a CJK character. Closing quotes and brackets stay with their sentence.
- There is no cut after an initial (A.), after a common abbreviation, or after a number that begins a line; after `no.`
  there is none before a number.
- There is no cut inside the spans that the caller keeps whole, such as the entities of a corpus.
- The sentences cover the text with all its white space, so some may be blank.
"""

from __future__ import annotations

import re
from itertools import pairwise

from sde_datasets.records.record import Span

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_CLOSING = "[\"'»”’“)\\]}〉》」』】）］]*"
_END = re.compile(
    rf"[\r\n]+|(?P<wide>[。！？][.!?…。！？]*{_CLOSING})|(?<![.!?…])(?P<stop>[.!?…]++){_CLOSING}(?=[^\S\r\n]+(?P<next>\S))"
)
_OPENS = re.compile(rf"[0-9\"'«“„‘‚\-–—{_CJK}「『]")
_WORD = re.compile(r"[^\W_]+\Z")
_SHORT = """
mr mrs ms dr prof rev gen col sgt capt lt st jr sr vs fig figs eq al etc approx inc ltd co corp dept
jan feb mar apr jun jul aug sep sept oct nov dec
гг вв др пр тыс млн млрд руб коп ул им пл просп стр ст рис см ср напр проф акад доц канд чл корр обл респ
"""
_ABBREVIATIONS = frozenset(_SHORT.split())
_BEFORE_NUMBER = frozenset({"no", "nos"})


def _is_end(match: re.Match[str], text: str) -> bool:
    """True if a match of _END ends a sentence."""
    if match["stop"] is None:
        return True
    if not (match["next"].isupper() or _OPENS.match(match["next"])):
        return False
    word = _WORD.search(text, max(0, match.start() - 20), match.start()) if match["stop"] == "." else None
    if word is None:
        return True
    if word[0].isdecimal():
        return word.start() > 0 and text[word.start() - 1] not in "\r\n"
    if word[0].casefold() in _BEFORE_NUMBER:
        return not match["next"].isdecimal()
    return len(word[0]) > 1 and word[0].casefold() not in _ABBREVIATIONS


def sentences(text: str, whole: list[Span]) -> list[Span]:
    """Spans that cover `text`, one for each sentence; none begins inside a span of `whole` (sorted)."""
    cuts, reach, at = [0], 0, 0
    for match in _END.finditer(text):
        if not _is_end(match, text):
            continue
        while at < len(whole) and whole[at][0] < match.end():
            reach = max(reach, whole[at][1])
            at += 1
        if reach <= match.end():
            cuts.append(match.end())
    if cuts[-1] < len(text):
        cuts.append(len(text))
    return list(pairwise(cuts))
