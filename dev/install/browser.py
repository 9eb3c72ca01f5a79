"""Finds or installs Chromium for the browser tests."""

import os
import shutil

from dev.install import places
from dev.install.steps import SetupError, Steps

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""Names of the executable, in order of preference. The headless shell opens a page in less than half the time."""


def chromium() -> str:
    """The browser's executable: the value of CHROMIUM, a program with one of the names, or ""."""
    if named := os.environ.get("CHROMIUM"):
        return named
    return next(filter(None, map(shutil.which, NAMES)), "")


def install(title: str, steps: Steps) -> None:
    """Install Debian's headless Chromium. Raises SetupError, for example if the user is not allowed to install it."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise SetupError("Chromium was not found. Install it, or set CHROMIUM to its executable.")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    # The first command completes an interrupted installation.
    for words in (["dpkg", "--configure", "-a"], ["apt-get", "update"], ["apt-get", "install", "-y", NAMES[0]]):
        steps.run(title, *words, cwd=places.ROOT, env=quiet)
