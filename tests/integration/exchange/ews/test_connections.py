"""Signing in, impersonation, delegate access and versions (docs/facts/exchange.md §8, §9)."""

import base64
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from exchangelib import BASIC, NTLM, Account
from exchangelib.errors import (
    ErrorFolderNotFound,
    ErrorImpersonateUserDenied,
    ErrorInvalidServerVersion,
    ErrorItemNotFound,
    ErrorNonExistentMailbox,
    UnauthorizedError,
)
from exchangelib.version import EXCHANGE_2016, EXCHANGE_2019

from dev.provider.registry import ENTRA_APP, ENTRA_SECRET
from tests.integration.exchange.ews import soap
from tests.integration.exchange.ews.client import SERVICE, VMR_EWS, Client
from tests.support.exchange_world import ALICE, BOB, CAROL, VMR, ExchangeWorld

IMPERSONATE_VMR = (
    "<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>vmr-ews@example.com</t:PrimarySmtpAddress>"
    "</t:ConnectingSID></t:ExchangeImpersonation>"
)


def opened(account: Account) -> str:
    return str(account.inbox.name)


@pytest.mark.parametrize("auth", [BASIC, NTLM, None], ids=["basic", "ntlm", "found out"])
@pytest.mark.parametrize("username", [SERVICE, "svc-vmr@example.com", r"example.com\SVC-VMR", "svc-vmr"])
async def test_every_sign_in_method_works(world: ExchangeWorld, auth: str | None, username: str) -> None:
    client = Client(world, username, auth=auth)
    assert await client.do(lambda: opened(client.mailbox())) == "Inbox"


@pytest.mark.parametrize("auth", [BASIC, NTLM])
async def test_a_wrong_password_is_refused(world: ExchangeWorld, auth: str) -> None:
    client = Client(world, password="wrong", auth=auth)
    with pytest.raises(UnauthorizedError):
        await client.do(lambda: opened(client.mailbox()))


async def test_an_unknown_account_is_refused(world: ExchangeWorld) -> None:
    client = Client(world, r"EXAMPLE\nobody", auth=NTLM)
    with pytest.raises(UnauthorizedError):
        await client.do(lambda: opened(client.mailbox()))


async def test_ntlm_authenticates_a_connection_once(world: ExchangeWorld, client: Client) -> None:
    statuses: list[int] = []

    def work() -> None:
        mailbox = client.mailbox()
        session = mailbox.protocol.get_session()
        session.hooks["response"].append(lambda answer, **_: statuses.append(answer.status_code))
        mailbox.protocol.release_session(session)
        assert mailbox.inbox.name == "Inbox"
        assert mailbox.trash.name == "Deleted Items"

    await client.do(work)
    assert statuses.count(401) <= 1, "only the first request on the connection is refused"
    assert statuses[-1] == 200


async def test_ntlm_leaves_no_credentials_in_files_or_the_environment(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    await client.do(lambda: opened(client.mailbox()))
    assert "NTLM_USER_FILE" not in os.environ
    assert os.listdir(tmp_path) == []


async def test_ntlm_always_fails_behind_a_layer_7_load_balancer(world: ExchangeWorld, client: Client) -> None:
    await world.http.patch("/dev/ews", json={"layer7_balancer": True})
    with pytest.raises(UnauthorizedError):
        await client.do(lambda: opened(client.mailbox()))
    basic = Client(world, "svc-vmr@example.com", auth=BASIC)
    assert await basic.do(lambda: opened(basic.mailbox())) == "Inbox", "other schemes still work"


async def test_a_changed_password_applies_to_new_connections(world: ExchangeWorld) -> None:
    await world.http.patch("/dev/ews", json={"passwords": {"svc-vmr": "rotated"}})
    new = Client(world, password="rotated")
    assert await new.do(lambda: opened(new.mailbox())) == "Inbox"
    old = Client(world, auth=BASIC)
    with pytest.raises(UnauthorizedError):
        await old.do(lambda: opened(old.mailbox()))


async def test_only_schemes_that_the_virtual_directory_allows_are_offered(world: ExchangeWorld) -> None:
    await world.http.patch("/dev/ews", json={"schemes": ["NTLM"]})
    answer = await soap.post(world, soap.envelope(soap.GET_INBOX))
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "NTLM")


async def test_the_response_to_a_request_without_credentials_lists_the_schemes(world: ExchangeWorld) -> None:
    answer = await soap.post(world, soap.envelope(soap.GET_INBOX), auth=None)
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers.get_list("WWW-Authenticate") == ["Negotiate", "NTLM", 'Basic realm="localhost"']


@pytest.mark.parametrize(
    "authorization",
    ["Basic !!!", "Basic " + base64.b64encode(b"svc-vmr").decode(), "NTLM !!!", "NTLM TlRMTVNTUAADAAAA", "Bearer x",
     "Kerberos x", "NTLM"],
)  # fmt: skip
async def test_malformed_authorization_headers_are_refused(world: ExchangeWorld, authorization: str) -> None:
    answer = await soap.post(world, soap.envelope(soap.GET_INBOX), auth=None, headers={"Authorization": authorization})
    assert answer.status_code == 401


# --- impersonation and delegate access


async def test_accounts_within_the_scope_can_be_impersonated(client: Client) -> None:
    for address in (VMR_EWS, VMR, ALICE, BOB):
        assert await client.do(lambda address=address: opened(client.mailbox(address))) == "Inbox"


@pytest.mark.parametrize(
    ("username", "address", "error"),
    [
        (SERVICE, CAROL, ErrorImpersonateUserDenied),
        (SERVICE, "nobody@example.com", ErrorNonExistentMailbox),
        (r"EXAMPLE\svc-norights", VMR_EWS, ErrorImpersonateUserDenied),
    ],
)
async def test_accounts_outside_the_scope_cannot_be_impersonated(
    world: ExchangeWorld, username: str, address: str, error: type[Exception]
) -> None:
    client = Client(world, username)
    with pytest.raises(error):
        await client.do(lambda: opened(client.mailbox(address)))


async def test_a_delegate_can_open_the_mailbox(client: Client) -> None:
    assert await client.do(lambda: opened(client.delegate())) == "Inbox"


@pytest.mark.parametrize(
    ("username", "address", "error"),
    [
        (SERVICE, ALICE, ErrorFolderNotFound),
        (SERVICE, "nobody@example.com", ErrorNonExistentMailbox),
        (r"EXAMPLE\svc-norights", VMR_EWS, ErrorFolderNotFound),
    ],
)
async def test_a_mailbox_cannot_be_opened_without_delegate_access(
    world: ExchangeWorld, username: str, address: str, error: type[Exception]
) -> None:
    client = Client(world, username)
    with pytest.raises(error):
        await client.do(lambda: opened(client.delegate(address)))


async def test_an_item_id_does_not_provide_access_to_another_mailbox(world: ExchangeWorld, client: Client) -> None:
    await world.meet(attendees=[VMR_EWS, BOB])
    request = await client.newest(BOB)

    def steal() -> Any:
        return list(client.mailbox(VMR_EWS).fetch([(request.id, request.changekey)]))

    [refused] = await client.do(steal)
    assert isinstance(refused, ErrorItemNotFound)


async def test_an_account_without_a_mailbox_must_specify_one(world: ExchangeWorld) -> None:
    body = soap.GET_INBOX.replace("<t:Mailbox><t:EmailAddress>vmr-ews@example.com</t:EmailAddress></t:Mailbox>", "")
    answer = await soap.post(world, soap.envelope(body))
    assert soap.texts(answer, "ResponseCode") == ["ErrorMissingEmailAddress"]
    impersonated = await soap.post(world, soap.envelope(body, IMPERSONATE_VMR))
    assert soap.texts(impersonated, "DisplayName") == ["Inbox"]


# --- access tokens


async def with_token(world: ExchangeWorld, token: str, header: str = IMPERSONATE_VMR) -> httpx.Response:
    authorization = {"Authorization": f"Bearer {token}"}
    return await soap.post(world, soap.envelope(soap.GET_INBOX, header), auth=None, headers=authorization)


async def test_an_application_has_access_only_when_impersonating_a_user(world: ExchangeWorld) -> None:
    carol = IMPERSONATE_VMR.replace(VMR_EWS, CAROL)
    answer = await with_token(world, "local", carol)
    assert soap.texts(answer, "ResponseCode") == ["ErrorFolderNotFound"], "as Carol, who has no access to the mailbox"
    assert soap.texts(await with_token(world, "local"), "DisplayName") == ["Inbox"]
    refused = await with_token(world, "local", "")
    assert (refused.status_code, soap.texts(refused, "ResponseCode")) == (500, ["ErrorInvalidRequest"])


async def token_of_the_application(world: ExchangeWorld, **form: str) -> httpx.Response:
    tenant = "72f988bf-0a16-4e8e-93e4-fa7d98191101"
    asked = {"grant_type": "client_credentials", "client_id": ENTRA_APP, "client_secret": ENTRA_SECRET, **form}
    return await world.http.post(f"/{tenant}/oauth2/v2.0/token", data=asked)


async def test_the_provider_issues_tokens_to_an_application(world: ExchangeWorld) -> None:
    scope = f"{world.running.base_url}/.default"
    granted = (await token_of_the_application(world, scope=scope)).json()
    assert soap.texts(await with_token(world, granted["access_token"]), "DisplayName") == ["Inbox"]
    now = world.exchange.clock.now()
    world.exchange.move_clock(now.replace(year=now.year + 1))
    assert (await with_token(world, granted["access_token"])).status_code == 401, "it has expired"


@pytest.mark.parametrize(
    "change", [lambda token: token[:-4] + "AAAA", lambda token: token.rpartition(".")[0] + ".", lambda _: "a.b.c"]
)
async def test_a_forged_token_is_refused(world: ExchangeWorld, change: Callable[[str], str]) -> None:
    granted = (await token_of_the_application(world, scope=f"{world.running.base_url}/.default")).json()
    assert (await with_token(world, change(granted["access_token"]))).status_code == 401


async def test_a_token_for_another_resource_is_refused(world: ExchangeWorld) -> None:
    granted = (await token_of_the_application(world, scope="https://graph.microsoft.com/.default")).json()
    assert (await with_token(world, granted["access_token"])).status_code == 401


async def test_a_wrong_client_secret_gets_no_token(world: ExchangeWorld) -> None:
    refused = await token_of_the_application(
        world, client_secret="wrong", scope="https://outlook.office365.com/.default"
    )
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


# --- versions


@pytest.mark.parametrize(("version", "build"), [("2016", EXCHANGE_2016), ("2019", EXCHANGE_2019)])
async def test_exchangelib_detects_the_version(world: ExchangeWorld, client: Client, version: str, build: Any) -> None:
    await world.http.patch("/dev/ews", json={"version": version})
    client.configuration.version = None
    found = await client.do(lambda: client.mailbox().version)
    assert (found.build.major_version, found.build.minor_version) == (build.major_version, build.minor_version)
    assert found.api_version == "Exchange2016"


async def test_an_unknown_version_is_refused(world: ExchangeWorld) -> None:
    asked = '<t:RequestServerVersion Version="Exchange2031"/>'
    answer = await soap.post(world, soap.envelope(soap.GET_INBOX, version=asked))
    assert (answer.status_code, soap.texts(answer, "ResponseCode")) == (500, [ErrorInvalidServerVersion.__name__])


@pytest.mark.parametrize("wrong", [{"version": "2010"}, {"passwords": {"nobody": "x"}}, {"color": 1},
                                   {"passwords": {"svc-vmr": "a:b"}}])  # fmt: skip
async def test_invalid_settings_of_the_simulation_are_refused(world: ExchangeWorld, wrong: dict[str, Any]) -> None:
    answer = await world.http.patch("/dev/ews", json=wrong)
    assert answer.status_code == 400
    assert any(word in answer.text for word in (next(iter(wrong)), "nobody", "colon"))
