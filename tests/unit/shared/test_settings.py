"""Invalid environment variables are refused before the app starts, with all faults in one message."""

import pytest

from shared.identity.passwords import hash_password
from shared.settings import GRAPH, BasicCredential, SettingsError, is_loopback, load_settings

HASH = hash_password("local-policy")
GOOD = {
    "SchedulingStorage": "UseDevelopmentStorage=true",
    "PUBLIC_BASE_URL": "https://vmr.example.com",
    "TAG_SIGNING_KEY": "k" * 32,
    "SECRETS_VAULT_URI": "https://vault.vault.azure.net/",
    "POLICY_USERNAME": "policy",
    "POLICY_PASSWORD_HASH": HASH,
}


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in GOOD.items() if name not in names}


def test_valid_settings_are_read() -> None:
    settings = load_settings(GOOD)
    assert settings.storage.connection_string == "UseDevelopmentStorage=true"
    assert settings.public_base_url == "https://vmr.example.com"
    assert settings.tag_signing_key == b"k" * 32
    assert settings.graph_base_url == GRAPH
    assert settings.policy == BasicCredential("policy", HASH)
    assert settings.management is None
    assert not settings.is_local


def test_storage_can_be_accessed_by_managed_identity() -> None:
    uris = {
        "SchedulingStorage__tableServiceUri": "https://a.table.core.windows.net",
        "SchedulingStorage__queueServiceUri": "https://a.queue.core.windows.net",
    }
    settings = load_settings(without("SchedulingStorage") | uris)
    assert (settings.storage.table_uri, settings.storage.queue_uri) == tuple(uris.values())


def test_settings_for_a_local_stack_are_read() -> None:
    local = {"PUBLIC_BASE_URL": "http://127.0.0.1:7071/", "GRAPH_BASE_URL": "http://localhost:7072/v1.0/"}
    settings = load_settings(GOOD | local)
    assert settings.public_base_url == "http://127.0.0.1:7071"
    assert settings.graph_base_url == "http://localhost:7072/v1.0"
    assert settings.is_local


FAULTS = {
    "storage": (without("SchedulingStorage"), "SchedulingStorage is missing"),
    "half a storage": (
        without("SchedulingStorage") | {"SchedulingStorage__tableServiceUri": "https://a.table.core.windows.net"},
        "SchedulingStorage is missing",
    ),
    "no public URL": (without("PUBLIC_BASE_URL"), "PUBLIC_BASE_URL is missing"),
    "signing key": (without("TAG_SIGNING_KEY"), "TAG_SIGNING_KEY must be at least 32 characters"),
    "short signing key": (GOOD | {"TAG_SIGNING_KEY": "k" * 31}, "TAG_SIGNING_KEY must be at least 32 characters"),
    "signing key that was not fetched": (
        GOOD
        | {"TAG_SIGNING_KEY": "@Microsoft.KeyVault(SecretUri=https://vault.vault.azure.net/secrets/tag-signing-key)"},
        "TAG_SIGNING_KEY is a Key Vault reference that could not be read",
    ),
    "place for secrets": (without("SECRETS_VAULT_URI"), "SECRETS_VAULT_URI is missing"),
    "a name without a password": (without("POLICY_PASSWORD_HASH"), "must be set together"),
    "a password without a name": (without("POLICY_USERNAME"), "must be set together"),
    "a plain password": (GOOD | {"POLICY_PASSWORD_HASH": "hunter2"}, "POLICY_PASSWORD_HASH is not a password hash"),
    "Graph elsewhere": (GOOD | {"GRAPH_BASE_URL": "http://graph.example.com"}, "GRAPH_BASE_URL must be an https URL"),
}


@pytest.mark.parametrize(("env", "message"), FAULTS.values(), ids=FAULTS)
def test_each_fault_is_named(env: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=r"^The app's settings cannot be used: ") as refused:
        load_settings(env)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    "url",
    ["http://vmr.example.com", "vmr.example.com", "https://", "https://[", "ftp://x", "http://[::1", "https://a?b"],
)
def test_an_address_must_be_https(url: str) -> None:
    with pytest.raises(SettingsError, match="PUBLIC_BASE_URL"):
        load_settings(GOOD | {"PUBLIC_BASE_URL": url})


def test_all_faults_are_named_in_one_message() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({"MANAGEMENT_USERNAME": "admin"})
    for name in ("SchedulingStorage", "PUBLIC_BASE_URL", "TAG_SIGNING_KEY", "MANAGEMENT_PASSWORD_HASH", "SECRETS_FILE"):
        assert name in str(refused.value)


def test_no_secret_is_shown() -> None:
    """Neither printed settings nor error messages contain secrets (I5, rule 6)."""
    secrets = {
        "SchedulingStorage": "AccountKey=c2VjcmV0",
        "TAG_SIGNING_KEY": "s3cret" * 6,
        "POLICY_PASSWORD_HASH": HASH,
    }
    shown = repr(load_settings(GOOD | secrets))
    with pytest.raises(SettingsError) as refused:
        load_settings(GOOD | {"TAG_SIGNING_KEY": "s3cret", "POLICY_PASSWORD_HASH": "hunter2"})
    for secret in [*secrets.values(), HASH, "s3cret", "hunter2"]:
        assert secret not in shown + str(refused.value)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:7071", True),
        ("http://localhost", True),
        ("http://[::1]:7071", True),
        ("https://localhost", False),
        ("http://127.0.0.1.example.com", False),
        ("http://localhost@example.com", False),
        ("http://example.com/localhost", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_loopback_addresses_are_recognized(url: str, loopback: bool) -> None:
    assert is_loopback(url) is loopback
