"""The modules loaded by importing the app. A cold start must not load what few requests use (bench/README.md)."""

import json
import subprocess
import sys
from pathlib import Path

from tests.support import ROOT

SLOW = {"msgraph", "msgraph_core", "azure.identity", "lxml", "PIL", "exchangelib", "httpx"}


def test_a_cold_import_does_not_load_the_slow_libraries() -> None:
    code = "import json, sys, function_app; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(json.loads(run.stdout))
    assert "shared.composition" in loaded
    assert sorted(SLOW & loaded) == []


WEBHOOK = """
import asyncio, json, sys
import azure.functions as func
import function_app
from shared.composition import services
from shared.mailboxes.client_state import ClientStates

class Output:
    def set(self, messages):
        self.messages = messages

output = Output()
state = ClientStates(b"k" * 32).of("an integration")
item = {"subscriptionId": "s", "clientState": state, "resourceData": {"id": "m"}}
request = func.HttpRequest("POST", "http://x/", body=json.dumps({"value": [item]}).encode())
[notified] = [f for f in function_app.app.get_functions() if f.get_function_name() == "notifications"]
answer = asyncio.run(notified.get_user_function()(request, output))
print(json.dumps([answer.status_code, len(output.messages), sorted(sys.modules)]))
"""


def test_graph_gets_its_202_without_loading_storage_http_or_pydantic(tmp_path: Path) -> None:
    """Most of the time that Graph waits is spent on the imports of a cold process."""
    settings = {
        "SchedulingStorage": "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;TableEndpoint=http://x/a",
        "PUBLIC_BASE_URL": "https://vmr.example.com",
        "SECRETS_FILE": str(tmp_path / "secrets.json"),
        "TAG_SIGNING_KEY": "k" * 32,
    }
    command = [sys.executable, "-c", WEBHOOK]
    run = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=True)
    status, messages, loaded = json.loads(run.stdout)
    assert (status, messages) == (202, 1)
    slow = SLOW | {"azure.core", "azure.data.tables", "aiohttp", "pydantic", "cryptography", "jinja2"}
    slow |= {"shared.storage", "shared.conferences.policy_request", "shared.web.icons", "gzip", "pathlib", "uuid"}
    assert sorted(slow & set(loaded)) == []


def test_importing_the_app_needs_no_settings() -> None:
    """Azure indexes the functions before it checks whether they can work."""
    code = "import function_app; print(len(function_app.app.get_functions()))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={}, capture_output=True, text=True, check=True)
    assert int(run.stdout) > 0
