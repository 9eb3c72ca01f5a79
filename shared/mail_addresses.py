"""Mail addresses in the form in which they are compared, wherever somebody's identity or ownership is decided."""

from __future__ import annotations


def folded_address(address: str) -> str:
    """The address in lower case. Raises ValueError if it is not ASCII: case-folded, it may be somebody else's address.

    `boß@` casefolds to `boss@`, `ſ` to `s`; the Kelvin sign becomes `k` even by lower(). Domains have their xn-- form.
    """
    address = address.strip(" \t\r\n")
    if not address.isascii():
        raise ValueError("an address with non-ASCII characters")
    return address.lower()


def same_address(one: str, other: str) -> bool:
    """Whether two addresses are the same. Non-ASCII ones equal none, and neither does ""."""
    try:
        return folded_address(one) == folded_address(other) != ""
    except ValueError:
        return False
