"""Responses that browsers cache. They are conditional and compressed."""

from collections.abc import Mapping
from hashlib import sha256

import azure.functions as func

IMMUTABLE = "public, max-age=31536000, immutable"


def file_response(
    req: func.HttpRequest,
    body: bytes,
    content_type: str,
    headers: Mapping[str, str],
    gzipped: bytes | None = None,
) -> func.HttpResponse:
    """Respond with a body and its ETag, or with 304 if the browser already has it.

    The body is compressed if the browser accepts gzip. `gzipped` is the body compressed in advance. Without it, text is
    compressed on the fly.
    """
    etag = f'W/"{sha256(body).hexdigest()[:32]}"'  # weak, because the plain and compressed forms share it
    compressible = not content_type.startswith("image/")
    headers = {**headers, "ETag": etag} | ({"Vary": "Accept-Encoding"} if compressible else {})
    if _names(req.headers.get("If-None-Match", ""), etag):
        return func.HttpResponse(status_code=304, headers=headers)
    headers |= {"Content-Type": content_type, "X-Content-Type-Options": "nosniff"}
    if compressible and _accepts_gzip(req.headers.get("Accept-Encoding", "")):
        body = gzipped or _compressed(body)
        headers |= {"Content-Encoding": "gzip"}
    return func.HttpResponse(body, headers=headers)


def _names(header: str, etag: str) -> bool:
    return header.strip() == "*" or etag in (name.strip() for name in header.split(","))


def _compressed(body: bytes) -> bytes:
    from gzip import compress  # imported late: a cold start of the webhook does not need it

    return compress(body, mtime=0)


def _accepts_gzip(header: str) -> bool:
    """Whether Accept-Encoding allows gzip; `q=0` rules it out."""
    for entry in header.lower().split(","):
        name, _, quality = entry.partition(";")
        if name.strip() == "gzip":
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
