"""Parts of the simulated EWS that need no server: shapes, extended properties, accounts, sync states."""

import pytest

from dev.exchange.ews import extended, shapes
from dev.exchange.ews.access import Actor, Caller, impersonating, seeded
from dev.exchange.ews.errors import EwsError, SoapFaultError
from dev.exchange.ews.ids import MESSAGE, ItemId
from dev.exchange.ews.sync_states import Seen, State, SyncStates
from dev.exchange.ews.xml import Element, t

OWNER = "11111111-1111-4111-8111-111111111111"


def shape(base: str, *more: Element) -> Element:
    return t("ItemShape", t("BaseShape", base), t("AdditionalProperties", *more))


def test_a_shape_requests_its_base_and_the_added_properties() -> None:
    added = t("FieldURI", {"FieldURI": "item:Body"})
    only_ids = shapes.read(shape("IdOnly", added), "Exchange2016", default=["item:Subject"])
    assert [only_ids.wants(uri) for uri in ("item:Body", "item:Subject", "item:Size")] == [True, False, False]
    default = shapes.read(shape("Default"), "Exchange2016", default=["item:Subject"])
    assert [default.wants(uri) for uri in ("item:Body", "item:Subject", "item:Size")] == [False, True, False]
    listed = shapes.read(shape("AllProperties", added), "Exchange2016", in_list=True)
    assert [listed.wants(uri) for uri in ("item:Body", "item:Subject", "item:Size")] == [False, True, True]


@pytest.mark.parametrize("wrong", [None, t("ItemShape"), shape("Everything")])
def test_invalid_shapes_are_refused(wrong: Element | None) -> None:
    with pytest.raises(EwsError) as raised:
        shapes.read(wrong, "Exchange2016")
    assert raised.value.code == "ErrorSchemaValidation"


@pytest.mark.parametrize(
    ("uri", "version", "code"),
    [
        ("item:Bdy", "Exchange2016", "ErrorSchemaValidation"),
        ("mail:Subject", "Exchange2016", "ErrorSchemaValidation"),
        ("calendar:StartTimeZone", "Exchange2007_SP1", "ErrorInvalidPropertyRequest"),
        ("item:TextBody", "Exchange2010_SP2", "ErrorInvalidPropertyRequest"),
        ("calendar:UID", "Exchange2007", "ErrorInvalidPropertyRequest"),
    ],
)
def test_properties_unknown_to_the_requested_version_are_refused(uri: str, version: str, code: str) -> None:
    with pytest.raises(EwsError) as raised:
        shapes.read(shape("IdOnly", t("FieldURI", {"FieldURI": uri})), version)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({}, "ErrorInvalidExtendedProperty"),
        ({"PropertyTag": "0x300B"}, "ErrorInvalidExtendedProperty"),
        ({"PropertyType": "Binary"}, "ErrorInvalidExtendedProperty"),
        ({"PropertyTag": "zero", "PropertyType": "Binary"}, "ErrorSchemaValidation"),
        (
            {"DistinguishedPropertySetId": "Meeting", "PropertyId": "0x23", "PropertyType": "Binary"},
            "ErrorSchemaValidation",
        ),
    ],
)
def test_invalid_extended_properties_are_refused(attributes: dict[str, str], code: str) -> None:
    with pytest.raises(EwsError) as raised:
        extended.read(t("ExtendedFieldURI", attributes))
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("attributes", "property_set", "name"),
    [
        ({"PropertyTag": "0x300B", "PropertyType": "Binary"}, "", 0x300B),
        ({"PropertyTag": "12299", "PropertyType": "Binary"}, "", 0x300B),
        ({"DistinguishedPropertySetId": "Meeting", "PropertyId": "3", "PropertyType": "Binary"}, "Meeting", 3),
        ({"PropertySetId": "6ed8da90-450b-101b-98da-00aa003f1305", "PropertyId": "35", "PropertyType": "Binary"},
         "Meeting", 35),
        ({"DistinguishedPropertySetId": "PublicStrings", "PropertyName": "x", "PropertyType": "String"},
         "PublicStrings", "x"),
    ],
)  # fmt: skip
def test_extended_properties_are_read(attributes: dict[str, str], property_set: str, name: int | str) -> None:
    found = extended.read(t("ExtendedFieldURI", attributes))
    assert (found.property_set, found.name, dict(found.attributes)) == (property_set, name, attributes)


@pytest.mark.parametrize(
    ("username", "known"),
    [
        ("svc-vmr", True),
        ("SVC-VMR@EXAMPLE.COM", True),
        (r"EXAMPLE\svc-vmr", True),
        (r"example.com\svc-vmr", True),
        (r"\svc-vmr@example.com", True),
        (r"OTHER\svc-vmr", False),
        ("svc-vmr@other.com", False),
        ("", False),
    ],
)
def test_an_account_can_sign_in_under_several_names(username: str, known: bool) -> None:
    assert seeded()[0].is_(username) is known


def test_an_application_must_name_the_user_on_whose_behalf_it_acts() -> None:
    with pytest.raises(SoapFaultError):
        impersonating(Caller(), None, asked=False)
    account = seeded()[0]
    assert impersonating(Caller(account), None, asked=False) == Actor(Caller(account), opens=account.opens)


def test_a_sync_state_belongs_to_one_folder_and_is_kept_while_nothing_changes() -> None:
    states = SyncStates()
    empty = states.find("", OWNER, "inbox")
    first = states.keep(empty, empty, "")
    assert states.keep(states.find(first, OWNER, "inbox"), empty, first) == first
    seen = {ItemId(MESSAGE, OWNER, "a" * 32): Seen(1, is_read=False, content=(None, False))}
    second = states.keep(State(OWNER, "inbox", seen), empty, first)
    assert second != first
    assert states.find(second, OWNER, "inbox").seen == seen
    with pytest.raises(EwsError):
        states.find(second, OWNER, "drafts")
    states.forget()
    with pytest.raises(EwsError):
        states.find(second, OWNER, "inbox")
