"""The settings that the local stack passes to its functions."""

import base64
from pathlib import Path

import pytest

from dev.environment import MANAGEMENT, POLICY, Addresses, app_settings, child_environment
from shared.identity.passwords import BasicAuthenticator
from shared.settings import load_settings

AT = Addresses(port=7071, exchange_port=7072)


async def test_the_product_accepts_the_settings_of_the_local_stack(tmp_path: Path) -> None:
    settings = load_settings(app_settings(AT, "UseDevelopmentStorage=true", tmp_path))
    assert settings.is_local
    assert settings.graph_base_url == "http://127.0.0.1:7072/v1.0"
    for credential, (name, password) in ((settings.policy, POLICY), (settings.management, MANAGEMENT)):
        header = "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
        await BasicAuthenticator(credential).check(header)


def test_a_data_folder_keeps_its_signing_key(tmp_path: Path) -> None:
    first, second = (app_settings(AT, "x", tmp_path)["TAG_SIGNING_KEY"] for _ in range(2))
    (tmp_path / "other").mkdir()
    assert first == second
    assert app_settings(AT, "x", tmp_path / "other")["TAG_SIGNING_KEY"] != first
    assert (tmp_path / "tag-signing-key").stat().st_mode & 0o077 == 0


def test_child_processes_reach_each_other_without_a_web_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "intranet.example.com")
    monkeypatch.delenv("no_proxy", raising=False)
    environment = child_environment(PORT="1")
    assert environment["NO_PROXY"] == environment["no_proxy"] == "127.0.0.1,localhost,intranet.example.com"
    assert environment["PORT"] == "1"
