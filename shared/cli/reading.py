"""Reads integrations from YAML or JSON, and remembers the line of every field.

A file contains one integration or a list of them, with the management API's field names. Duplicate keys are rejected.
`!env NAME`, or `{from_env: NAME}` where tags cannot be written, stands for an environment variable's value. Anchors,
aliases and merge keys (`<<: *base`) work, so that integrations in one file can share text.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from shared.cli.faults import Fault, FileRefused
from shared.integrations.syntax import quoted

STDIN = Path("-")

_TEXT = "tag:yaml.org,2002:str"
_LIST = "tag:yaml.org,2002:seq"
_MAPPING = "tag:yaml.org,2002:map"
_MERGE = "tag:yaml.org,2002:merge"
_WHERE = re.compile(r"(line|entry) ([0-9]{1,6}): ", re.IGNORECASE)


@dataclass(frozen=True)
class FromEnvironment:
    """Stands in for the value of an environment variable."""

    name: str


@dataclass(frozen=True)
class Place:
    """The position of a field: the line of its name, the first line of its text (in a `|` block), and the lines of its
    list entries.
    """

    line: int
    text: int | None = None
    entries: tuple[int, ...] = ()

    def of(self, message: str) -> int:
        """The line of a problem. Messages may begin with "line 3: " (in a string) or "Entry 2: " (in a list)."""
        found = _WHERE.match(message)
        if found is None:
            return self.line
        number = int(found[2])
        if found[1].lower() == "line":
            return self.line if self.text is None else self.text + number - 1
        return self.entries[number - 1] if 0 < number <= len(self.entries) else self.line


@dataclass(frozen=True)
class Entry:
    """One integration in a file: its fields as written, and their lines.

    `variables` contains the environment variables that values came from, keyed by field. Such values are never printed.
    """

    file: str
    line: int
    fields: Mapping[str, Any]
    places: Mapping[str, Place] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)

    def fault(self, name: str, message: str) -> Fault:
        """A problem with a field; if the field is not in the file, the line is the integration's first line."""
        place = self.places.get(name)
        if name in self.variables:
            message = message.replace(quoted(str(self.fields[name])), f"the value of {self.variables[name]}")
        return Fault(self.file, place.of(message) if place else self.line, name.replace("__all__", ""), message)

    def faults(self, found: Mapping[str, list[str]]) -> list[Fault]:
        """Problems, keyed by field, as reported by the settings' checks and the management API."""
        return [self.fault(name, message) for name, messages in found.items() for message in messages]


def read(path: Path) -> list[Entry]:
    """The integrations in a file, or in standard input for `-`. Raises FileRefused."""
    name = "<stdin>" if path == STDIN else str(path)
    try:
        data = sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
        return parse(name, data.decode("utf-8-sig"))
    except OSError as error:
        raise FileRefused([Fault(name, 1, "", f"cannot be read: {error.strerror}.")]) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileRefused([Fault(name, line, "", "is not encoded in UTF-8. Save it in that encoding.")]) from error


def parse(name: str, text: str) -> list[Entry]:
    """The integrations in a file's text; messages call the file `name`. Raises FileRefused."""
    try:
        values = _json(text)
        # JSON strings cannot contain tabs, and outside strings YAML accepts them only in some places.
        root = YAML(typ="safe", pure=True).compose(text if values is None else text.replace("\t", " "))
        nodes = _integrations(root, name)
        for node in _below(nodes):
            _refuse_duplicates(node, name)
        values = _yaml(text) if values is None else values
    except YAMLError as error:
        raise FileRefused([_unreadable(name, error)]) from error
    except RecursionError as error:
        raise FileRefused([Fault(name, 1, "", "is nested too deeply.")]) from error
    except ValueError as error:  # a number with thousands of digits
        raise FileRefused([Fault(name, 1, "", f"contains a value that cannot be read: {error}.")]) from error
    written = values if isinstance(values, list) else [values]
    return [
        Entry(name, _line(node), {key: _variable(value) for key, value in fields.items()}, _places(node))
        for node, fields in zip(nodes, written, strict=True)
    ]


class _Constructor(SafeConstructor):
    """YAML's safe types and `!env`."""


def _construct_variable(_: SafeConstructor, node: Node) -> FromEnvironment:
    if not isinstance(node, ScalarNode) or not node.value:
        raise ConstructorError(problem="!env needs the name of an environment variable", problem_mark=node.start_mark)
    return FromEnvironment(str(node.value))


_Constructor.add_constructor("!env", _construct_variable)


def _json(text: str) -> Any:
    """The value of a JSON text. None if the text is not JSON, or is `null`, which contains no integration either."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return None


def _yaml(text: str) -> Any:
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Constructor
    return yaml.load(text)


def _variable(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {"from_env"}:
        return FromEnvironment(str(value["from_env"]))
    return value


def _integrations(root: Node | None, name: str) -> list[MappingNode]:
    """The mappings, one for each integration. Raises FileRefused if there is anything else."""
    nodes = root.value if root and root.tag == _LIST else [root] if root else []
    faults = [
        Fault(name, _line(node), "", "must be an integration's settings, such as `name: Example Corp`.")
        for node in nodes
        if node.tag != _MAPPING
    ]
    if root is None:
        faults = [Fault(name, 1, "", "is empty: it should contain one integration or a list of them.")]
    if faults:
        raise FileRefused(faults)
    return list(nodes)


def _below(nodes: Iterable[Node]) -> Iterator[Node]:
    """Every node once, even if several aliases refer to it or aliases form a cycle."""
    waiting, seen = list(nodes), set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, MappingNode):
            waiting += [value for _, value in node.value]
        elif isinstance(node, SequenceNode):
            waiting += node.value


def _refuse_duplicates(node: Node, name: str) -> None:
    """Raise FileRefused for keys of a mapping that are duplicated or not strings."""
    seen: dict[str, int] = {}
    for key, _ in node.value if isinstance(node, MappingNode) else ():
        if not isinstance(key, ScalarNode) or key.tag not in (_TEXT, _MERGE):
            raise FileRefused([Fault(name, _line(key), "", "a field's name must be a string.")])
        if key.value in seen:
            message = f"already occurs in line {seen[key.value]}. Delete one of them."
            raise FileRefused([Fault(name, _line(key), key.value, message)])
        seen[key.value] = _line(key)


def _places(node: MappingNode) -> dict[str, Place]:
    """The position of each field of an integration; for a merged field, the place that it was merged from."""
    found: dict[str, Place] = {}
    for key, value in node.value:
        if key.tag == _MERGE:
            sources = value.value if isinstance(value, SequenceNode) else [value]
            for source in reversed(sources):  # if there are several, the first one counts
                found |= _places(source) if isinstance(source, MappingNode) else {}
    return found | {key.value: _place(key, value) for key, value in node.value if key.tag != _MERGE}


def _place(key: Node, value: Node) -> Place:
    is_block = isinstance(value, ScalarNode) and value.style == "|"
    entries = tuple(map(_line, value.value)) if isinstance(value, SequenceNode) else ()
    return Place(_line(key), _line(value) + 1 if is_block else None, entries)


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _unreadable(name: str, error: YAMLError) -> Fault:
    """What the parser found wrong. Its full message is left out, because it quotes the file and may contain secrets."""
    mark = error.problem_mark or error.context_mark if isinstance(error, MarkedYAMLError) else None
    problem = error.problem if isinstance(error, MarkedYAMLError) else "it contains control characters"
    return Fault(name, mark.line + 1 if mark else 1, "", f"is neither valid YAML nor valid JSON: {problem}.")
