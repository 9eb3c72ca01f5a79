"""Changes that end the OAuth sign-in of a service account (E3)."""

import pytest

from shared.integrations.stale_sign_in import without_stale_sign_in
from shared.secrets import SecretReference
from tests.support.integrations import an_integration

SIGNED_IN = an_integration().model_copy(
    update={
        "authentication_method": "OAUTH",
        "username": "svc@example.com",
        "oauth_refresh_token": SecretReference("token-1"),
    }
)


@pytest.mark.parametrize(
    "change",
    [
        {"username": "other@example.com"},
        {"oauth_client_id": "4189c2b4-92ca-416c-b7ea-bc3cfab3d0f0"},
        {"oauth_token_endpoint": "https://login.example.com/token"},
        {"authentication_method": "BASIC"},
    ],
)
def test_changing_a_setting_that_the_sign_in_depends_on_ends_it(change: dict[str, str]) -> None:
    assert without_stale_sign_in(SIGNED_IN, SIGNED_IN.model_copy(update=change)).oauth_refresh_token == ""


@pytest.mark.parametrize(
    "change",
    [
        {"name": "x"},
        {"room_mailbox_name": "x"},
        {"url": "https://other.example.com/EWS/Exchange.asmx"},
        {"oauth_auth_endpoint": "https://login.example.com/authorize"},
    ],
)
def test_other_changes_keep_the_sign_in(change: dict[str, str]) -> None:
    assert without_stale_sign_in(SIGNED_IN, SIGNED_IN.model_copy(update=change)).oauth_refresh_token == "token-1"


def test_a_token_set_in_the_same_save_is_kept() -> None:
    change = {"username": "other@example.com", "oauth_refresh_token": SecretReference("token-2")}
    assert without_stale_sign_in(SIGNED_IN, SIGNED_IN.model_copy(update=change)).oauth_refresh_token == "token-2"
