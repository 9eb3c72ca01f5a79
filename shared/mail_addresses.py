"""Compares mail addresses where somebody's identity or ownership depends on them."""

from __future__ import annotations


def folded_address(address: str) -> str:
    """The address in lower case. Raises ValueError if it is not ASCII: case folding could turn it into somebody else's
    address.

    `boß@` casefolds to `boss@`, and `ſ` to `s`; the Kelvin sign becomes `k` even with lower(). Domains are written in
    their xn-- form.
    """
    address = address.strip(" \t\r\n")
    if not address.isascii():
        raise ValueError("an address with non-ASCII characters")
    return address.lower()


def same_address(one: str, other: str) -> bool:
    """Whether two addresses are the same. "" and non-ASCII addresses never equal any address."""
    try:
        return folded_address(one) == folded_address(other) != ""
    except ValueError:
        return False
