"""Mail addresses as they are compared, wherever one decides who somebody is or whose something is."""

from __future__ import annotations


def folded_address(address: str) -> str:
    """The address in lower case. Raises ValueError for what is not ASCII: folded, it may be somebody else's address.

    `boß@` casefolds to `boss@`, `ſ` to `s`; the Kelvin sign becomes `k` even by lower(). Domains have their xn-- form.
    """
    address = address.strip(" \t\r\n")
    if not address.isascii():
        raise ValueError("an address with other characters than ASCII's")
    return address.lower()


def same_address(one: str, other: str) -> bool:
    """Whether two addresses are one. What is not ASCII is nobody's, and so is ""."""
    try:
        return folded_address(one) == folded_address(other) != ""
    except ValueError:
        return False
