"""Maps everything that can go wrong with EWS to the product's own errors.

Only error codes from exchangelib or the server are passed on. Their messages are not, because these may contain
people's mail. Anything not known to be a permanent failure of one item is retried, because Exchange gives many
temporary problems odd names.
"""

from collections.abc import Iterator

import requests
from exchangelib import errors
from exchangelib.errors import EWSError
from spnego.exceptions import SpnegoError

from shared.errors import RateLimited, SchedulingError
from shared.mailboxes.ews.back_off import DEFAULT_BACK_OFF_SECONDS, MAX_BACK_OFF_SECONDS
from shared.mailboxes.ews.failures import (
    EwsError,
    EwsIdMalformed,
    EwsItemGone,
    EwsMailboxClosed,
    EwsMeetingCancelled,
    EwsSyncStateLost,
    EwsUnavailable,
    Trouble,
)


class HttpFailure(errors.TransportError):
    """A response that is not SOAP, with its status and the number of seconds to wait (0 if unknown)."""

    def __init__(self, status: int, retry_after: float = 0.0) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.retry_after = retry_after


class NotSoap(errors.TransportError):
    """A web page instead of SOAP."""


CALL_ERRORS = (EWSError, requests.exceptions.RequestException)
"""What a call may raise: exchangelib's errors, and errors from `requests` that exchangelib does not catch."""


class Unreadable(requests.exceptions.ConnectionError):
    """A response that is truncated, never ends, or contains a document type. A working server does not send such a
    response.
    """


class TooLarge(Unreadable):
    """A response that exceeds the size limit. It may fit without message bodies."""


GONE = (
    errors.ErrorItemNotFound,
    errors.ErrorInvalidIdEmpty,
    errors.ErrorInvalidIdMalformed,
    errors.ErrorInvalidIdNotAnItemAttachmentId,
    errors.ErrorCalendarOccurrenceIsDeletedFromRecurrence,
    errors.ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange,
)
"""Errors about a single item. A call that reads several items gets a separate error for each."""

_CANCELLED = (
    errors.ErrorCalendarIsCancelledForAccept,
    errors.ErrorCalendarIsCancelledForDecline,
    errors.ErrorCalendarIsCancelledForTentative,
    errors.ErrorCalendarIsCancelledForRemove,
)

_NOT_ALLOWED_THERE = (
    errors.ErrorImpersonateUserDenied,
    errors.ErrorImpersonationDenied,
    errors.ErrorImpersonationFailed,
    errors.ErrorInvalidExchangeImpersonationHeaderData,
    errors.ErrorNonExistentMailbox,
    errors.ErrorMissingEmailAddress,
    errors.ErrorAccessDenied,
    errors.SOAPError,
)
"""Grommunio refuses impersonation with a SOAP fault that has no EWS code."""

REFUSED_SEARCH = (
    errors.ErrorUnsupportedPathForQuery,
    errors.ErrorUnsupportedQueryFilter,
    errors.ErrorInvalidRestriction,
    errors.ErrorRestrictionTooComplex,
    errors.ErrorInvalidPropertyRequest,
    errors.ErrorInvalidExtendedProperty,
    errors.SOAPError,
)
"""Errors from servers that cannot search by a binary property."""

_BUSY = (
    errors.ErrorServerBusy,
    errors.RateLimitError,
    errors.ErrorExceededConnectionCount,
    errors.ErrorTooManyObjectsOpened,
)
_FOR_GOOD = (
    errors.ErrorItemCorrupt,
    errors.ErrorCorruptData,
    errors.ErrorMessageSizeExceeded,
    errors.ErrorContentConversionFailed,
    errors.ErrorCalendarIsOrganizerForAccept,
    errors.ErrorCalendarIsOrganizerForDecline,
    errors.ErrorCalendarIsOrganizerForTentative,
    errors.ErrorCalendarIsDelegatedForAccept,
    errors.ErrorCalendarIsDelegatedForDecline,
    errors.ErrorInvalidRecipients,
    errors.ErrorMailRecipientNotFound,
)
_TROUBLES: dict[Trouble, tuple[type[EWSError], ...]] = {
    Trouble.IMPERSONATION: (
        errors.ErrorImpersonateUserDenied,
        errors.ErrorImpersonationDenied,
        errors.ErrorImpersonationFailed,
    ),
    Trouble.NO_MAILBOX: (
        errors.ErrorNonExistentMailbox,
        errors.ErrorMissingEmailAddress,
        errors.ErrorInvalidExchangeImpersonationHeaderData,
        errors.ErrorInvalidSmtpAddress,
    ),
    Trouble.ACCESS: (errors.ErrorAccessDenied, errors.ErrorFolderNotFound),
    Trouble.SIGN_IN: (errors.UnauthorizedError,),
    Trouble.NOT_EWS: (errors.RedirectError, NotSoap),
    Trouble.UNREADABLE: (errors.SOAPError, errors.MalformedResponseError),
}
_KINDS: dict[type[EwsUnavailable], tuple[type[EWSError], ...]] = {
    EwsIdMalformed: (errors.ErrorInvalidIdMalformed,),
    EwsItemGone: GONE,
    EwsMeetingCancelled: _CANCELLED,
    EwsMailboxClosed: _NOT_ALLOWED_THERE,
    EwsSyncStateLost: (errors.ErrorInvalidSyncStateData,),
}
"""Errors that callers handle themselves."""


def translated(error: Exception) -> SchedulingError:
    """The product's equivalent of an error raised by exchangelib, by `requests` or while parsing a response."""
    if isinstance(error, SchedulingError):
        return error
    if isinstance(error, _BUSY):
        asked = getattr(error, "back_off", None) or getattr(error, "wait", None) or DEFAULT_BACK_OFF_SECONDS
        return RateLimited(f"Exchange asks us to wait ({_name(error)}).", min(float(asked), MAX_BACK_OFF_SECONDS))
    if isinstance(error, HttpFailure):
        return _http(error)
    if cause := next((c for c in _causes(error) if isinstance(c, requests.exceptions.RequestException)), None):
        return EwsUnavailable(_connection(cause))
    if isinstance(error, _FOR_GOOD):
        return EwsError(_name(error))
    if isinstance(error, EWSError):
        trouble = next((t for t, classes in _TROUBLES.items() if isinstance(error, classes)), Trouble.OTHER)
        kind = next((kind for kind, classes in _KINDS.items() if isinstance(error, classes)), EwsUnavailable)
        return kind(trouble, _name(error))
    if isinstance(error, PermissionError | SpnegoError):  # errors that an NTLM sign-in may raise
        return EwsUnavailable(Trouble.SIGN_IN, "NTLM")
    # Any other error: a hostile response can make the library's parser raise anything.
    return EwsUnavailable(Trouble.UNREADABLE, type(error).__name__)


def is_too_large(error: BaseException) -> bool:
    """Whether a response was larger than the limit."""
    return any(isinstance(cause, TooLarge) for cause in _causes(error))


def _name(error: Exception) -> str:
    """EWS's code for an error. exchangelib names its classes after these codes."""
    name = type(error).__name__
    return name if name.startswith("Error") else ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and the chain of errors behind it. exchangelib wraps errors from `requests`."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _http(failure: HttpFailure) -> SchedulingError:
    if failure.status in (429, 503):
        wait = failure.retry_after or DEFAULT_BACK_OFF_SECONDS
        return RateLimited(f"Exchange asks us to wait (HTTP {failure.status}).", min(wait, MAX_BACK_OFF_SECONDS))
    troubles = {
        401: Trouble.SIGN_IN,
        407: Trouble.PROXY,
        403: Trouble.ACCESS,
        408: Trouble.SILENT,
        502: Trouble.UNREACHABLE,
    }
    trouble = troubles.get(failure.status, Trouble.NOT_EWS if failure.status < 500 else Trouble.OTHER)
    return EwsUnavailable(trouble, f"HTTP {failure.status}")


def _connection(cause: BaseException) -> Trouble:
    """The cause of an error from `requests`. For some errors, only the text reveals it."""
    if isinstance(cause, Unreadable | requests.exceptions.ContentDecodingError):
        return Trouble.UNREADABLE
    if isinstance(cause, requests.exceptions.SSLError):
        return Trouble.CERTIFICATE
    if isinstance(cause, requests.exceptions.ProxyError):
        return Trouble.PROXY
    if isinstance(cause, requests.exceptions.ConnectTimeout):
        return Trouble.UNREACHABLE
    if isinstance(cause, requests.exceptions.Timeout):
        return Trouble.SILENT
    if "NameResolutionError" in repr(cause) or "gaierror" in repr(cause):
        return Trouble.NAME
    return Trouble.UNREACHABLE
