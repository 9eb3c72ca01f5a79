"""Delta rounds over a mail folder. The first round returns its content. Later rounds return the changes since the
previous round.
"""

import uuid
from dataclasses import dataclass, field, replace

from dev.exchange.store import Store


@dataclass(frozen=True)
class Round:
    """The state of a delta query on a folder.

    ``waiting`` are the keys still to be shown in the current round. ``upto`` is the number of the last change that the
    round covers. ``kinds`` is the requested changeType (empty: all). ``select`` and ``filter`` are from the first
    request. ``left`` are the keys of items that have left the folder. They are not shown again if they return.
    """

    owner: str
    folder: str
    upto: int
    select: str | None = None
    filter: str | None = None
    kinds: frozenset[str] = frozenset()
    immutable: bool = False
    waiting: tuple[str, ...] = ()
    left: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Step:
    """A page with the keys to show, and the token for the next page. ``done`` means that the round is complete and the
    token is a deltatoken.
    """

    round: Round
    keys: tuple[str, ...]
    token: str
    done: bool


@dataclass(frozen=True)
class Forgotten:
    """The HTTP status and error code for an unknown token. Graph uses many variants."""

    status: int = 410
    code: str = "SyncStateNotFound"


@dataclass
class DeltaRounds:
    """Tokens and their states. Tokens do not expire, but all can be invalidated together. With ``loses_returns``, an
    item with an immutable id that leaves a folder and comes back is reported as removed and never shown again
    (docs-contrib issue 72).
    """

    store: Store
    loses_returns: bool = True
    forgotten: Forgotten = Forgotten()
    _tokens: dict[str, Round] = field(default_factory=dict)
    _lives: int | None = None

    def begin(self, start: Round, keys: list[str], size: int) -> Step:
        """The first page of a first round over ``keys``."""
        return self._step(replace(start, waiting=tuple(keys)), size)

    def go_on(self, token: str, size: int) -> Step | None:
        """Return the next page or the first page of a new round, or None for an unknown token."""
        state = self._tokens.get(token)
        if state is None:
            return None
        return self._step(state if state.waiting else self._next_round(state), size)

    def forget(self, refusal: Forgotten | None = None, after: int = 0) -> None:
        """Invalidate all tokens, either now or in the middle of a round, after the given number of pages."""
        self.forgotten = refusal or Forgotten()
        self._lives = after or None
        if not after:
            self._tokens.clear()

    def _next_round(self, state: Round) -> Round:
        kinds: dict[str, set[str]] = {}
        changes = list(self.store.changes(state.owner, state.folder, state.upto))
        for change in changes:
            kinds.setdefault(change.key, set()).add(change.kind)
        told = (key for key in kinds if key not in state.left)
        keys = tuple(key for key in told if not state.kinds or kinds[key] & state.kinds)
        moved = {change.key for change in changes if change.kind == "deleted" and change.is_move}
        left = state.left | moved if self.loses_returns and state.immutable else state.left
        return replace(state, waiting=keys, upto=self.store.last_change, left=left)

    def _step(self, state: Round, size: int) -> Step:
        keys, rest = state.waiting[:size], state.waiting[size:]
        token = uuid.uuid4().hex
        self._tokens[token] = replace(state, waiting=rest)
        if self._lives is not None:
            self._lives -= 1
            if self._lives <= 0:
                self._tokens.clear()
                self._lives = None
        return Step(state, keys, token, done=not rest)
