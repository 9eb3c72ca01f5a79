"""Node packages that the browser tests need but that are never shipped."""

from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKAGES = HERE / "node" / "node_modules"
OFFICE_JS = PACKAGES / "@microsoft" / "office-js" / "dist"
AXE = PACKAGES / "axe-core" / "axe.min.js"
