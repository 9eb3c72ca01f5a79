"""`python -m dev.layers`: the folders in shared/ as layers, calculated from the imports in the code. A folder may only
import folders above it.

Prints a line for each folder, leaves first, with its level, its name and the folders that it imports. If there is a
cycle, prints the cycle and exits with code 1. tests/conformance/test_imports.py enforces the order.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "shared"

Graph = Mapping[str, set[str]]
"""An import graph of modules or folders, as name → imported names. A module directly in shared/ counts as a folder.
"""


def imports(root: Path = ROOT) -> dict[str, set[str]]:
    """The import graph of folders, including imports inside functions."""
    graph: defaultdict[str, set[str]] = defaultdict(set)
    for name, targets in module_imports(root).items():
        folder = folder_of(name)
        graph[folder] |= {folder_of(target) for target in targets} - {folder, PACKAGE}
    del graph[PACKAGE]
    return dict(graph)


def module_imports(root: Path = ROOT) -> dict[str, set[str]]:
    """The import graph of modules, including imports for type checking. A package's `__init__` is included if it
    defines the imported name.
    """
    modules = {_name(path, root): path for path in sorted((root / PACKAGE).rglob("*.py"))}
    return {name: {each for each in _imported(path, modules) if each != name} for name, path in modules.items()}


def folder_of(module: str) -> str:
    """The folder of a module in shared/, such as mailboxes for shared.mailboxes.graph.client, or errors for
    shared.errors.
    """
    return ".".join(module.split(".")[1:2]) or PACKAGE


def levels(graph: Graph) -> dict[str, int]:
    """The level of each folder: 0 for a leaf, otherwise one more than the highest imported level. Raises Circle."""
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
    """Some folders import each other in a cycle. The message shows the cycle."""

    def __init__(self, folders: list[str]) -> None:
        super().__init__(" → ".join(folders))


def _name(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def _imported(path: Path, modules: Container[str]) -> Iterator[str]:
    """The modules that a file imports. `from a import b` imports a.b if it is a module, otherwise a."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module in modules:
            package = node.module
            inner = (f"{package}.{alias.name}" for alias in node.names)
            yield from (each if each in modules else package for each in inner)


def main() -> None:
    """Run the command line."""
    graph = imports()
    try:
        standing = levels(graph)
    except Circle as circle:
        sys.exit(f"A circle: {circle}")
    for folder in sorted(standing, key=lambda each: (standing[each], each)):
        print(f"{standing[folder]:2}  {folder:16} {' '.join(sorted(graph[folder]))}")


if __name__ == "__main__":
    main()
