"""Renews a mailbox's subscription, and replaces it if it is lost or was created on different terms (M9).

A timer renews every subscription once per RENEW_EVERY, which also reveals those that Exchange has lost. On other
occasions (a lifecycle notification, a check by an admin), a subscription is renewed if it expires within
SUBSCRIPTION_RENEWAL_MARGIN.
"""

from datetime import datetime, timedelta

from shared.intake.watch_state import SUBSCRIPTION, WatchState, subscription_of
from shared.mailboxes.subscription import Subscription, Subscriptions
from shared.storage import RowChanged

RENEW_EVERY = timedelta(hours=20)
"""Subscriptions last six days (SUBSCRIPTION_LIFETIME in mailboxes/graph/subscriptions.py)."""

SUBSCRIPTION_RENEWAL_MARGIN = timedelta(hours=48)


async def renewed_or_created(
    subscriptions: Subscriptions, state: WatchState, now: datetime, *, force: bool = False
) -> bool:
    """Renew the stored subscription if it expires within SUBSCRIPTION_RENEWAL_MARGIN, or in any case with `force`.
    Returns whether a new one had to be created.
    """
    terms = subscriptions.terms
    row = await state.read(SUBSCRIPTION)
    if row and row.values.get("terms") == terms:
        subscribed = subscription_of(row)
        if not force and now + SUBSCRIPTION_RENEWAL_MARGIN < subscribed.expires:
            return False
        if renewed := await subscriptions.renew(subscribed.id, now):
            await _store(state, renewed, terms)
            return False
        try:
            await state.remove(row)  # if creating a new one fails, the lost one must not appear to be active
        except RowChanged:
            return True  # another run has just subscribed
    await _store(state, await subscriptions.create(now), terms)
    return True


async def _store(state: WatchState, subscription: Subscription, terms: str) -> None:
    await state.write(SUBSCRIPTION, id=subscription.id, expires=subscription.expires.isoformat(), terms=terms)
