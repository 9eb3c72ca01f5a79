"""Finds or installs Chromium, in which the tests of pages run."""

import os
import shutil

from dev.install import places
from dev.install.steps import SetupError, Steps

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""In order of preference: in the headless shell, pages open in less than half the time."""


def chromium() -> str:
    """The browser to use: CHROMIUM, or one with a usual name; "" if there is none."""
    if named := os.environ.get("CHROMIUM"):
        return named
    return next(filter(None, map(shutil.which, NAMES)), "")


def install(title: str, steps: Steps) -> None:
    """Install Debian's headless Chromium. Raises SetupError, also if the user has no right to install it."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise SetupError("There is no Chromium: install it, or name its executable in CHROMIUM.")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    # The first command completes an interrupted installation.
    for words in (["dpkg", "--configure", "-a"], ["apt-get", "update"], ["apt-get", "install", "-y", NAMES[0]]):
        steps.run(title, *words, cwd=places.ROOT, env=quiet)
