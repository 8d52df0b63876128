"""Take lists and maps of any shape as items: pairs in either order, maps of targets, objects with other keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sde_datasets.formats.lenient.literals import Node
from sde_datasets.formats.matcher import folded
from sde_datasets.formats.parse_state import ParseState
from sde_datasets.formats.parser_context import ParserContext

_TARGET_KEYS = {
    "label": "aspect category aspectcategory target entity feature topic attribute name 方面 类别 维度 属性 评价对象",
    "mention": "type entitytype eventtype category class label tag kind 类型 实体类型 事件类型 类别 标签",
}
_VALUE_KEYS = {
    "label": "sentiment polarity label value opinion rating sentimentpolarity sentimentlabel "
    "情感 极性 情感极性 情感倾向 标签 评价",
    "mention": "text name names entity entities entityname entitynames entitytext "
    "mention mentions value values "
    "span spans "
    "word words surface trigger triggers triggerword triggerwords event events 实体 实体名 实体名称 名称 触发词 文本",
}
# keys of objects that name no target
_OTHER_KEYS = (
    "answer aspects comment confidence context description end evidence explanation id index note offset output reason "
    "reasoning result results score sentence sentiments source start thought"
)
_NO_TARGETS = frozenset(_OTHER_KEYS.split())
_COLON = re.compile(r"[:：]|->|→| - ")


class Shapes:
    """Adds the items in parsed values to a state."""

    def __init__(self, context: ParserContext) -> None:
        schema = context.schema
        self._schema, self._matcher, self._by_index = schema, context.matcher, context.by_index
        self._is_label_task = context.is_label_task
        # in a design with descriptions, the third string of a list need not be a name
        self._described = context.reasoning != "none"
        self._target_keys = frozenset(_TARGET_KEYS[schema.kind].split()) | {folded(schema.target_word)}
        self._value_keys = frozenset(_VALUE_KEYS[schema.kind].split()) | {folded(schema.value_word)}
        self.keys = (self._target_keys, self._value_keys)

    def take(self, node: Node, state: ParseState, lines: Callable[[str, int, ParseState], None]) -> None:
        """Add the items of a list or map. lines: parses a string that is an item."""
        if node.kind == "map":
            self._map(node, state, lines)
        elif node.kind == "list":
            self._list(node, state, lines)

    # names

    def _target(self, node: Node) -> str | None:
        """Return the target that a scalar names, without guessing; None for no target."""
        scalar = node.value
        if node.kind != "scalar" or isinstance(scalar, bool) or scalar is None:
            return None
        if self._by_index:
            index = (
                int(scalar)
                if isinstance(scalar, str) and len(scalar) < 10 and scalar.isascii() and scalar.isdigit()
                else scalar
            )
            if type(index) is int:
                return self._schema.targets[index] if 0 <= index < len(self._schema.targets) else None
        if type(scalar) is not str:
            return None
        return self._matcher.target(self._matcher.undecorated(scalar), guess=False)

    # maps

    def _map(self, node: Node, state: ParseState, lines) -> None:
        pairs = node.value
        if self._item(pairs, state):
            return
        if any(self._target(key) for key, _ in pairs):
            for key, value in pairs:
                self._pair(key, value, state)
        elif self._turned(pairs, state):
            return
        elif inner := [value for _, value in pairs if value.kind == "map" or _holds_nodes(value)]:
            for value in inner:
                self.take(value, state, lines)
        elif len(pairs) == 1 and pairs[0][1].kind == "list" and _colons(pairs[0][1]):
            self.take(pairs[0][1], state, lines)
        else:
            mentions = all(self._may_be_target(key) for key, _ in pairs)
            for key, value in pairs:
                self._unknown(key, value if mentions else None, state)

    def _item(self, pairs: list[tuple[Node, Node]], state: ParseState) -> bool:
        """Add an object whose keys tell clearly which value is the target."""
        if any(self._target(key) for key, _ in pairs):
            return False
        keys = [(folded(key.value) if isinstance(key.value, str) else "", value) for key, value in pairs]
        targets = [value for key, value in keys if key in self._target_keys]
        values = [value for key, value in keys if key in self._value_keys]
        own = folded(self._schema.target_word), folded(self._schema.value_word)
        if len(targets) > 1:
            targets = [v for k, v in keys if k == own[0]] or [v for v in targets if self._target(v)]
        values = [value for value in values if not any(value is target for target in targets)]
        if not targets and len(values) == 2:
            targets = [value for value in values if self._target(value)]
            values = [value for value in values if value not in targets]
        if len(values) > 1:
            values = [v for k, v in keys if k == own[1]] or values
        if len(targets) != 1 or len(values) != 1 or targets[0].kind != "scalar":
            return False
        self._pair(targets[0], values[0], state)
        return True

    def _turned(self, pairs: list[tuple[Node, Node]], state: ParseState) -> bool:
        """Add a map from names to types, or from labels to lists of aspects."""
        if not pairs:
            return False
        if not self._is_label_task:
            # the key of an object that is cut off, `{"entity_type": 0`, is no mention
            if all(self._target(value) and self._may_be_target(key) for key, value in pairs):
                for key, value in pairs:
                    self._pair(value, key, state)
                return True
            return False
        words = [self._matcher.label(key.value) if isinstance(key.value, str) else None for key, _ in pairs]
        members = [value.value if value.kind == "list" else [value] for _, value in pairs]
        if not all(words) or not all(self._target(member) for each in members for member in each):
            return False
        for (key, _), each in zip(pairs, members, strict=True):
            for member in each:
                self._pair(member, key, state)
        return True

    # lists

    def _list(self, node: Node, state: ParseState, lines) -> None:
        values = node.value
        scalars = [value for value in values if value.kind == "scalar"]
        if len(scalars) == len(values) and _colons(node):
            for value in values:
                lines(value.value, value.at, state)
        elif len(values) == 2 and self._two(values[0], values[1], state):
            return
        elif self._flat(values):
            for name, value in zip(values[::2], values[1::2], strict=True):
                self._pair(name, value, state)
        elif len(values) > 2 and len(scalars) == len(values) and self._target(values[0]):
            self._long(values, state)
        else:
            for value in values:
                if value.kind != "scalar":
                    self.take(value, state, lines)

    def _two(self, first: Node, second: Node, state: ParseState) -> bool:
        """Add a pair of target and value or, in mention tasks, of name and type."""
        if first.kind != "scalar":
            return False
        if self._target(first):
            self._pair(first, second, state)
        elif not self._is_label_task and self._target(second) and self._may_be_target(first):
            self._pair(second, first, state)
        elif second.kind == "scalar":
            self._unknown(first, second, state)
        return second.kind == "scalar" or self._target(first) is not None

    def _flat(self, values: list[Node]) -> bool:
        """True for alternating targets and values."""
        if len(values) < 4 or len(values) % 2:
            return False
        return all(map(self._target, values[::2])) and not any(map(self._target, values[1::2]))

    def _long(self, values: list[Node], state: ParseState) -> None:
        """Add a target with several names, or with a label among other words."""
        rest = values[1:]
        if not self._is_label_task:
            if not self._described and not any(map(self._target, rest)):
                self._pair(values[0], Node("list", rest[0].at, rest), state)
            return
        labels = [value for value in rest if self._label(value.value) == (True, True)]
        if len(labels) == 1:
            self._pair(values[0], labels[0], state)

    # pairs

    def _may_be_target(self, key: Node) -> bool:
        """True for a key that may name a target outside the schema: it has no other meaning."""
        name = folded(key.value) if isinstance(key.value, str) else ""
        return bool(name) and name not in _NO_TARGETS and name not in self._target_keys | self._value_keys

    def _unknown(self, key: Node, value: Node | None, state: ParseState) -> None:
        """Note a target outside the schema; in mention tasks, `value` is its mentions."""
        if not isinstance(key.value, str) or self._target(key) is not None:
            return
        state.resolve_target(key.value, key.at)
        if value is not None and self._may_be_target(key):
            state.add_unknown(key.value, [surface for surface, _ in self._surfaces(value)])

    def _pair(self, name: Node, value: Node, state: ParseState) -> None:
        target = self._target(name)
        if target is None:
            self._unknown(name, value, state)
            return
        state.resolve_target(target if self._by_index or name.value not in self._schema.index else name.value, name.at)
        if self._is_label_task:
            self._take_label(target, value, state)
        else:
            surfaces = [each for each in self._surfaces(value) if each[0]]
            state.add(target, surfaces or None, None, name.at)

    def _label(self, scalar: Any) -> tuple[bool, bool]:
        """Return whether a scalar is exactly a label, and whether it contains one."""
        if isinstance(scalar, bool) or not isinstance(scalar, (str, int)):
            return False, False
        word = self._matcher.label(str(scalar).strip(" *`"))
        return word is not None and word.start == 0 and word.end == len(str(scalar).strip(" *`")), word is not None

    def _take_label(self, target: str, value: Node, state: ParseState) -> None:
        inner = self._inner(value)
        if inner.kind == "list" and len(inner.value) == 1:
            inner = inner.value[0]
        if inner.kind == "scalar" and (inner.value is None or inner.value == ""):
            state.add_defect("reworded_label", inner.at, target)
            state.add(target, None, None, inner.at)
            return
        scalar = inner.value if inner.kind == "scalar" and not isinstance(inner.value, bool) else None
        word = self._matcher.label(str(scalar).strip(" *`")) if scalar is not None else None
        if word is None:
            state.add_defect("unknown_label", inner.at, target)
            return
        if word.reworded:
            state.add_defect("reworded_label", inner.at, target)
        state.add(target, None if word.label == self._schema.placeholder else word.label, None, inner.at)

    def _inner(self, node: Node) -> Node:
        """The value in an object that takes the place of a value."""
        if node.kind != "map":
            return node
        inner = [
            value for key, value in node.value if isinstance(key.value, str) and folded(key.value) in self._value_keys
        ]
        return inner[0] if len(inner) == 1 else node

    def _surfaces(self, node: Node) -> list[tuple[str, int]]:
        """The names in a value: a string, a list of strings, or objects with one name each."""
        node = self._inner(node)
        if node.kind == "list":
            return [pair for each in node.value for pair in self._surfaces(each) if each.kind != "list"]
        return [(node.value, node.at)] if type(node.value) is str and node.kind == "scalar" else []


def _holds_nodes(node: Node) -> bool:
    return node.kind == "list" and any(each.kind != "scalar" for each in node.value)


def _colons(node: Node) -> bool:
    """True for a list of strings that are items, with a colon each."""
    return bool(node.value) and all(
        each.kind == "scalar" and isinstance(each.value, str) and _COLON.search(each.value) for each in node.value
    )
