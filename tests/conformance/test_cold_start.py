"""What importing the app loads: a cold start must not pay for what most requests never use (DESIGN §5)."""

import json
import subprocess
import sys

from tests.support import ROOT

SLOW = {"msgraph", "msgraph_core", "azure.identity", "lxml", "PIL", "exchangelib", "httpx"}


def test_a_cold_import_leaves_the_slow_libraries_alone() -> None:
    code = "import json, sys, function_app; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(json.loads(run.stdout))
    assert "shared.composition" in loaded
    assert sorted(SLOW & loaded) == []


def test_importing_the_app_needs_no_settings() -> None:
    """Azure indexes the functions before it looks whether they can work."""
    code = "import function_app; print(len(function_app.app.get_functions()))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={}, capture_output=True, text=True, check=True)
    assert int(run.stdout) > 0
