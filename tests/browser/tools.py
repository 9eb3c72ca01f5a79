"""What the browser tests need on the machine: Chromium, and Node packages that are never shipped."""

import os
import shutil
from pathlib import Path

from dev.browser_setup import BROWSERS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKAGES = HERE / "node" / "node_modules"
OFFICE_JS = PACKAGES / "@microsoft" / "office-js" / "dist"
AXE = PACKAGES / "axe-core" / "axe.min.js"


def chromium() -> str:
    """The browser to drive: CHROMIUM, or one under its usual names; "" when there is none."""
    if named := os.environ.get("CHROMIUM"):
        return named
    found = map(shutil.which, BROWSERS)
    return next(filter(None, found), "")
