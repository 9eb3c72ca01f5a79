"""Every exchangelib exception is mapped to one of the product's errors, without confidential text."""

import inspect
import ssl
from collections.abc import Iterator

import pytest
import requests
from exchangelib import errors
from exchangelib.errors import EWSError
from spnego.exceptions import InvalidTokenError

from shared.errors import NotFound, RateLimited, SchedulingError, Unavailable
from shared.mailboxes.ews.error_mapping import GONE, HttpFailure, NotSoap, Unreadable, translated
from shared.mailboxes.ews.failures import EwsError, EwsUnavailable, Trouble

SECRET = "alice@example.com: Layoffs"


def raised(cls: type[Exception]) -> Exception:
    """An exception of the given class that contains confidential text."""
    if issubclass(cls, errors.RedirectError):
        redirect: Exception = errors.RedirectError(url=f"https://example.com/{SECRET}")
        return redirect
    if not issubclass(cls, EWSError | ValueError | TypeError):
        return cls(SECRET)
    required = {
        name: 1 if name == "wait" else SECRET
        for name, parameter in inspect.signature(cls).parameters.items()
        if parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    }
    if cls is errors.CASError:
        required["response"] = requests.Response()  # type: ignore[assignment]
    if "choices" in required:
        required["choices"] = ["a"]  # type: ignore[assignment]
    return cls(**required) if required else cls(SECRET)


def library() -> Iterator[type[Exception]]:
    """All exception classes in exchangelib."""
    yield from (c for c in vars(errors).values() if inspect.isclass(c) and issubclass(c, Exception))


@pytest.mark.parametrize("cls", [*library()], ids=lambda cls: cls.__name__)
def test_every_exchangelib_error_is_mapped(cls: type[Exception]) -> None:
    error = translated(raised(cls))
    assert isinstance(error, (EwsUnavailable, EwsError, RateLimited))
    assert SECRET not in str(error)
    if cls.__name__.startswith("Error"):
        assert cls.__name__ in str(error), "admins can look up EWS's error code"


def network() -> Iterator[type[Exception]]:
    """All exception classes in the requests library."""
    for cls in vars(requests.exceptions).values():
        if inspect.isclass(cls) and issubclass(cls, requests.exceptions.RequestException):
            yield cls


@pytest.mark.parametrize("cls", [*network()], ids=lambda cls: cls.__name__)
def test_every_network_error_is_mapped(cls: type[Exception]) -> None:
    error = translated(cls("a", "b", 1) if cls is requests.exceptions.JSONDecodeError else cls(SECRET))
    assert isinstance(error, EwsUnavailable)
    assert SECRET not in str(error)


@pytest.mark.parametrize("cls", [KeyError, ValueError, AttributeError, TypeError, RecursionError, MemoryError])
def test_errors_caused_in_exchangelib_by_a_hostile_response_are_mapped(cls: type[Exception]) -> None:
    error = translated(cls(SECRET))
    assert isinstance(error, EwsUnavailable)
    assert error.trouble is Trouble.UNREADABLE
    assert SECRET not in str(error)


def test_the_products_own_errors_are_not_changed() -> None:
    ours: SchedulingError = NotFound("x")
    assert translated(ours) is ours


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (errors.UnauthorizedError("x"), Trouble.SIGN_IN),
        (errors.ErrorImpersonateUserDenied("x"), Trouble.IMPERSONATION),
        (errors.ErrorNonExistentMailbox("x"), Trouble.NO_MAILBOX),
        (errors.ErrorAccessDenied("x"), Trouble.ACCESS),
        (errors.RedirectError(url="https://x/"), Trouble.NOT_EWS),
        (NotSoap("x"), Trouble.NOT_EWS),
        (errors.SOAPError("x"), Trouble.UNREADABLE),
        (Unreadable("x"), Trouble.UNREADABLE),
        (HttpFailure(401), Trouble.SIGN_IN),
        (HttpFailure(404), Trouble.NOT_EWS),
        (HttpFailure(407), Trouble.PROXY),
        (HttpFailure(504), Trouble.OTHER),
        (PermissionError("x"), Trouble.SIGN_IN),
        (InvalidTokenError(context_msg="x"), Trouble.SIGN_IN),
        (requests.exceptions.SSLError(ssl.SSLCertVerificationError("x")), Trouble.CERTIFICATE),
        (requests.exceptions.ProxyError("x"), Trouble.PROXY),
        (requests.exceptions.ReadTimeout("x"), Trouble.SILENT),
        (requests.exceptions.ConnectTimeout("x"), Trouble.UNREACHABLE),
        (requests.exceptions.ConnectionError("NameResolutionError"), Trouble.NAME),
        (requests.exceptions.ConnectionError("refused"), Trouble.UNREACHABLE),
    ],
)
def test_each_error_is_mapped_to_the_error_for_its_cause(error: Exception, trouble: Trouble) -> None:
    found = translated(error)
    assert isinstance(found, EwsUnavailable)
    assert found.trouble is trouble


def test_a_network_failure_wrapped_by_exchangelib_is_recognized() -> None:
    try:
        try:
            raise requests.exceptions.SSLError("certificate verify failed")
        except requests.exceptions.SSLError as error:
            raise errors.TransportError(str(error))  # noqa: B904  # as exchangelib does it
    except errors.TransportError as renamed:
        found = translated(renamed)
    assert isinstance(found, EwsUnavailable)
    assert found.trouble is Trouble.CERTIFICATE


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (errors.ErrorServerBusy("x", back_off=61.5), 61.5),
        (errors.ErrorServerBusy("x"), 60),
        (errors.ErrorServerBusy("x", back_off=1e9), 3600),
        (errors.RateLimitError("x", wait=90), 90),
        (errors.ErrorTooManyObjectsOpened("x"), 60),
        (HttpFailure(503, 5.5), 5.5),
        (HttpFailure(429), 60),
    ],
)
def test_the_wait_requested_by_a_busy_server_is_respected(error: Exception, seconds: float) -> None:
    found = translated(error)
    assert isinstance(found, RateLimited)
    assert found.retry_after == seconds


def test_only_errors_about_one_item_are_permanent() -> None:
    """All other errors are retried, because Exchange reports many temporary problems with misleading codes."""
    final = {cls.__name__ for cls in library() if isinstance(translated(raised(cls)), EwsError)}
    assert final == {
        "ErrorItemCorrupt",
        "ErrorCorruptData",
        "ErrorMessageSizeExceeded",
        "ErrorContentConversionFailed",
        "ErrorCalendarIsOrganizerForAccept",
        "ErrorCalendarIsOrganizerForDecline",
        "ErrorCalendarIsOrganizerForTentative",
        "ErrorCalendarIsDelegatedForAccept",
        "ErrorCalendarIsDelegatedForDecline",
        "ErrorInvalidRecipients",
        "ErrorMailRecipientNotFound",
    }


def test_a_missing_item_does_not_count_as_a_server_failure() -> None:
    assert all(issubclass(cls, EWSError) for cls in GONE)
    assert issubclass(EwsUnavailable, Unavailable)
    assert not issubclass(EwsError, Unavailable)
