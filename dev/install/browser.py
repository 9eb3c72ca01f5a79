"""Chromium, which drives the tests of pages."""

import os
import shutil

from dev.install import places
from dev.install.steps import SetupError, Steps

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""By preference: without a window's parts, pages open in less than half the time."""


def chromium() -> str:
    """The browser to use: CHROMIUM, or one with a usual name; "" if there is none."""
    if named := os.environ.get("CHROMIUM"):
        return named
    return next(filter(None, map(shutil.which, NAMES)), "")


def install(title: str, steps: Steps) -> None:
    """Debian's Chromium without a window. Raises SetupError, also where this may not be done."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise SetupError("There is no Chromium: install it, or name its executable in CHROMIUM.")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    # The first one finishes what an interrupted installation has left half-way.
    for words in (["dpkg", "--configure", "-a"], ["apt-get", "update"], ["apt-get", "install", "-y", NAMES[0]]):
        steps.run(title, *words, cwd=places.ROOT, env=quiet)
