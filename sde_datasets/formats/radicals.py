"""Radicals that look like Chinese characters; texts from PDF files use them in place of the characters."""

from __future__ import annotations

import unicodedata

# CJK Radicals Supplement -> the character (Unicode's EquivalentUnifiedIdeograph); NFKC maps the Kangxi radicals alone
_PAIRS = (
    "⺁厂⺃乚⺈刀⺋㔾⺌小⺍小⺒巳⺓幺⺜日⺝月⺞歹⺟母⺠民⺧牛⺩王⺬示⺶羊⺷羊⺼肉⻁虎⻃覀⻄西⻅见⻆角⻈讠⻉贝⻋车⻓长⻔门⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食"
    "⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀⻳龟⻑長"
)
RADICALS = str.maketrans(_PAIRS[::2], _PAIRS[1::2])
# with the Kangxi radicals: character for character, for places where offsets must stay the same
ALL_RADICALS = RADICALS | {code: ord(unicodedata.normalize("NFKC", chr(code))) for code in range(0x2F00, 0x2FD6)}


def compatible(text: str) -> str:
    """Return a text after NFKC, with radicals replaced by characters."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(RADICALS)
