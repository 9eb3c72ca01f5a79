"""A mailbox's other addresses: parses servers' proxy addresses for comparison. Pure."""

from collections.abc import Iterable

ADDRESSES_MAX = 20
"""Maximum number of addresses per mailbox, including the configured one. All of them are sent to every task pane."""

ADDRESS_MAX = 500
"""Maximum length of an address in characters. An SMTP address has at most 320; a legacy Exchange DN rarely has more
than 200.
"""

_KINDS = ("smtp", "ex", "x500")


def known_addresses(configured: str, told: Iterable[str]) -> tuple[str, ...]:
    """Addresses and legacy Exchange DNs in lower case and without duplicates, the configured address first, up to the
    limits.

    `told` contains proxy addresses ("SMTP:primary", "smtp:secondary", "X500:/o=…", "EX:/o=…") or plain addresses. Types
    that never identify an attendee (SIP, SPO) and non-ASCII addresses are omitted.
    """
    wanted = dict.fromkeys([configured.lower(), *filter(None, map(_comparable, told))])
    return tuple(wanted)[:ADDRESSES_MAX]


def _comparable(proxy: str) -> str:
    kind, colon, rest = proxy.strip().partition(":")
    address = (rest if colon and kind.lower() in _KINDS else proxy.strip()).lower()
    is_dn = address.startswith("/o=")
    is_smtp = "@" in address and ":" not in address and " " not in address
    is_plain = address.isascii() and address.isprintable() and len(address) <= ADDRESS_MAX
    return address if is_plain and (is_dn or is_smtp) else ""
