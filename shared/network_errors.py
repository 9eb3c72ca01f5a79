"""Explains to an admin why a host could not be reached."""

from __future__ import annotations

import ssl
from collections.abc import Iterator


def why_not_reached(error: BaseException) -> str:
    """The reason for an httpx error. The text mentions the configured host at most, and never a path or a person."""
    chain = list(_chain(error))
    for each in chain:
        if isinstance(each, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {each.verify_message.rstrip('.')}"
    if refused := next((each for each in chain if type(each).__name__ in ("AnswerRefused", "AnswerTooLarge")), None):
        return str(refused)
    kinds = [type(each).__name__ for each in chain]
    if "ProxyError" in kinds:
        return "the web proxy (HTTPS_PROXY) did not let the request through; disable_proxy bypasses it"
    return kinds[0]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
