"""The task pane's files as they are served: one bundle, named after a hash of all its files (shared/web/assets.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.web.assets import VENDOR, Asset, Assets, assets, without_comments

ROUTE = "/addin/assets/"
PANE, COMMANDS = "pane.html", "commands.html"
LAUNCH = "launch.js"
"""The event script. It is not one of the assets, because an integration's texts are inserted when it is served."""


@dataclass(frozen=True)
class Bundle:
    """All files of the task pane.

    `page` and `commands` are templates of HTML pages, `launch` is the template of the event script.
    """

    files: Assets
    page: str
    modules: Sequence[str]
    """The paths of the pane's own modules, to be preloaded before anything imports them."""
    commands: str
    launch: str

    @property
    def hash(self) -> str:
        """Identifies the content of all files."""
        return self.files.hash

    @property
    def assets(self) -> Mapping[str, Asset]:
        """The files, keyed by the names under which they are served: `<hash>-<file>`. No other names are served."""
        return self.files.by_name

    def url(self, file: str) -> str:
        """The path at which a source file is served. Raises KeyError if the bundle has no such file."""
        return self.files.url(file)


def load(folder: Path) -> Bundle:
    """The bundle of `addin/`: pane.html, style sheets, modules in src/, third-party files in vendor/, and, in separate
    folders, the scripts for the sign-in dialog, commands and the preview.

    Raises ValueError if two files have the same name, or if a module imports something that does not exist.
    """
    pages = {name: (folder / name).read_text("utf-8") for name in (PANE, COMMANDS)}
    launch = without_comments((folder / LAUNCH).read_text("utf-8"))
    modules = sorted(folder.glob("src/*.js"))
    folders = ("dialog", "commands", "preview", VENDOR)
    others = [path for place in folders for path in sorted(folder.glob(f"{place}/*.js"))]
    files = assets(ROUTE, [*sorted(folder.glob("*.css")), *modules, *others], pages)
    return Bundle(files, pages[PANE], [files.url(path.name) for path in modules], pages[COMMANDS], launch)
