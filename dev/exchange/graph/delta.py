"""Delta rounds over a mail folder: what is in it, then what changed since (facts §4)."""

import uuid
from dataclasses import dataclass, field, replace

from dev.exchange.store import Store


@dataclass(frozen=True)
class Round:
    """One state of following a folder.

    ``waiting`` are keys still to be shown in this round; ``upto`` is the number of the last change that it covers;
    ``kinds`` the changeType asked for (empty: all); ``select`` and ``filter`` stay as the client gave them at first.
    """

    owner: str
    folder: str
    upto: int
    select: str | None = None
    filter: str | None = None
    kinds: frozenset[str] = frozenset()
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One page: keys to show, and the token that continues. ``done``: the round is over, the token is a deltatoken."""

    round: Round
    keys: tuple[str, ...]
    token: str
    done: bool


@dataclass
class DeltaRounds:
    """Tokens and what they stand for. Tokens have no fixed life; they can all be forgotten."""

    store: Store
    _tokens: dict[str, Round] = field(default_factory=dict)

    def begin(self, start: Round, keys: list[str], size: int) -> Step:
        """The first page of a first round over ``keys``."""
        return self._step(replace(start, waiting=tuple(keys)), size)

    def go_on(self, token: str, size: int) -> Step | None:
        """The next page, or the first of a new round; None for a token that nobody knows any more."""
        state = self._tokens.get(token)
        if state is None:
            return None
        return self._step(state if state.waiting else self._next_round(state), size)

    def forget(self) -> None:
        """Invalidate all tokens."""
        self._tokens.clear()

    def _next_round(self, state: Round) -> Round:
        kinds: dict[str, set[str]] = {}
        for change in self.store.changes(state.owner, state.folder, state.upto):
            kinds.setdefault(change.key, set()).add(change.kind)
        keys = tuple(key for key, seen in kinds.items() if not state.kinds or seen & state.kinds)
        return replace(state, waiting=keys, upto=self.store.last_change)

    def _step(self, state: Round, size: int) -> Step:
        keys, rest = state.waiting[:size], state.waiting[size:]
        token = uuid.uuid4().hex
        self._tokens[token] = replace(state, waiting=rest)
        return Step(state, keys, token, done=not rest)
