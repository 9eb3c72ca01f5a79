"""A proven user of the add-in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Caller:
    """Who has proven to be calling (A2). `key` is stable and opaque: never a name, never an e-mail address."""

    key: str
    method: str
