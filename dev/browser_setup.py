"""Makes the browser tests' needs ready: Chromium, and the Node packages of tests/browser/node.

Run as `python3 -m dev.browser_setup` in the project's root, after `dev.setup`; standard library only. What cannot be
installed here is named, and the tests that need it say so when they are skipped.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from dev.node_runtime import NodeMissing, npm

NODE = Path(__file__).resolve().parent.parent / "tests" / "browser" / "node"
STAMP = NODE / "node_modules" / "setup-stamp"
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""By preference: without a window's parts, pages open in less than half the time."""


def main() -> None:
    """Install what is missing. Never fails: without a browser everything else can still be checked."""
    for missing in filter(None, (install_packages(), install_browser())):
        print(f"Browser tests will be skipped: {missing}", file=sys.stderr)


def install_packages() -> str:
    """The packages of the lock file; why not, when that cannot be done."""
    wanted = hashlib.sha256((NODE / "package-lock.json").read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return ""
    try:
        command = [*npm(), "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    except NodeMissing as error:
        return str(error)
    print("== Installing what the checks of the pane need", flush=True)
    if subprocess.run(command, cwd=NODE, check=False).returncode != 0:
        return "npm could not install the packages of tests/browser/node: see the lines above."
    STAMP.write_text(wanted)
    return ""


def chromium() -> str:
    """The browser to drive: CHROMIUM, or one under its usual names; "" when there is none."""
    if named := os.environ.get("CHROMIUM"):
        return named
    return next(filter(None, map(shutil.which, BROWSERS)), "")


def install_browser() -> str:
    """Debian's Chromium without a window, where there is no browser and this may be done; why not, when it cannot."""
    if chromium():
        return ""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return "there is no Chromium: install it, or name its executable in CHROMIUM."
    print("== Installing Chromium", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", BROWSERS[0]]):
        if subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=False).returncode != 0:
            return f"`{' '.join(command)}` failed: see the lines above."
    return ""


if __name__ == "__main__":
    main()
