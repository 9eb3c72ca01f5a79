"""The deployment and credentials that the command line uses."""

import base64
import io
import sys
from typing import Any

import httpx
import pytest

from shared.cli.connection import AzLogin, Connection, ask_password
from shared.cli.outcome import CommandFailed, Exit


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "Use --url or set VMR_URL"),
        ("vmr.example.com", "must be an https URL"),
        ("http://vmr.example.com", "must be an https URL"),
        ("http://127.0.0.1.example.com", "must be an https URL"),
        ("ftp://vmr.example.com", "must be an https URL"),
        ("https://", "must be an https URL"),
        ("https://admin:secret@vmr.example.com", "must not contain a password"),
        ("https://[::1", "is not a URL"),
        ("https://vmr.example.com:port", "is not a URL"),
    ],
)
def test_credentials_are_sent_over_https_only(url: str, message: str) -> None:
    with pytest.raises(CommandFailed, match=message) as failed, Connection(url, "admin", password="secret").open():
        pytest.fail("opened")
    assert failed.value.exit_code is Exit.USAGE
    assert "admin:secret" not in str(failed.value)


@pytest.mark.parametrize("url", ["https://vmr.example.com", "http://127.0.0.1:7071", "http://localhost:7071/"])
def test_valid_urls_are_accepted(url: str) -> None:
    with Connection(url, "admin", password="secret").open() as management:
        assert management is not None


def test_a_connection_needs_credentials() -> None:
    with pytest.raises(CommandFailed, match="no credentials") as failed, Connection("https://vmr.example.com").open():
        pytest.fail("opened")
    assert failed.value.exit_code is Exit.USAGE


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(Connection("https://vmr.example.com", "admin", password="secret"))


def test_the_password_is_read_from_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse \r\nsecond line\n"))
    assert ask_password("Password") == "correct horse "


def test_an_empty_password_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(CommandFailed, match="There is no password"):
        ask_password("Password")


def test_a_user_name_and_password_are_sent_as_basic_authentication(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VMR_PASSWORD", "päss")
    auth = Connection("https://vmr.example.com", "admin")._auth()
    request = next(auth.auth_flow(httpx.Request("GET", "https://vmr.example.com")))
    assert request.headers["Authorization"] == "Basic " + base64.b64encode("admin:päss".encode()).decode()


class FakeAz:
    """A fake AzureCliCredential."""

    scopes: list[str] = []  # noqa: RUF012

    def get_token(self, scope: str) -> Any:
        from azure.core.credentials import AccessToken

        self.scopes.append(scope)
        return AccessToken("ey.token", 0)


def test_only_one_token_is_requested_from_az(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("azure.identity.AzureCliCredential", FakeAz)
    login = AzLogin("api://app/.default")
    for _ in range(2):
        request = next(login.auth_flow(httpx.Request("GET", "https://vmr.example.com")))
        assert request.headers["Authorization"] == "Bearer ey.token"
    assert FakeAz.scopes == ["api://app/.default"]


def test_without_az_the_user_is_told_how_to_sign_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """The real credential on a machine without az."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandFailed, match=r"Azure CLI not found on path\. Run: az login --scope api://") as failed:
        next(AzLogin("api://app/.default").auth_flow(httpx.Request("GET", "https://vmr.example.com")))
    assert failed.value.exit_code is Exit.ACCESS
