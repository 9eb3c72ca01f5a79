"""Settings that are each well-formed but cannot work together. They are rejected on save, with advice on what to set
instead. A combination that is already stored is tolerated as long as it does not change, so the integration can still
be read and its other settings changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shared.integrations import conditions as when
from shared.integrations.conditions import Condition
from shared.integrations.exchange_online import EXCHANGE_ONLINE, is_exchange_online, tenant_of
from shared.integrations.references import is_uri

if TYPE_CHECKING:
    from shared.integrations.integration import Integration

SERVICE_ACCOUNT_CALLBACK = "/service-account/oauth_redirect"
"""Path of `oauth_redirect_uri`. It differs from the original product's because the Functions host reserves /admin/."""

NO_KERBEROS = (
    "KERBEROS cannot be used: it needs the system's GSSAPI libraries, which Azure Functions does not have. Set "
    "authentication_method to NTLM: it authenticates the same service account to the same servers."
)

_V2 = "/oauth2/v2.0/"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")  # a local stack's simulated Exchange is both online and on-premises
_SIGN_IN_FIELDS = ("oauth_redirect_uri", "oauth_auth_endpoint", "oauth_token_endpoint")
_ONLINE_METHODS = "Use GRAPH or APP_PERM (Microsoft Graph, no service account), or OAUTH while EWS is still available."


@dataclass(frozen=True)
class Combination:
    """A rule against a combination that cannot work. It applies `when` the settings are in use, rejects them if
    `is_wrong`, and reports `remedy` for `field`.
    """

    field: str
    when: Condition
    is_wrong: Callable[[Integration], bool]
    remedy: str


def combination_faults(integration: Integration, before: Integration | None = None) -> Mapping[str, list[str]]:
    """The combinations of settings that cannot work, keyed by field.

    Those that were already wrong in `before`, and have not been changed since, are left out.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    for each in _wrong(integration):
        if before is None or not _is_untouched(each, before, integration):
            found[each.field].append(each.remedy)
    return found


def sign_in_faults(integration: Integration) -> Mapping[str, list[str]]:
    """Problems that prevent a service account from signing in, keyed by field. Single-use VMRs need not be enabled."""
    return {
        each.field: [each.remedy]
        for each in _COMBINATIONS
        if each.when == when.OAUTH and each.field in _SIGN_IN_FIELDS and each.is_wrong(integration)
    }


def _wrong(integration: Integration) -> Iterator[Combination]:
    return (each for each in _COMBINATIONS if each.when.holds(integration) and each.is_wrong(integration))


def _is_untouched(each: Combination, before: Integration, after: Integration) -> bool:
    """Whether the combination was already wrong, with the same values."""
    same = getattr(before, each.field) == getattr(after, each.field) and before.url == after.url
    return same and each in _wrong(before)


def _is_elsewhere(integration: Integration) -> bool:
    host = urlsplit(integration.url).hostname or ""
    return bool(host) and host not in EXCHANGE_ONLINE and host not in _LOOPBACK


def _is_v2(field: str) -> Callable[[Integration], bool]:
    return lambda integration: _V2 in urlsplit(getattr(integration, field)).path


def _is_v1(field: str) -> Callable[[Integration], bool]:
    return lambda integration: bool(path := urlsplit(getattr(integration, field)).path) and _V2 not in path


def _is_foreign_redirect(integration: Integration) -> bool:
    return bool(uri := integration.oauth_redirect_uri) and urlsplit(uri).path.rstrip("/") != SERVICE_ACCOUNT_CALLBACK


def _lacks_tenant(integration: Integration) -> bool:
    endpoint = integration.oauth_token_endpoint
    return bool(endpoint) and not integration.uses_ews and not tenant_of(endpoint)


def _lacks_domain(integration: Integration) -> bool:
    return bool(integration.username) and "@" not in integration.username


_V1_WANTED = "This is the v2 endpoint; use the one marked v1 (…/oauth2/authorize, …/oauth2/token)."
_V2_WANTED = "Users sign in at the v2.0 endpoint: https://login.microsoftonline.com/<tenant>/oauth2/v2.0/"


def _is_uri(field: str) -> Callable[[Integration], bool]:
    return lambda integration: is_uri(getattr(integration, field))


_NAME_WANTED = (
    "Write the {0}'s name instead of its URI, as the Management Node shows it: conferencing nodes only accept names, "
    "and on platform policy there is no Management Node to look it up."
)

_COMBINATIONS = (
    Combination("ivr_theme", when.POLICY, _is_uri("ivr_theme"), _NAME_WANTED.format("theme")),
    Combination(
        "host_identity_provider_group",
        when.POLICY,
        _is_uri("host_identity_provider_group"),
        _NAME_WANTED.format("group"),
    ),
    Combination(
        "authentication_method",
        when.KERBEROS,
        lambda _: True,
        NO_KERBEROS,
    ),
    Combination(
        "authentication_method",
        when.EWS_PASSWORD,
        lambda integration: is_exchange_online(integration.url),
        f"Exchange Online accepts no passwords for EWS. {_ONLINE_METHODS}",
    ),
    Combination(
        "authentication_method",
        when.OAUTH,
        _is_elsewhere,
        "OAUTH is for Exchange Online: its url is https://outlook.office365.com/EWS/Exchange.asmx. "
        "Use NTLM or BASIC for Exchange on-premises.",
    ),
    Combination(
        "username", when.NTLM, _lacks_domain, r"NTLM requires name@domain (the account's UPN), not domain\name."
    ),
    Combination("username", when.OAUTH, _lacks_domain, r"Exchange Online requires name@domain, not domain\name."),
    Combination(
        "oauth_redirect_uri",
        when.OAUTH,
        _is_foreign_redirect,
        f"Must be https://<this service>{SERVICE_ACCOUNT_CALLBACK}, here and in the app registration.",
    ),
    Combination(
        "oauth_token_endpoint",
        when.APP_PERMISSION,
        _lacks_tenant,
        "An application signs in to a single tenant: specify it, as in "
        "https://login.microsoftonline.com/<tenant>/oauth2/token.",
    ),
    Combination("oauth_auth_endpoint", when.OAUTH, _is_v2("oauth_auth_endpoint"), _V1_WANTED),
    Combination("oauth_token_endpoint", when.OAUTH, _is_v2("oauth_token_endpoint"), _V1_WANTED),
    Combination(
        "personal_vmr_oauth_auth_endpoint",
        when.PERSONAL_AZURE,
        _is_v1("personal_vmr_oauth_auth_endpoint"),
        f"{_V2_WANTED}authorize.",
    ),
    Combination(
        "personal_vmr_oauth_token_endpoint",
        when.PERSONAL_AZURE,
        _is_v1("personal_vmr_oauth_token_endpoint"),
        f"{_V2_WANTED}token.",
    ),
)
