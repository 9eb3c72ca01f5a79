"""Secrets in Key Vault, through Microsoft's SDK, over HTTPS."""

import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.keyvault.secrets.aio import SecretClient
from pydantic import SecretStr

from shared.errors import Unavailable
from shared.secrets import SecretReference
from shared.secrets.vault import KeyVaultSecrets
from tests.integration.shared.hostile import running_hostile
from tests.integration.shared.secrets.key_vault import TOKEN, KeyVault, running_key_vault
from tests.support.secret_store_contract import UUID, SecretStoreContract


class Identity:
    """The app's identity."""

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        assert scopes == ("https://vault.azure.net/.default",)
        return AccessToken(TOKEN, int(time.time()) + 3600)

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> "Identity":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        pass


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[KeyVault]:
    async with running_key_vault(tmp_path) as vault:
        yield vault


@pytest.fixture
async def secrets(vault: KeyVault) -> AsyncIterator[KeyVaultSecrets]:
    client = SecretClient(
        vault.url,
        Identity(),
        verify_challenge_resource=False,  # otherwise the SDK requires the vault to be under vault.azure.net
        connection_verify=str(vault.certificate),
        retry_total=0,
    )
    secrets = KeyVaultSecrets(vault.url, client=client)
    yield secrets
    await secrets.close()


class TestKeyVaultSecrets(SecretStoreContract):
    pass


async def test_each_operation_is_one_request(vault: KeyVault, secrets: KeyVaultSecrets) -> None:
    reference = await secrets.set(UUID, "password", SecretStr("one"))
    await secrets.get(reference)
    await secrets.delete(reference)
    assert vault.requests == [
        f"PUT /secrets/{reference}",
        f"GET /secrets/{reference}/",
        f"DELETE /secrets/{reference}",
    ]


@pytest.mark.parametrize("status", [403, 429, 500, 503])
async def test_a_vault_that_refuses_is_unavailable_with_a_remedy(
    vault: KeyVault, secrets: KeyVaultSecrets, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    vault.fails_with = status
    with caplog.at_level(logging.DEBUG):
        for operation in (
            secrets.set(UUID, "password", SecretStr("correct horse")),
            secrets.get(SecretReference("some-name")),
            secrets.delete(SecretReference("some-name")),
        ):
            with pytest.raises(Unavailable, match=f"status {status}.*Key Vault Secrets Officer") as caught:
                await operation
            assert "correct horse" not in str(caught.value)
    assert "correct horse" not in caplog.text


async def test_an_unreachable_vault_is_unavailable() -> None:
    client = SecretClient("https://127.0.0.1:1", Identity(), verify_challenge_resource=False, retry_total=0)
    unreachable = KeyVaultSecrets("https://127.0.0.1:1", client=client)
    with pytest.raises(Unavailable, match="cannot be used at the moment"):
        await unreachable.get(SecretReference("some-name"))
    await unreachable.close()


async def test_a_call_to_a_vault_that_does_not_respond_is_abandoned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.secrets.vault.VAULT_TIMEOUT", 0.2)
    async with running_hostile("silent") as server:
        url = server.url.replace("http:", "https:")  # the server does not complete a TLS handshake either
        client = SecretClient(url, Identity(), verify_challenge_resource=False)
        silent = KeyVaultSecrets(url, client=client)
        with pytest.raises(Unavailable, match="did not respond within"):
            await silent.get(SecretReference("some-name"))
        await silent.close()
