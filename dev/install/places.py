"""The paths of the installation."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
VMR = VENV / "bin" / "vmr"
STATE = ROOT / ".setup"
"""The folder with the last installation's logs, and with the lock that prevents two installations at the same time."""
AZURITE = ROOT / "dev" / "node"
PANE_CHECKS = ROOT / "tests" / "browser" / "node"
LIBRARIES = {
    "addin/vendor/msal-browser.min.js": "@azure/msal-browser/lib/msal-browser.min.js",
    "addin/vendor/msal-browser.LICENSE": "@azure/msal-browser/LICENSE",
    "console/vendor/msal-browser.min.js": "@azure/msal-browser/lib/msal-browser.min.js",
    "console/vendor/msal-browser.LICENSE": "@azure/msal-browser/LICENSE",
    "console/vendor/htm-preact.js": "htm/preact/standalone.module.js",
    "console/vendor/htm-preact.LICENSE": "htm/LICENSE",
}
"""Third-party files served with the pane and the console, as target path → path in dev/node/node_modules."""
RUN_LOCK = ROOT / "dev" / "requirements-run.txt"
TEST_LOCK = ROOT / "requirements-dev.txt"
HOST_LOCK = ROOT / "dev" / "requirements-host.txt"
NODE_LOCK = ROOT / "dev" / "requirements-node.txt"
