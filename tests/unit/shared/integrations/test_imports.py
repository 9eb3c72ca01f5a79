"""A cold start loads settings, and must not import libraries that are only needed when an admin saves them."""

import subprocess
import sys
from pathlib import Path

SLOW = {"jinja2", "PIL", "azure", "cryptography", "httpx", "nh3", "lxml"}


def test_settings_import_none_of_the_slow_libraries() -> None:
    code = "import sys, shared.integrations; print(*{name.partition('.')[0] for name in sys.modules})"
    root = Path(__file__).parents[4]
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert not SLOW & set(loaded.stdout.split())
