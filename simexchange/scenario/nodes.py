"""YAML as nodes that know their place. Nothing is resolved: every scalar stays the text that was written.

A scenario is data from anywhere, so: no tags, one document, no merge keys or other cleverness, and caps on size, depth,
nodes and aliases, all checked while the text is read and before anything is built from it.
"""

from collections.abc import Iterator
from typing import Any, Final, NoReturn, TypeAlias

import yaml
from msgspec import Struct

from simexchange.scenario.problems import Problem, ScenarioError, brief

LARGEST: Final = 1024 * 1024
"""Bytes of a scenario."""
DEEPEST: Final = 64
MOST_NODES: Final = 100_000
MOST_ALIASES: Final = 1_000
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Scalar(Struct, frozen=True):
    """``plain``: written without quotes, so that 0.01 is meant as a number."""

    line: int
    column: int
    text: str
    plain: bool

    @property
    def is_null(self) -> bool:
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")


class Sequence(Struct, frozen=True):
    line: int
    column: int
    items: tuple["Node", ...]


class Mapping(Struct, frozen=True):
    line: int
    column: int
    items: tuple[tuple[Scalar, "Node"], ...]


Node: TypeAlias = Scalar | Sequence | Mapping


def read_nodes(text: str) -> Node:
    """The one document of a text. Raises ScenarioError with the place of the first thing that is wrong."""
    if len(text) > LARGEST or len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        _fail(1, 1, f"the text is longer than {LARGEST} bytes, the most a scenario may have")
    try:
        return _Composer(yaml.parse(text, Loader=_LOADER)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        _fail(line, column, f"this is no YAML: {error.problem or error.context}")
    except (yaml.YAMLError, UnicodeError) as error:
        _fail(1, 1, f"this is no YAML: {str(error).splitlines()[0]}")


def plain_nodes(data: Any, depth: int = 1) -> Node:
    """Plain data (what JSON holds) as nodes; texts count as quoted. Raises ScenarioError for too deep a nesting."""
    if depth > DEEPEST:
        _fail(1, 1, f"nested deeper than {DEEPEST} levels")
    if isinstance(data, dict):
        pairs = ((Scalar(1, 1, str(key), False), plain_nodes(value, depth + 1)) for key, value in data.items())
        return Mapping(1, 1, tuple(pairs))
    if isinstance(data, list | tuple):
        return Sequence(1, 1, tuple(plain_nodes(item, depth + 1) for item in data))
    if data is None:
        return Scalar(1, 1, "", True)
    if isinstance(data, bool):
        return Scalar(1, 1, str(data).lower(), True)
    return Scalar(1, 1, str(data), not isinstance(data, str))


def _fail(line: int, column: int, what: str) -> NoReturn:
    raise ScenarioError([Problem("", what, line, column)])


class _Composer:
    """From the parser's events to nodes. ``_height`` is that of the node composed last, 1 for a scalar."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._anchors: dict[str, tuple[Node, int, int]] = {}
        self._aliases = 0
        self._nodes = 0
        self._height = 0

    def document(self) -> Node:
        events = self._events
        next(events)  # the start of the stream
        event = next(events)
        if isinstance(event, yaml.StreamEndEvent):
            _fail(1, 1, "the text is empty; a scenario has at least a version and a name")
        node = self._node(next(events), 1)
        next(events)  # the end of the document
        event = next(events)
        if not isinstance(event, yaml.StreamEndEvent):
            _fail(event.start_mark.line + 1, 1, "a second document begins here; a scenario is one")
        return node

    def _node(self, event: Any, depth: int) -> Node:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event.anchor, depth, line, column)
        if event.tag is not None and event.tag != "!":
            _fail(line, column, f"the tag {brief(event.tag)}: tags are not allowed in a scenario")
        before = self._nodes
        self._count(1, depth, line, column)
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = Scalar(line, column, event.value, event.style in (None, ""))
            self._height = 1
        elif isinstance(event, yaml.SequenceStartEvent):
            node = Sequence(line, column, self._items(depth + 1))
        else:
            node = Mapping(line, column, self._pairs(depth + 1))
        if event.anchor is not None:
            self._anchors[event.anchor] = node, self._nodes - before, self._height
        return node

    def _items(self, depth: int) -> tuple[Node, ...]:
        items, height = [], 0
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, depth))
            height = max(height, self._height)
        self._height = height + 1
        return tuple(items)

    def _pairs(self, depth: int) -> tuple[tuple[Scalar, Node], ...]:
        pairs: list[tuple[Scalar, Node]] = []
        seen: dict[str, int] = {}
        height = 0
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth)
            if not isinstance(key, Scalar):
                _fail(key.line, key.column, "the name of a field is a text")
            if key.text in seen:
                _fail(key.line, key.column, f"{brief(key.text)} is given twice; first in line {seen[key.text]}")
            seen[key.text] = key.line
            pairs.append((key, self._node(next(self._events), depth)))
            height = max(height, self._height)
        self._height = height + 1
        return tuple(pairs)

    def _alias(self, anchor: str | None, depth: int, line: int, column: int) -> Node:
        known = self._anchors.get(anchor or "")
        if known is None:
            _fail(line, column, f"there is no anchor {brief(anchor or '')} before this")
        self._aliases += 1
        if self._aliases > MOST_ALIASES:
            _fail(line, column, f"more than {MOST_ALIASES} aliases")
        node, size, self._height = known
        self._count(size, depth + self._height - 1, line, column)
        return node

    def _count(self, nodes: int, depth: int, line: int, column: int) -> None:
        if depth > DEEPEST:
            _fail(line, column, f"nested deeper than {DEEPEST} levels")
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            _fail(line, column, f"more than {MOST_NODES} values, aliases written out")
