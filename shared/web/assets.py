"""Static files as served: named after a hash of all files, and compressed once.

The content of `<route><hash>-<file>` never changes, so browsers may cache it indefinitely. A change to any file gives
all files new names. In the source and in the browser tests, modules import each other as `./insert.js`. Here these
names are replaced by the served names.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePath

VENDOR = "vendor"
"""Folder of third-party files, which dev/install downloads."""

_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}
_COMMENTS = re.compile(r"^[ \t]*/\*(?:(?!\*/).)*\*/[ \t]*\n|^[ \t]*//[^\n]*\n", re.MULTILINE | re.DOTALL)
"""Matches comments that take up whole lines. They make up a third of the sources and are of no use to a browser."""
_IMPORT = re.compile(r"""(?P<quote>["'])\.(?:\.?/(?:src|vendor))?/(?P<file>[\w.-]+\.js)(?P=quote)""")


@dataclass(frozen=True)
class Asset:
    """A file as sent."""

    body: bytes
    gzipped: bytes
    content_type: str


@dataclass(frozen=True)
class Assets:
    """The files served under one route. `by_name` maps all served names, `<hash>-<file>`, to files."""

    route: str
    hash: str
    by_name: Mapping[str, Asset]

    def url(self, file: str) -> str:
        """The path that a source file is served at. Raises KeyError if there is no such file."""
        name = f"{self.hash}-{file}"
        if name not in self.by_name:
            raise KeyError(f"there is no file {file!r} under {self.route}")
        return self.route + name


def assets(route: str, files: Sequence[Path], also: Mapping[str, str] | None = None) -> Assets:
    """Prepare files to be served under a route. `also` (contents keyed by name) is included in the hash.

    Raises ValueError if two files have the same name, or a module imports a missing file.
    """
    names = [path.name for path in files]
    if len(set(names)) != len(names):
        raise ValueError(f"two files under {route} have the same name: {', '.join(names)}")
    bodies = {path.name: _served(path) for path in files}
    hash_ = _hash({**{name: text.encode() for name, text in (also or {}).items()}, **bodies})
    by_name = {f"{hash_}-{name}": _asset(hash_, name, body, names) for name, body in bodies.items()}
    return Assets(route, hash_, by_name)


def without_comments(source: str) -> str:
    """A script without the comments that take up whole lines."""
    return _COMMENTS.sub("", source)


def _served(path: Path) -> bytes:
    """A file without its comments. Third-party files are unchanged."""
    return path.read_bytes() if path.parent.name == VENDOR else without_comments(path.read_text("utf-8")).encode()


def _hash(bodies: Mapping[str, bytes]) -> str:
    digest = sha256()
    for name, body in bodies.items():
        digest.update(f"{name}\0{len(body)}\0".encode() + body)
    return digest.hexdigest()[:16]


def _asset(hash_: str, name: str, body: bytes, names: list[str]) -> Asset:
    suffix = PurePath(name).suffix
    if suffix == ".js":
        body = _with_served_imports(hash_, name, body.decode(), names).encode()
    return Asset(body, gzip.compress(body, mtime=0), _TYPES[suffix])


def _with_served_imports(hash_: str, name: str, source: str, names: list[str]) -> str:
    def served(match: re.Match[str]) -> str:
        if match["file"] not in names:
            raise ValueError(f"{name} imports ./{match['file']}, which is missing: `make ready` downloads libraries")
        return f"{match['quote']}./{hash_}-{match['file']}{match['quote']}"

    return _IMPORT.sub(served, source)
