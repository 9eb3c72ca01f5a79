"""Files that browsers cache are not sent again, and files are compressed for browsers that accept it."""

import gzip

import azure.functions as func
import pytest

from functions.files import IMMUTABLE, file_response

BODY = b"body " * 500


def request(**headers: str) -> func.HttpRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return func.HttpRequest("GET", "https://vmr.example.com/x", headers=named, params={}, route_params={}, body=b"")


def served(content_type: str = "text/css; charset=utf-8", body: bytes = BODY, **headers: str) -> func.HttpResponse:
    return file_response(request(**headers), body, content_type, {"Cache-Control": IMMUTABLE})


def test_the_first_request_gets_the_whole_file() -> None:
    answer = served()
    assert (answer.status_code, answer.get_body()) == (200, BODY)
    assert dict(answer.headers) == {
        "Cache-Control": "public, max-age=31536000, immutable",
        "ETag": answer.headers["ETag"],
        "Vary": "Accept-Encoding",
        "Content-Type": "text/css; charset=utf-8",
        "X-Content-Type-Options": "nosniff",
    }


@pytest.mark.parametrize("header", ["{}", '"other", {}', '{}, W/"other"', "*"])
def test_a_file_that_the_browser_has_is_not_sent_again(header: str) -> None:
    etag = served().headers["ETag"]
    answer = served(If_None_Match=header.format(etag))
    assert (answer.status_code, answer.get_body()) == (304, b"")
    assert answer.headers["ETag"] == etag
    assert answer.headers["Cache-Control"] == IMMUTABLE


def test_a_changed_file_is_sent() -> None:
    etag = served().headers["ETag"]
    assert served(body=b"other", If_None_Match=etag).status_code == 200


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip", "deflate, GZIP;q=0.5", "br;q=1.0, gzip; q=0.8, *;q=0.1"])
def test_text_is_compressed_for_browsers_that_accept_it(accepted: str) -> None:
    answer = served(Accept_Encoding=accepted)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.get_body()) == BODY
    assert len(answer.get_body()) < len(BODY) / 10


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip; q=0.0", "identity, gzipped", "x-gzip"])
def test_text_is_not_compressed_for_other_browsers(accepted: str) -> None:
    answer = served(Accept_Encoding=accepted)
    assert "Content-Encoding" not in answer.headers
    assert answer.get_body() == BODY


def test_a_precompressed_file_is_sent_as_it_is() -> None:
    answer = file_response(request(Accept_Encoding="gzip"), BODY, "text/javascript", {}, gzipped=b"ready")
    assert answer.get_body() == b"ready"


def test_an_image_is_not_compressed_again() -> None:
    answer = served("image/png", Accept_Encoding="gzip")
    assert "Content-Encoding" not in answer.headers
    assert "Vary" not in answer.headers
