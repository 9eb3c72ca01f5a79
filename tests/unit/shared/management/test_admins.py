"""The management API accepts only the password and the app roles Scheduling.Admin and Scheduling.Read."""

from typing import Any

import pytest

from shared.errors import NotAllowed, NotAuthenticated
from shared.identity.entra import EntraTokens
from shared.identity.entra_keys import EntraKeys
from shared.management import Admin, EntraAdmins, PasswordAdmins
from shared.password_hash import hash_password
from shared.settings import BasicCredential, EntraApp
from tests.fakes.clock import FakeClock
from tests.support.entra_tokens import API, STRANGER, TENANT, Entra

PASSWORD = {"authorization": "Basic YWRtaW46Y29ycmVjdA=="}  # admin:correct


@pytest.fixture
def entra() -> Entra:
    return Entra(FakeClock())


@pytest.fixture
def admins(entra: Entra) -> EntraAdmins:
    passwords = PasswordAdmins(BasicCredential("admin", hash_password("correct")))
    return EntraAdmins(EntraTokens(EntraKeys(entra.fetch, FakeClock()), FakeClock()), EntraApp(TENANT, API), passwords)


def bearer(entra: Entra, **claims: Any) -> dict[str, str]:
    return {"authorization": f"Bearer {entra.token(**claims)}"}


@pytest.mark.parametrize("scp", ["access_as_user", None], ids=["a person", "an app"])
async def test_the_admin_role_is_accepted_for_people_and_apps(
    entra: Entra, admins: EntraAdmins, scp: str | None
) -> None:
    found = await admins.authenticate(bearer(entra, roles=["Other", "Scheduling.Admin"], scp=scp))
    assert found.may_change


async def test_the_reader_role_allows_only_reading(entra: Entra, admins: EntraAdmins) -> None:
    found = await admins.authenticate(bearer(entra, roles=["Scheduling.Read"], preferred_username="eve@example.com"))
    assert found == Admin("eve@example.com", may_change=False)
    both = await admins.authenticate(bearer(entra, roles=["Scheduling.Read", "Scheduling.Admin"]))
    assert both.may_change


@pytest.mark.parametrize("roles", [None, [], ["Scheduling.Reader"], "Scheduling.Admin", [["Scheduling.Admin"]]])
async def test_a_token_without_a_role_is_not_allowed(entra: Entra, admins: EntraAdmins, roles: Any) -> None:
    with pytest.raises(NotAllowed, match=r"Scheduling\.Admin"):
        await admins.authenticate(bearer(entra, roles=roles))


@pytest.mark.parametrize("claims", [{"aud": STRANGER}, {"tid": STRANGER}, {"ver": "1.0"}])
async def test_a_token_for_another_audience_is_refused(
    entra: Entra, admins: EntraAdmins, claims: dict[str, Any]
) -> None:
    with pytest.raises(NotAuthenticated):
        await admins.authenticate(bearer(entra, roles=["Scheduling.Admin"], **claims))


async def test_the_password_is_still_accepted(admins: EntraAdmins) -> None:
    assert await admins.authenticate(PASSWORD) == Admin("admin", may_change=True)


@pytest.mark.parametrize("headers", [{}, {"authorization": "Basic YWRtaW46d3Jvbmc="}, {"authorization": "Bearer x"}])
async def test_all_other_credentials_are_refused(admins: EntraAdmins, headers: dict[str, str]) -> None:
    with pytest.raises(NotAuthenticated):
        await admins.authenticate(headers)
