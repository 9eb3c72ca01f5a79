"""EWS errors: in a response message for a single item, or in a SOAP fault for the whole request."""

from collections.abc import Mapping

from dev.exchange.ews.xml import Element, e, m, plain, s, t

#: The service's messages, keyed by response code, from samples and clients' error reports. The messages for other codes
#: are given where the errors are raised.
TEXTS = {
    "ErrorAccessDenied": "Access is denied. Check credentials and try again.",
    "ErrorChangeKeyRequired": "This operation can't be performed because this item has no change key.",
    "ErrorFolderNotFound": "The specified folder could not be found in the store.",
    "ErrorInvalidIdMalformed": "Id is malformed.",
    "ErrorInvalidSyncStateData": "Synchronization state data is corrupt or otherwise invalid.",
    "ErrorItemNotFound": "The specified object was not found in the store.",
    "ErrorNonExistentMailbox": "The SMTP address has no mailbox associated with it.",
    "ErrorImpersonateUserDenied": "The account does not have permission to impersonate the requested user.",
    "ErrorMissingEmailAddress": "When making a request as an account that does not have a mailbox, you must specify "
    "the mailbox primary SMTP address for any distinguished folder Ids.",
    "ErrorServerBusy": "The server cannot service this request right now. Try again later.",
    "ErrorSchemaValidation": "The request failed schema validation.",
    "ErrorInvalidServerVersion": "The specified server version is invalid.",
    "ErrorCalendarIsCancelledForAccept": "The calendar item has been canceled.",
    "ErrorCalendarIsCancelledForDecline": "The calendar item has been canceled.",
    "ErrorCalendarIsCancelledForTentative": "The calendar item has been canceled.",
    "ErrorCalendarMeetingRequestIsOutOfDate": "The meeting request is out of date.",
    "ErrorStaleObject": "The change key passed in the request does not match the current change key for the item.",
    "ErrorExceededConnectionCount": "You have exceeded the available concurrent connections for your account.",
}


_CONTAINERS = {
    **dict.fromkeys(("CreateItem", "GetItem", "MoveItem", "UpdateItem"), "Items"),
    "GetFolder": "Folders",
}


class EwsError(Exception):
    """A single item or folder in a request is refused, with this ResponseCode and MessageText."""

    def __init__(self, code: str, message: str | None = None) -> None:
        self.code = code
        self.message = message or TEXTS.get(code, "The request failed.")
        super().__init__(f"{code}: {self.message}")


class SoapFaultError(EwsError):
    """The whole request is refused. ``values`` go into MessageXml; ``status`` is the HTTP status."""

    def __init__(
        self, code: str, message: str | None = None, values: Mapping[str, str] | None = None, status: int = 500
    ) -> None:
        super().__init__(code, message)
        self.values = dict(values or {})
        self.status = status


def response_message(operation: str, *content: Element) -> Element:
    """A response message that reports success."""
    return m(f"{operation}ResponseMessage", {"ResponseClass": "Success"}, m("ResponseCode", "NoError"), *content)


def error_message(operation: str, error: EwsError, *content: Element) -> Element:
    """A response message that reports an error. If the operation returns items or folders, it contains an empty Items
    or Folders element.
    """
    tag = _CONTAINERS.get(operation)
    return m(
        f"{operation}ResponseMessage",
        {"ResponseClass": "Error"},
        m("MessageText", error.message),
        m("ResponseCode", error.code),
        m("DescriptiveLinkKey", "0"),
        *(content or ([m(tag)] if tag else [])),
    )


def fault(error: SoapFaultError) -> Element:
    """The SOAP fault as an element. Its detail has the format shown in the throttling documentation."""
    values = [t("Value", {"Name": name}, value) for name, value in error.values.items()]
    return s(
        "Fault",
        plain.faultcode(f"a:{error.code}"),
        plain.faultstring(error.message),
        plain.detail(
            e("ResponseCode", error.code),
            e("Message", error.message),
            *([t("MessageXml", *values)] if values else []),
        ),
    )
