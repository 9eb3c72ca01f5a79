"""Which responses are recognized as EWS, and the longest wait that a server may request."""

import pytest
import requests

from shared.mailboxes.ews.connection import AtOnce
from shared.mailboxes.ews.error_mapping import HttpFailure, NotSoap, Unreadable

SOAP = b'<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>'


def answer(status: int, content: bytes = b"", **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response._content = content
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


@pytest.mark.parametrize("content", [SOAP, b"\xef\xbb\xbf" + SOAP, b"\r\n" + SOAP + b"\r\n"])
@pytest.mark.parametrize("status", [200, 500])
def test_soap_is_read_regardless_of_the_http_status(status: int, content: bytes) -> None:
    """SOAP faults usually have status 500, but sometimes 200."""
    AtOnce().raise_response_errors(answer(status, content))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    """Rule 5: external input never determines the host of a request."""
    with pytest.raises(NotSoap):
        AtOnce().raise_response_errors(answer(status, location="https://evil.example/"))


@pytest.mark.parametrize("content", [b"", b"<html></html>", b"<!DOCTYPE html><html/>", b"{}"])
def test_a_web_page_is_not_mistaken_for_soap(content: bytes) -> None:
    with pytest.raises(NotSoap):
        AtOnce().raise_response_errors(answer(200, content))


@pytest.mark.parametrize("content", [SOAP[:-3], SOAP[:60], SOAP.replace(b"?>", b"?><!DOCTYPE a []>")])
@pytest.mark.parametrize("status", [200, 500])
def test_soap_that_is_truncated_or_has_a_document_type_is_refused(status: int, content: bytes) -> None:
    with pytest.raises(Unreadable):
        AtOnce().raise_response_errors(answer(status, content))


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [("5", 5), ("2.5", 2.5), ("-3", 0), ("nan", 0), ("inf", 0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0), ("", 0)],
)
def test_a_servers_requested_wait_is_read(asked: str, seconds: float) -> None:
    with pytest.raises(HttpFailure) as caught:
        AtOnce().raise_response_errors(answer(503, Retry_After=asked))
    assert (caught.value.status, caught.value.retry_after) == (503, seconds)


def test_a_refusal_that_closes_the_connection_is_not_taken_for_a_busy_server() -> None:
    """exchangelib treats every response with `Connection: close` as a sign of a busy server."""
    with pytest.raises(HttpFailure) as caught:
        AtOnce().raise_response_errors(answer(404, connection="close"))
    assert caught.value.status == 404
