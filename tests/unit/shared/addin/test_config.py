"""X2, X5: the configuration that the pane receives."""

import pytest

from shared.addin.config import config, identity_origins
from shared.integrations.settings.pane_texts import Pane
from tests.support.integrations import GUID, an_integration, full_fields

HOSTILE = '<b style="color:red;position:fixed" onclick="x()">Hi</b><script>x()</script><img src=x onerror=x()>'


def test_every_pane_text_is_included_and_sanitized() -> None:
    names = list(Pane.model_fields)
    integration = an_integration(**{name: f"{index}{HOSTILE}" for index, name in enumerate(names)})
    texts = config(integration, "1")["texts"]
    assert sorted(int(text.partition("<")[0]) for text in texts.values()) == list(range(len(names)))
    assert {text.lstrip("0123456789") for text in texts.values()} == {'<b style="color:red">Hi</b>'}


def test_pane_texts_have_the_documented_names() -> None:
    expected = {
        "pane_title", "pane_description", "single_use_button", "success_heading", "already_heading", "unable_heading",
        "error_heading", "success_message", "already_message", "unable_message", "error_message", "personal_button",
        "sign_in_button", "select_message", "none_message", "error_getting_message", "error_signing_in_message",
        "error_inserting_personal_message",
    }  # fmt: skip
    assert config(an_integration(), "1")["texts"].keys() == expected


@pytest.mark.parametrize("single_use", [True, False])
@pytest.mark.parametrize("personal", [True, False])
def test_enabled_modes_come_from_the_settings(single_use: bool, personal: bool) -> None:
    integration = an_integration(**full_fields(enable_dynamic_vmrs=single_use, enable_personal_vmrs=personal))
    assert config(integration, "1")["modes"] == {"single_use": single_use, "personal": personal}


def test_configuration_contains_version_mailbox_and_api() -> None:
    integration = an_integration(uuid=GUID, enable_addin_debug_logs=True)
    told = config(integration, "1.2+abc")
    assert told["uuid"] == GUID
    assert told["version"] == "1.2+abc"
    assert (told["room_name"], told["room_email"]) == ("VMR", "vmr@example.com")
    assert told["debug"] is True
    assert told["stylesheets"] == []
    assert told["api"] == {
        "meeting_details": f"/api/client/v2/msexchange_schedulers/{GUID}/meeting_details",
        "personal_vmrs": f"/api/client/v2/msexchange_schedulers/{GUID}/personal_vmrs",
        "tag_state": f"/api/client/v2/msexchange_schedulers/{GUID}/tag_state",
        "config": f"/addin/{GUID}/config",
        "sign_in": f"/addin/{GUID}/sign-in",
        "redeem": f"/addin/{GUID}/sign-in/redeem",
        "sign_out": f"/addin/{GUID}/sign-out",
    }


@pytest.mark.parametrize(
    ("learnt", "told"),
    [
        (("vmr@example.com", "primary@example.com", "/o=org/cn=vmr"), None),
        ((), ["vmr@example.com"]),
        (("former@example.com", "primary@example.com"), ["vmr@example.com"]),
    ],
)
def test_configuration_lists_the_addresses_of_the_current_mailbox(
    learnt: tuple[str, ...], told: list[str] | None
) -> None:
    integration = an_integration(room_mailbox_email_address="VMR@example.com")
    assert config(integration, "1", learnt)["room_addresses"] == (told or list(learnt))


def test_configuration_contains_no_secrets() -> None:
    integration = an_integration(**full_fields(addin_authentication_method="NAA_TOKEN"))
    told = str(config(integration, "1"))
    for secret in ("correct horse", "battery staple", "staple battery", "svc@example.com", "EWS"):
        assert secret not in told


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("EXCHANGE_USER_ID_TOKEN", {"method": "exchange_token"}),
        ("SSO_TOKEN", {"method": "office_sso"}),
        (
            "NAA_TOKEN",
            {
                "method": "nested_app",
                "client_id": GUID,
                "authority": "https://login.microsoftonline.com/common",
                "scope": f"api://{GUID}/access_as_user",
            },
        ),
    ],
)
def test_configuration_specifies_how_the_pane_authenticates_its_user(method: str, told: dict[str, str]) -> None:
    fields = full_fields(addin_authentication_method=method, uuid=GUID)
    with_sign_in = an_integration(**fields)
    without = an_integration(
        **fields
        | {name: "" for name in fields if name.startswith("personal_vmr_oauth")}
        | {"enable_personal_vmrs": False}
    )
    assert config(without, "1")["identity"] == told
    assert config(with_sign_in, "1")["identity"] == told | {"dialog_url": f"/addin/{GUID}/sign-in"}
    assert identity_origins(without) == (["https://login.microsoftonline.com"] if method == "NAA_TOKEN" else [])
