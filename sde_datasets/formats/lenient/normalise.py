"""Rewrite text forms that models use to lines: bullets, bold names, tables, other separators, YAML.

Every rewriting keeps the length of the text, so that offsets in the result are offsets in the answer.
"""

from __future__ import annotations

import re
from functools import cached_property

from sde_datasets.formats.lenient.separators import LineForm, UnknownLines
from sde_datasets.formats.lenient.tables import table_lines
from sde_datasets.formats.matcher import folded
from sde_datasets.formats.parser_context import ParserContext

_BULLET = r"(?:[-*•·+>]|\d{1,3}[.)、]|[(（]\d{1,3}[)）]|\#{1,6})"
_OPEN, _CLOSE = r"[*_`\"'“‘\[(（【]{0,4}", r"[*_`\"'”’\])）】]{0,4}"
_KEY = r"[^\W\d][\w \-]{0,24}"
# `aspect: food, sentiment: positive`, also over two lines
_EDGE = r"[*_\"'`]{0,3}+"
_KEYED = re.compile(
    rf"(?P<lead>\A|\n|[,;，；][ \t]{{0,8}})(?P<before>[ \t]*+(?:{_BULLET}[ \t]++)?{_EDGE})"
    rf"(?P<key>{_KEY}){_EDGE}[ \t]{{0,8}}[:：]{_EDGE}[ \t]{{0,8}}"
    rf"(?P<first>[^\n,;:：，；|]{{1,200}})(?:[,;，；|][ \t]{{0,8}}|\n)[ \t]{{0,16}}(?:[-*•][ \t]{{1,8}})?{_EDGE}"
    rf"(?P<other>{_KEY}){_EDGE}[ \t]{{0,8}}[:：]{_EDGE}[ \t]{{0,8}}"
)
# a line of a list below a head without a value
_LISTED = re.compile(rf"\n[ \t]*{_BULLET}[ \t]+")
_DECORATED = re.compile(
    rf"(?P<lead>^[ \t]*+)(?P<bullet>{_BULLET}[ \t]+)?(?P<open>\*\*|__|`|\*)?(?P<name>[^*`\n:：|]{{1,80}}?)"
    r"(?P<close>\*\*|__|`|\*)?[ \t]{0,8}(?P<colon>[:：])(?P<after>\*\*|__)?",
    re.MULTILINE,
)
_MARKDOWN, _WRAPS = "*_`", "*_`[(（【"
# the name of a target outside the schema
_NAME = r"[^\W\d_][^\n:：|,;，；=>→]{0,39}?"
_PAIRS = {"[": "]", "(": ")", "（": "）", "【": "】", "{": "}"}


def _blank(text: str) -> str:
    return " " * len(text)


class Normaliser:
    """Rewrites an answer to items with colons."""

    def __init__(self, context: ParserContext, keys: tuple[frozenset[str], frozenset[str]]) -> None:
        """keys: the folded names of the keys under which an object has its target, and its value."""
        schema, matcher, by_index = context.schema, context.matcher, context.by_index
        self._matcher, self._is_label_task, self._by_index = matcher, context.is_label_task, by_index
        self._colon, self._quoted = schema.colon.strip(), schema.quoted
        self._target_keys, self._value_keys = keys
        longest_first = sorted(filter(None, matcher.names), key=len, reverse=True)
        self._names = r"\d{1,3}" if by_index else "|".join(map(_flexible, longest_first)) or r"(?!)"

    @cached_property
    def _head(self) -> re.Pattern[str]:
        return re.compile(
            rf"(?P<lead>(?:\A|[\n,;，；、。])[ \t]*)(?P<bullet>{_BULLET}[ \t]+)?"
            rf"(?P<open>{_OPEN})(?P<name>{self._names})"
            rf"(?P<close>{_CLOSE})"
            r"(?P<sep>[ \t]*(?:[:：]|->|→|=>|=)|[ \t]+[-–—~|][ \t]+|[ \t]+is[ \t]+|[ \t]*[(（])"
            r"(?P<after>[*_`]{0,3})",
            re.IGNORECASE,
        )

    @cached_property
    def _turned(self) -> re.Pattern[str]:
        return re.compile(
            rf"^(?P<lead>[ \t]*(?:{_BULLET}[ \t]+)?)(?P<phrase>[^\n:：|,;，；]{{1,200}}?)"
            r"(?P<sep>[ \t]*(?:[:：]|->|→|=>|=|[(（\[])|[ \t]+[-–—][ \t]+)"
            rf"[ \t*_`\"']{{0,8}}(?P<name>{self._names})[ \t*_`\"']{{0,8}}[)）\]]?[,;.]?[ \t]{{0,8}}$",
            re.IGNORECASE | re.MULTILINE,
        )

    @cached_property
    def _bracketed(self) -> re.Pattern[str]:
        return re.compile(
            r"(?P<lead>\A|[,;，；、\n])(?P<phrase>[^,;，；、\n()（）]{1,200}?)[ \t]{0,8}[(（\[]"
            rf"(?P<name>{self._names})[)）\]]",
            re.IGNORECASE,
        )

    def lines(self, text: str) -> str:
        """Return the text with its items as `target: value`; the same text where it has no known form."""
        text = table_lines(text, self._is_name, self._is_label, not self._is_label_task) if "|" in text else text
        text = _KEYED.sub(self._keyed, text)
        if not self._is_label_task:
            text = self._bracketed.sub(self._swap, self._turned.sub(self._swap, text))
        text = self._heads(text)
        return _DECORATED.sub(self._undecorate, text)

    def _is_name(self, text: str) -> bool:
        name = self._matcher.undecorated(text.strip())
        return bool(name) and self._matcher.target(name, guess=False) is not None

    def _is_label(self, text: str) -> bool:
        """True for a text that begins with a label; any text may be a mention, or a heading."""
        return self._is_label_task and self._matcher.begins_with_label(text.strip(_WRAPS))

    def _keyed(self, match: re.Match[str]) -> str:
        first, other = folded(match["key"]), folded(match["other"])
        whole, phrase = match[0], match["first"].strip()
        start = len(match["lead"])
        if first in self._target_keys and other in self._value_keys and not self._is_name(match["key"]):
            begin = match.start("first") - match.start()
            room = len(whole) - begin - len(phrase)
            item = phrase + self._colon + _blank(whole[: room - 1]) if room else phrase
            return match["lead"] + _blank(whole[start:begin]) + item[: len(whole) - begin]
        return whole

    def _swap(self, match: re.Match[str]) -> str:
        """Rewrite `name: type` and `name (type)` to `type: name`."""
        phrase = _without_markdown(match["phrase"].strip())
        if self._is_name(phrase) or not phrase.strip(_MARKDOWN + "'\"-"):
            return match[0]
        lead, rest = (match["lead"], match[0][len(match["lead"]) :])
        if lead.strip() and lead not in ",;，；、\n":
            lead = _blank(lead)
        mark = lead.replace(",", ";") if lead in (",", "，", "、") else lead
        return (mark + match["name"] + ":" + phrase).ljust(len(lead) + len(rest))

    # heads

    def _heads(self, text: str) -> str:
        parts, position = [], 0
        forms: dict[int, LineForm] = {}
        heads = list(self._head.finditer(text))
        for number, head in enumerate(heads):
            end = heads[number + 1].start() if number + 1 < len(heads) else len(text)
            value = text[head.end() : end]
            written = self._written(head, value)
            if written is None:
                continue
            parts += [
                text[position : head.start()],
                written,
                self._value(value, "(" in head["sep"] or "（" in head["sep"]),
            ]
            position = end
            if not self._is_label_task and head["lead"][:1] in ("", "\n", " ", "\t"):
                line = text.rfind("\n", 0, head.start("name")) + 1
                forms[line] = LineForm(head["sep"].strip(), bool(head["bullet"]))
        written = "".join([*parts, text[position:]])
        return self._unknown.rewritten(written, forms) if forms else written

    @cached_property
    def _unknown(self) -> UnknownLines:
        name = r"\d{1,3}" if self._by_index else _NAME
        return UnknownLines(_BULLET, (_OPEN, _CLOSE), self._colon, name)

    def _written(self, head: re.Match[str], value: str) -> str | None:
        """A head as a name with a colon; None where it is not a head."""
        sep, first = head["sep"].strip(), value.lstrip(" \t" + _WRAPS)
        plain = sep in (":", "：")
        if not plain and self._is_label_task and not self._matcher.begins_with_label(first.lstrip("\"'“‘")):
            return None
        if (
            not plain
            and not self._is_label_task
            and (sep == "is" or not first.strip() or head["lead"][:1] in (",", "，", "、"))
        ):
            return None
        opening, closing = head["open"], head["close"]
        if not _quotes(opening, closing) or opening.strip("\"'“”‘’"):
            opening, closing = _blank(opening), _blank(closing)
        colon = sep if plain else self._colon
        bullet = head["bullet"] or ""
        return (
            head["lead"].replace("、", "，" if self._is_label_task else "；")
            + _blank(bullet)
            + opening
            + head["name"]
            + closing
            + (colon.ljust(len(head["sep"])) if not plain else head["sep"])
            + (_blank(head["after"]) if self._is_label_task or _is_open(head) else head["after"])
        )

    def _value(self, value: str, bracketed: bool) -> str:
        """A value without brackets and Markdown around it; the lines of a list as values with commas."""
        if not value.split("\n", 1)[0].strip() and "\n" in value:
            value = self._listed(value)
        if self._is_label_task:
            return self._label(value, bracketed)
        line, feed, rest = value.partition("\n")
        core = line.strip().rstrip(",;")
        closing = ")" if bracketed and core.endswith(")") else "）" if bracketed and core.endswith("）") else ""
        if closing:
            at = line.rindex(closing)
            line = line[:at] + " " + line[at + 1 :]
        elif core == "[]" and self._quoted:
            line = line.replace("[]", "''", 1)
        elif len(core) > 1 and _PAIRS.get(core[0]) == core[-1] and core[0] in "[(（【":
            start = line.index(core[0])
            end = start + len(core) - 1
            line = line[:start] + " " + line[start + 1 : end] + " " + line[end + 1 :]
        return line + feed + rest

    def _label(self, value: str, bracketed: bool) -> str:
        begin = len(value) - len(value.lstrip(" \t\n" + _WRAPS))
        word = self._matcher.label(value[begin : begin + 200]) if begin or bracketed or value[-1:] in "*_`])" else None
        if word is None or word.start or not self._matcher.begins_with_label(value[begin:]):
            return value
        end = begin + word.end
        rest = value[end:]
        after = rest[: len(rest) - len(rest.lstrip("*_`])）】"))]
        return (
            value[:begin].translate(dict.fromkeys(map(ord, _WRAPS), " "))
            + value[begin:end]
            + _blank(after)
            + value[end + len(after) :]
        )

    def _listed(self, value: str) -> str:
        """Rewrite `\\n- a\\n- b` after a head to ` a, b`, and `\\n  sentiment: positive` to its value."""
        position, parts = len(value) - len(value.lstrip(" \t")), []
        keyed = re.compile(rf"\n[ \t]+(?:[-*][ \t]+)?({_KEY})[ \t]*[:：]").match(value, position)
        if keyed and folded(keyed[1]) in self._value_keys:
            parts.append(_blank(value[: keyed.end()]))
            position = keyed.end()
        else:
            parts.append(value[:position])
        comma = " "
        while item := _LISTED.match(value, position):
            end = value.find("\n", item.end())
            end = len(value) if end < 0 else end
            parts += [comma.ljust(item.end() - position), value[item.end() : end]]
            position, comma = end, ","
        return "".join([*parts, value[position:]])

    def _undecorate(self, match: re.Match[str]) -> str:
        """Remove a bullet or Markdown around a name that is not a target, so that a defect can name it."""
        if not (match["bullet"] or match["open"] or match["after"]):
            return match[0]
        opening, closing = match["open"] or "", match["close"] or ""
        before = match["lead"] + _blank(match["bullet"] or "") + _blank(opening) + match["name"] + _blank(closing)
        return (before + match[0][len(before) :][: -len(match["after"] or "") or None]).ljust(len(match[0]))


def _is_open(head: re.Match[str]) -> bool:
    """True for a head with Markdown before its name only: that after the colon closes it (`**DNA:** IL-2`)."""
    return not set(_MARKDOWN).isdisjoint(head["open"]) and set(_MARKDOWN).isdisjoint(head["close"])


def _without_markdown(phrase: str) -> str:
    mark = next((mark for mark in ("**", "__", "`", "*") if phrase.startswith(mark) and phrase.endswith(mark)), "")
    return phrase[len(mark) : -len(mark)] if mark and len(phrase) > 2 * len(mark) else phrase


def _quotes(opening: str, closing: str) -> bool:
    """True for the same kind of quote on both sides, or for none."""
    return (opening, closing) in (("", ""), ("'", "'"), ('"', '"'), ("“", "”"), ("‘", "’"))


def _flexible(name: str) -> str:
    """A pattern of a name and its plural, in which blanks, `_` and `-` are equal."""
    words = re.split(r"[\s_-]+", name)
    plural = "(?:s|es)?" if name[-1:].isascii() and name[-1:].isalpha() else ""
    after = r"(?![A-Za-z0-9])" if name[-1:].isascii() and name[-1:].isalnum() else ""
    return r"(?:\\?[ _-])?".join(map(re.escape, words)) + plural + after
