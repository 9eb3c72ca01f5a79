"""The deployment's settings: environment variables, read once into a frozen object."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from shared.errors import SchedulingError
from shared.password_hash import is_password_hash

GRAPH = "https://graph.microsoft.com/v1.0"


class SettingsError(SchedulingError):
    """The environment cannot be used. The message lists all problems."""


@dataclass(frozen=True)
class StorageAccount:
    """How to reach the storage: with a connection string, or with two service URLs and the app's identity. `client_id`
    is that of a user-assigned identity; "" means the system-assigned identity.
    """

    connection_string: str = field(default="", repr=False)
    table_uri: str = ""
    queue_uri: str = ""
    client_id: str = ""


@dataclass(frozen=True)
class BasicCredential:
    """A user name and the hash of a password, from `vmr hash-password`."""

    username: str
    password_hash: str = field(repr=False)


@dataclass(frozen=True)
class EntraApp:
    """The app registration whose role authorizes admins: its tenant and client id."""

    tenant_id: str
    client_id: str

    @property
    def metadata_url(self) -> str:
        """The tenant's OpenID Connect metadata document (v2.0)."""
        return f"https://login.microsoftonline.com/{self.tenant_id}/v2.0/.well-known/openid-configuration"


@dataclass(frozen=True)
class Settings:
    """A deployment's configuration. Its repr never shows secrets. `serves_vmrs` is False (POLICY_VMRS=off) if another
    policy server responds to nodes for all VMRs.
    """

    storage: StorageAccount
    public_base_url: str
    tag_signing_key: bytes = field(repr=False)
    graph_base_url: str = GRAPH
    secrets_vault_uri: str = ""
    secrets_file: str = ""
    policy: BasicCredential | None = None
    management: BasicCredential | None = None
    management_app: EntraApp | None = None
    azure_client_id: str = ""
    serves_vmrs: bool = True

    @property
    def is_local(self) -> bool:
        """Whether this is a local stack. Plain http and loopback addresses are allowed only there."""
        return is_loopback(self.public_base_url)


def is_loopback(url: str) -> bool:
    """Whether a URL uses plain http to this machine itself."""
    return _scheme_and_host(url) in {("http", host) for host in ("127.0.0.1", "localhost", "::1")}


def _scheme_and_host(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or ""
    except ValueError:  # an unterminated address: https://[
        return "", ""


def load_settings(env: Mapping[str, str]) -> Settings:
    """Read the environment. Raises SettingsError, which lists everything missing or invalid."""
    faults: list[str] = []
    settings = Settings(
        storage=_storage(env, faults),
        public_base_url=_url(env, "PUBLIC_BASE_URL", faults),
        tag_signing_key=_signing_key(env, faults),
        graph_base_url=_url(env, "GRAPH_BASE_URL", faults) if "GRAPH_BASE_URL" in env else GRAPH,
        secrets_vault_uri=env.get("SECRETS_VAULT_URI", ""),
        secrets_file=env.get("SECRETS_FILE", ""),
        policy=_credential(env, "POLICY", faults),
        management=_credential(env, "MANAGEMENT", faults),
        management_app=_app(env, faults),
        azure_client_id=env.get("AZURE_CLIENT_ID", ""),
        serves_vmrs=_switch(env, "POLICY_VMRS", faults),
    )
    if not (settings.secrets_vault_uri or settings.secrets_file):
        faults.append("SECRETS_VAULT_URI is missing (or SECRETS_FILE for development)")
    if faults:
        raise SettingsError("The app's settings cannot be used: " + "; ".join(faults) + ".")
    return settings


def _storage(env: Mapping[str, str], faults: list[str]) -> StorageAccount:
    account = StorageAccount(
        env.get("SchedulingStorage", ""),
        env.get("SchedulingStorage__tableServiceUri", ""),
        env.get("SchedulingStorage__queueServiceUri", ""),
        env.get("AZURE_CLIENT_ID", ""),
    )
    if not (account.connection_string or (account.table_uri and account.queue_uri)):
        faults.append("SchedulingStorage is missing (or SchedulingStorage__tableServiceUri and …__queueServiceUri)")
    return account


def _url(env: Mapping[str, str], name: str, faults: list[str]) -> str:
    url = env.get(name, "").rstrip("/")
    scheme, host = _scheme_and_host(url)
    if not url:
        faults.append(f"{name} is missing")
    elif not ((scheme == "https" and host) or is_loopback(url)) or set("?#") & set(url):
        faults.append(f"{name} must be an https URL without a query")
    return url


def _switch(env: Mapping[str, str], name: str, faults: list[str]) -> bool:
    """A switch that is on by default."""
    text = env.get(name, "") or "on"
    if text not in ("on", "off"):
        faults.append(f"{name} must be on or off")
    return text == "on"


def _secret(env: Mapping[str, str], name: str, faults: list[str]) -> str:
    value = env.get(name, "")
    if value.startswith("@Microsoft.KeyVault("):
        # If the platform cannot read the vault, it leaves the reference in place. The reference is not a secret.
        faults.append(f"{name} is a Key Vault reference that could not be read: check the secret, and the app's access")
    return value


def _signing_key(env: Mapping[str, str], faults: list[str]) -> bytes:
    key = _secret(env, "TAG_SIGNING_KEY", faults).encode()
    if len(key) < 32:
        faults.append("TAG_SIGNING_KEY must be at least 32 characters")
    return key


def _credential(env: Mapping[str, str], prefix: str, faults: list[str]) -> BasicCredential | None:
    username, password_hash = env.get(f"{prefix}_USERNAME", ""), _secret(env, f"{prefix}_PASSWORD_HASH", faults)
    if bool(username) != bool(password_hash):
        faults.append(f"{prefix}_USERNAME and {prefix}_PASSWORD_HASH must be set together")
    if not (username and password_hash):
        return None
    if not is_password_hash(password_hash):
        faults.append(f"{prefix}_PASSWORD_HASH is not a password hash: create one with `vmr hash-password`")
    return BasicCredential(username, password_hash)


def _app(env: Mapping[str, str], faults: list[str]) -> EntraApp | None:
    tenant, client = env.get("MANAGEMENT_TENANT_ID", ""), env.get("MANAGEMENT_CLIENT_ID", "")
    if bool(tenant) != bool(client):
        faults.append("MANAGEMENT_TENANT_ID and MANAGEMENT_CLIENT_ID must be set together")
    return EntraApp(tenant, client) if tenant and client else None
