"""Why calls to an EWS server fail, in the product's own terms. This module does not depend on exchangelib, so any other
may import it.
"""

from enum import StrEnum

from shared.errors import SchedulingError, Unavailable
from shared.mailboxes.mailbox import NO_MAILBOX, ItemGone


class Trouble(StrEnum):
    """Why a server cannot be used. The doctor suggests a remedy for each reason."""

    UNREACHABLE = "unreachable"
    NAME = "name_not_found"
    CERTIFICATE = "certificate_not_trusted"
    PROXY = "web_proxy"
    SILENT = "no_answer_in_time"
    SIGN_IN = "sign_in_refused"
    NOT_EWS = "not_ews"
    IMPERSONATION = "impersonation_denied"
    NO_MAILBOX = "no_such_mailbox"
    ACCESS = "access_denied"
    UNREADABLE = "unreadable_answer"
    BUSY = "asks_to_wait"
    OTHER = "refused"


_MEANINGS = {
    Trouble.UNREACHABLE: "Exchange cannot be reached at the EWS URL.",
    Trouble.NAME: "The host of the EWS URL was not found in DNS.",
    Trouble.CERTIFICATE: "The Exchange server's certificate is not trusted.",
    Trouble.PROXY: "The web proxy did not forward the request to Exchange.",
    Trouble.SILENT: "Exchange did not respond in time.",
    Trouble.SIGN_IN: "Exchange refuses the service account (401): a wrong user name or password, a locked account, "
    "or, with NTLM, a layer-7 load balancer that sends the steps of one sign-in to different servers.",
    Trouble.NOT_EWS: "The server at the EWS URL does not provide EWS.",
    Trouble.IMPERSONATION: "The service account may not impersonate the mailbox.",
    Trouble.NO_MAILBOX: NO_MAILBOX,
    Trouble.ACCESS: "The service account has no access to the mailbox.",
    Trouble.UNREADABLE: "Exchange's response could not be read.",
    Trouble.BUSY: "Exchange asks us to wait.",
    Trouble.OTHER: "Exchange refused a request.",
}


class EwsUnavailable(Unavailable):
    """EWS cannot be used at the moment. `trouble` is the reason. `error_code` is EWS's own code, the HTTP status, or
    "".
    """

    code = "ews_unavailable"

    def __init__(self, trouble: Trouble, error_code: str = "") -> None:
        super().__init__(_MEANINGS[trouble] + (f" ({error_code})" if error_code else ""))
        self.trouble = trouble
        self.error_code = error_code


class EwsItemGone(EwsUnavailable, ItemGone):
    """There is no item with this id. It may never have existed, may have been deleted, or may have a new id."""


class EwsIdMalformed(EwsItemGone):
    """The id is not a valid EWS id, although the item may exist."""


class EwsMeetingCancelled(EwsItemGone):
    """The meeting was cancelled before it was answered."""


class EwsMailboxClosed(EwsUnavailable):
    """The mailbox does not exist, or we may not use it."""


class EwsSyncStateLost(EwsUnavailable):
    """The server no longer recognizes a sync state that it issued."""


class EwsError(SchedulingError):
    """A permanent refusal by EWS. `error_code` is EWS's own code (`ErrorItemCorrupt`, …)."""

    code = "ews_refused"

    def __init__(self, error_code: str) -> None:
        super().__init__(f"Exchange returned {error_code}.")
        self.error_code = error_code
