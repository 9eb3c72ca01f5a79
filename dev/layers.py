"""`python -m dev.layers`: the folders of shared/ as layers, from the real imports; each knows only those above it.

Prints a line for each folder, leaves first: its level, its name, what it imports. A circle is named and ends with exit
code 1. tests/conformance/test_imports.py holds the order.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "shared"

Graph = Mapping[str, set[str]]
"""What each folder, or module right below shared/, imports of the others; or each module."""


def imports(root: Path = ROOT) -> dict[str, set[str]]:
    """The graph of folders, in-function imports included."""
    graph: defaultdict[str, set[str]] = defaultdict(set)
    for name, targets in module_imports(root).items():
        folder = folder_of(name)
        graph[folder] |= {folder_of(target) for target in targets} - {folder, PACKAGE}
    del graph[PACKAGE]
    return dict(graph)


def module_imports(root: Path = ROOT) -> dict[str, set[str]]:
    """The graph of modules, those for type checking included. A package's `__init__` counts where a name is its own."""
    modules = {_name(path, root): path for path in sorted((root / PACKAGE).rglob("*.py"))}
    return {name: {each for each in _imported(path, modules) if each != name} for name, path in modules.items()}


def folder_of(module: str) -> str:
    """shared.mailboxes.graph.client → mailboxes; shared.errors → errors."""
    return ".".join(module.split(".")[1:2]) or PACKAGE


def levels(graph: Graph) -> dict[str, int]:
    """Each folder's level: a leaf at 0, others one above the highest that they import. Raises Circle."""
    found: dict[str, int] = {}

    def level(folder: str, path: tuple[str, ...]) -> int:
        if folder in path:
            raise Circle([*path[path.index(folder) :], folder])
        if folder not in found:
            found[folder] = max((level(each, (*path, folder)) + 1 for each in sorted(graph[folder])), default=0)
        return found[folder]

    for folder in sorted(graph):
        level(folder, ())
    return found


class Circle(Exception):
    """Folders that import each other; the message is the cycle."""

    def __init__(self, folders: list[str]) -> None:
        super().__init__(" → ".join(folders))


def _name(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def _imported(path: Path, modules: Container[str]) -> Iterator[str]:
    """The modules that a file imports; for `from a import b` a.b if that is one, a otherwise."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module in modules:
            package = node.module
            inner = (f"{package}.{alias.name}" for alias in node.names)
            yield from (each if each in modules else package for each in inner)


def main() -> None:
    """The command line."""
    graph = imports()
    try:
        standing = levels(graph)
    except Circle as circle:
        sys.exit(f"A circle: {circle}")
    for folder in sorted(standing, key=lambda each: (standing[each], each)):
        print(f"{standing[folder]:2}  {folder:16} {' '.join(sorted(graph[folder]))}")


if __name__ == "__main__":
    main()
