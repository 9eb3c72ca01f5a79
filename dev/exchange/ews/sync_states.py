"""States for SyncFolderItems. They represent a folder as a client last saw it."""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass

from dev.exchange.ews.errors import EwsError
from dev.exchange.ews.ids import ItemId
from dev.exchange.model import Letter

#: The size of a state in bytes. Real states grow with the folder, up to several kilobytes.
_SIZE = 900


@dataclass(frozen=True)
class Seen:
    """An item as a client last saw it. ``content`` is everything except its read flag."""

    change: int
    is_read: bool
    content: tuple[Letter | None, bool]


@dataclass(frozen=True)
class State:
    """The items in a folder as a client last saw them."""

    owner: str
    folder: str
    seen: Mapping[ItemId, Seen]


class SyncStates:
    """The issued states. A real state contains its data. Here it is a key to the data."""

    def __init__(self) -> None:
        self._states: dict[str, State] = {}

    def find(self, token: str, owner: str, folder: str) -> State:
        """The state for a token. An empty token stands for the initial state. Raises `EwsError` for a token for another
        folder, or from before a reset.
        """
        if not token:
            return State(owner, folder, {})
        state = self._states.get(token)
        if state is None or (state.owner, state.folder) != (owner, folder):
            raise EwsError("ErrorInvalidSyncStateData")
        return state

    def keep(self, state: State, before: State, token: str) -> str:
        """Return a token for a state, or the old token if nothing has changed."""
        if token and state == before:
            return token
        fresh = base64.b64encode(os.urandom(_SIZE)).decode()
        self._states[fresh] = state
        return fresh

    def forget(self) -> None:
        """Invalidate all issued states."""
        self._states.clear()
