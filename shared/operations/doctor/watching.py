"""Examines the subscription: compares our record of it with Graph's (docs/facts/exchange.md §3)."""

from datetime import datetime, timedelta

from shared.mailboxes.graph.access import Listed
from shared.mailboxes.subscription import Subscription
from shared.operations.doctor.finding import Check, Finding, Place, problem, sound
from shared.operations.doctor.mailbox import handshake

RENEWED = timedelta(days=1)
"""A healthy subscription has more time left than this. It lasts six days, and is renewed if due every six hours."""


def judge_subscription(kept: Subscription | None, listed: Listed | None, now: datetime, place: Place) -> Finding:
    """Judge whether Graph will notify us, at the right URL, for some time to come. Every sweep creates a missing
    subscription, so if there is none, creating it has failed. Before creating one, Graph calls the webhook. The remedy
    makes the same call.
    """
    if kept is None:
        details = "There is no subscription: either Graph could not be reached, or Graph could not reach the webhook."
        return problem(Check.SUBSCRIPTION, details, handshake(place))
    if listed is None:
        details = "Graph has lost the subscription. It will be replaced within six hours."
        return problem(Check.SUBSCRIPTION, details, handshake(place))
    wrong = _wrong_addresses(listed, place)
    if wrong:
        details = f"Graph notifies {' and '.join(wrong)}, which is not this deployment."
        return problem(Check.SUBSCRIPTION, details, _public_address(place))
    left = listed.expires - now
    if left < RENEWED:
        details = f"The subscription expires on {listed.expires:%Y-%m-%d %H:%M} UTC and was not renewed."
        return problem(Check.SUBSCRIPTION, details, handshake(place))
    return sound(Check.SUBSCRIPTION, f"Graph notifies this deployment until {listed.expires:%Y-%m-%d %H:%M} UTC.")


def _wrong_addresses(listed: Listed, place: Place) -> list[str]:
    wanted = {
        listed.notification_url: f"{place.base_url}/mailbox/notifications",
        listed.lifecycle_url: f"{place.base_url}/mailbox/lifecycle",
    }
    return sorted(found or "no address" for found, right in wanted.items() if found != right)


def _public_address(place: Place) -> str:
    return (
        "az functionapp config appsettings set --resource-group GROUP --name APP "
        f"--settings PUBLIC_BASE_URL={place.base_url}"
    )
