"""Reads Bicep files: declarations become plain Python values.

Objects become dicts, arrays become lists, and variables are replaced by their values. Whatever only Azure can evaluate
becomes an Expression, or remains as `${…}` within a string.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

INFRA = Path(__file__).resolve().parents[2] / "infra"
BICEP = INFRA / "bicep"
MODULES = sorted((BICEP / "modules").glob("*.bicep"))
FILES = [BICEP / "main.bicep", *MODULES]
DOMAIN = sorted((INFRA / "domain").glob("*.bicep"))
"""The templates that infra/custom-domain.sh deploys."""

_PARSER = Parser(Language(tree_sitter_bicep.language()))


@dataclass(frozen=True)
class Expression:
    """Something that only Azure can evaluate, as it appears in the file."""

    text: str


@dataclass(frozen=True)
class Resource:
    """A resource declaration: its symbol, its type without the version, and its body."""

    symbol: str
    type: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Template:
    """One file."""

    path: Path
    root: Node
    variables: dict[str, Any]

    def resources(self, type_: str = "") -> list[Resource]:
        """All resources, or those of one type."""
        found = [self._resource(node) for node in self.root.named_children if node.type == "resource_declaration"]
        return [resource for resource in found if type_ in ("", resource.type)]

    def resource(self, type_: str) -> dict[str, Any]:
        """The body of the only resource of a type."""
        [found] = self.resources(type_)
        return found.body

    def names(self, kind: str) -> list[str]:
        """The declarations of one kind: `parameter`, `output`, `module` or `variable`."""
        return [_symbol(node) for node in self.root.named_children if node.type == f"{kind}_declaration"]

    def strings(self) -> Iterator[str]:
        """Every string in the file."""
        return (_text(node)[1:-1] for node in _walk(self.root) if node.type == "string")

    def syntax_errors(self) -> list[str]:
        """The places where the file is not valid Bicep."""
        return [
            f"{self.path.name}:{node.start_point[0] + 1}: {_text(node)[:40]}"
            for node in _walk(self.root)
            if node.type == "ERROR" or node.is_missing
        ]

    def _resource(self, node: Node) -> Resource:
        reference = next(_text(child)[1:-1] for child in node.named_children if child.type == "string")
        body = _value(_body(node), self.variables)
        return Resource(_symbol(node), reference.partition("@")[0], body)


@lru_cache
def load(path: Path) -> Template:
    """Read a file."""
    root = _PARSER.parse(path.read_bytes()).root_node
    variables: dict[str, Any] = {}
    for node in root.named_children:
        if node.type == "variable_declaration":
            variables[_symbol(node)] = _value(node.named_children[-1], variables)
    return Template(path, root, variables)


def _value(node: Node, variables: dict[str, Any]) -> Any:
    match node.type:
        case "object":
            return {_key(p, variables): _value(p.named_children[-1], variables) for p in _properties(node)}
        case "array":
            return [_value(item, variables) for item in node.named_children if item.type != "comment"]
        case "string":
            return "".join(_part(part, variables) for part in node.named_children)
        case "number":
            return int(_text(node))
        case "boolean":
            return _text(node) == "true"
        case "identifier" if _text(node) in variables:
            return variables[_text(node)]
    return Expression(_text(node))


def _part(node: Node, variables: dict[str, Any]) -> str:
    if node.type != "interpolation":
        return _text(node)
    value = _value(node.named_children[0], variables)
    return value if isinstance(value, str) else _text(node)


def _properties(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type == "object_property"]


def _key(prop: Node, variables: dict[str, Any]) -> str:
    key = prop.named_children[0]
    return str(_value(key, variables)) if key.type == "string" else _text(key)


def _body(node: Node) -> Node:
    """The object that a declaration contains, inside any `if` and `for`."""
    for child in reversed(node.named_children):
        if child.type == "object":
            return child
        if child.type in ("if_statement", "for_statement"):
            return _body(child)
    raise ValueError(f"no body in {_text(node)[:60]}")


def _symbol(node: Node) -> str:
    return next(_text(child) for child in node.named_children if child.type == "identifier")


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _text(node: Node) -> str:
    return (node.text or b"").decode()
