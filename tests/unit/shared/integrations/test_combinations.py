"""Settings that cannot work together are refused when they are saved, with a message that names alternatives."""

from typing import Any

import pytest

from shared.errors import SettingsInvalid
from shared.integrations import validate
from shared.integrations.combinations import SERVICE_ACCOUNT_CALLBACK
from shared.integrations.exchange_online import EXCHANGE_ONLINE, is_exchange_online, tenant_of
from tests.support.integrations import full_fields

ONLINE = "https://outlook.office365.com/EWS/Exchange.asmx"
ON_PREMISES = "https://mail.example.com/EWS/Exchange.asmx"
V1, V2 = ("https://login.microsoftonline.com/common/oauth2/" + version for version in ("", "v2.0/"))

NODE = "https://addin.example.com/api/admin/configuration/v1/"

WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("NTLM", {"username": r"EXAMPLE\svc"}, "username", "NTLM requires name@domain"),
    ("NTLM", {"username": "svc"}, "username", "NTLM requires name@domain"),
    ("OAUTH", {"username": r"EXAMPLE\svc"}, "username", "Exchange Online requires name@domain"),
    ("OAUTH", {"oauth_auth_endpoint": f"{V2}authorize"}, "oauth_auth_endpoint", "marked v1"),
    ("OAUTH", {"oauth_token_endpoint": f"{V2}token"}, "oauth_token_endpoint", "marked v1"),
    (
        "OAUTH",
        {"oauth_redirect_uri": "https://addin.example.com/admin/platform/msexchangeconnector/oauth_redirect/"},
        "oauth_redirect_uri",
        f"https://<this service>{SERVICE_ACCOUNT_CALLBACK}",
    ),
    ("APP_PERM", {"oauth_token_endpoint": f"{V1}token"}, "oauth_token_endpoint", "specify it"),
    ("APP_PERM", {"url": "", "oauth_token_endpoint": f"{V2}token"}, "oauth_token_endpoint", "specify it"),
    ("OAUTH", {"url": ON_PREMISES}, "authentication_method", "Use NTLM or BASIC"),
    ("BASIC", {"url": ONLINE}, "authentication_method", "Use GRAPH"),
    ("NTLM", {"url": ONLINE}, "authentication_method", "Use GRAPH"),
    ("GRAPH", {"ivr_theme": f"{NODE}ivr_theme/3/"}, "ivr_theme", "Write the theme's name"),
    (
        "GRAPH",
        {"host_identity_provider_group": f"{NODE}identity_provider_group/1/"},
        "host_identity_provider_group",
        "Write the group's name",
    ),
    ("KERBEROS", {}, "authentication_method", "Set authentication_method to NTLM"),
    (
        "GRAPH",
        {"auth_provider": "AZURE", "personal_vmr_oauth_auth_endpoint": f"{V1}authorize"},
        "personal_vmr_oauth_auth_endpoint",
        "/oauth2/v2.0/authorize",
    ),
    (
        "GRAPH",
        {"auth_provider": "AZURE", "personal_vmr_oauth_token_endpoint": f"{V1}token"},
        "personal_vmr_oauth_token_endpoint",
        "/oauth2/v2.0/token",
    ),
]  # fmt: skip


def fields(method: str, changes: dict[str, Any]) -> dict[str, Any]:
    return full_fields(method, **changes)


@pytest.mark.parametrize(("method", "changes", "field", "remedy"), WRONG)
def test_an_impossible_combination_is_refused_with_its_remedy(
    method: str, changes: dict[str, Any], field: str, remedy: str
) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        validate(fields(method, changes))
    assert refused.value.faults.keys() == {field}
    assert remedy in refused.value.faults[field][0]


@pytest.mark.parametrize(("method", "changes", "field", "remedy"), WRONG)
def test_an_impossible_combination_is_accepted_while_it_is_not_in_use(
    method: str, changes: dict[str, Any], field: str, remedy: str
) -> None:
    validate(fields(method, changes) | {"enable_dynamic_vmrs": False, "enable_personal_vmrs": False})


@pytest.mark.parametrize(("method", "changes", "field", "remedy"), WRONG)
def test_an_integration_stored_with_an_impossible_combination_can_still_be_changed(
    method: str, changes: dict[str, Any], field: str, remedy: str
) -> None:
    good = validate(fields("BASIC", {}) | {"enable_dynamic_vmrs": False, "enable_personal_vmrs": False})
    stored = good.model_copy(
        update={name: value for name, value in fields(method, changes).items() if "password" not in name
                and "secret" not in name and name != "domains"} | {"enable_dynamic_vmrs": True}
    )  # fmt: skip
    assert validate({"name": "Renamed"}, stored).name == "Renamed"
    # A client may also send back all fields that it has read.
    assert validate({"name": "Renamed", field: getattr(stored, field), "url": stored.url}, stored).name == "Renamed"
    assert validate({"enable_dynamic_vmrs": False, "enable_personal_vmrs": False}, stored)
    if field != "authentication_method":
        with pytest.raises(SettingsInvalid):
            validate({field: str(getattr(stored, field)).replace("common", "other").replace("svc", "other")
                      .replace("addin.", "other.")}, stored)  # fmt: skip


def test_a_local_stack_may_have_online_and_on_premises_exchange_on_loopback() -> None:
    url = "http://127.0.0.1:8000/EWS/Exchange.asmx"
    for method in ("NTLM", "BASIC", "OAUTH"):
        assert validate(full_fields(method, url=url), local=True).url == url


@pytest.mark.parametrize("host", [*EXCHANGE_ONLINE, "OUTLOOK.office365.com"])
def test_hosts_of_exchange_online_are_recognized(host: str) -> None:
    assert is_exchange_online(f"https://{host}/EWS/Exchange.asmx")
    assert not is_exchange_online(f"https://{host}.example.com/EWS/Exchange.asmx")
    assert validate(full_fields("OAUTH", url=f"https://{host}/EWS/Exchange.asmx"))


@pytest.mark.parametrize(
    ("path", "tenant"),
    [
        ("/contoso.onmicrosoft.com/oauth2/token", "contoso.onmicrosoft.com"),
        ("/72f988bf-0a16-4e8e-93e4-fa7d98191101/oauth2/v2.0/token", "72f988bf-0a16-4e8e-93e4-fa7d98191101"),
        ("/common/oauth2/token", ""),
        ("/organizations/oauth2/v2.0/token", ""),
        ("/a%2F../oauth2/token", ""),
        ("/../oauth2/token", ""),
        ("", ""),
    ],
)
def test_the_tenant_of_a_token_endpoint_is_recognized(path: str, tenant: str) -> None:
    assert tenant_of(f"https://login.microsoftonline.com{path}") == tenant
