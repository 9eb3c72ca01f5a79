"""The pane's files as they are served: one bundle, named by the hash of all of it, compressed once.

`/addin/assets/<hash>-<file>` never changes its content, so that browsers may keep it for ever; a change of any file
gives all of them new names. Modules import each other as `./insert.js`, in the source and in the browser's tests;
here the names in the imports become the served ones.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePath

ROUTE = "/addin/assets/"
PANE, COMMANDS = "pane.html", "commands.html"
LAUNCH = "launch.js"
"""Not among the assets: it is served with an integration's texts in it."""

_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}
_COMMENTS = re.compile(r"^[ \t]*/\*(?:(?!\*/).)*\*/[ \t]*\n|^[ \t]*//[^\n]*\n", re.MULTILINE | re.DOTALL)
"""Comments that stand on lines of their own: a third of the sources, of no use to Outlook."""
_IMPORT = re.compile(r"""(?P<quote>["'])\.(?:\./src)?/(?P<file>[\w.-]+\.js)(?P=quote)""")


@dataclass(frozen=True)
class Asset:
    """One file as it goes over the wire."""

    body: bytes
    gzipped: bytes
    content_type: str


@dataclass(frozen=True)
class Bundle:
    """All files of the pane. `page` and `commands` are sources of HTML pages, `launch` that of the script of events."""

    hash: str
    page: str
    assets: Mapping[str, Asset]
    """By served name, `<hash>-<file>`; nothing else is ever served."""
    modules: Sequence[str]
    """The pane's own modules as paths, to be loaded ahead of the imports that name them."""
    commands: str
    launch: str

    def url(self, file: str) -> str:
        """Where a source file is served, as a path. Raises KeyError when the bundle has no such file."""
        name = f"{self.hash}-{file}"
        if name not in self.assets:
            raise KeyError(f"the add-in has no file {file!r}")
        return ROUTE + name


def load(folder: Path) -> Bundle:
    """The bundle of `addin/`: pane.html, style sheets, modules in src/, scripts of the sign-in dialog and of
    commands in dialog/ and commands/, other people's in vendor/, which dev/install fetches.

    Raises ValueError when two files have one name, or when a module imports what is not there.
    """
    pages = {name: (folder / name).read_text("utf-8") for name in (PANE, COMMANDS)}
    launch = _COMMENTS.sub("", (folder / LAUNCH).read_text("utf-8"))
    modules = sorted(folder.glob("src/*.js"))
    others = [path for place in ("dialog", "commands", "vendor") for path in sorted(folder.glob(f"{place}/*.js"))]
    files = [*sorted(folder.glob("*.css")), *modules, *others]
    names = [path.name for path in files]
    if len(set(names)) != len(names):
        raise ValueError(f"two files of the add-in have one name: {', '.join(names)}")
    bodies = {path.name: _served(path) for path in files}
    hash_ = _hash({**{name: page.encode() for name, page in pages.items()}, **bodies})
    assets = {f"{hash_}-{name}": _asset(hash_, name, body, names) for name, body in bodies.items()}
    urls = [f"{ROUTE}{hash_}-{path.name}" for path in modules]
    return Bundle(hash_, pages[PANE], assets, urls, pages[COMMANDS], launch)


def _served(path: Path) -> bytes:
    """A file without its comments; other people's as they are."""
    return path.read_bytes() if path.parent.name == "vendor" else _COMMENTS.sub("", path.read_text("utf-8")).encode()


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
            raise ValueError(f"{name} imports ./{match['file']}, which is not there: `make ready` fetches libraries")
        return f"{match['quote']}./{hash_}-{match['file']}{match['quote']}"

    return _IMPORT.sub(served, source)
