"""The imports of each module, read from the source."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support import ROOT


def modules(place: str) -> list[Path]:
    path = ROOT / place
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


@cache
def imported(file: Path) -> frozenset[str]:
    """All modules that a file imports anywhere; `from a import b` also counts as a.b, which may be a module."""
    return frozenset(_imported(file))


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative imports obscure dependencies"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
