"""Personal VMRs, and integrations whose users have them."""

from typing import Any

from shared.integrations import Integration
from shared.personal.fields import validated
from shared.personal.rendering import Vmr
from shared.personal.vmr import PersonalVmr
from tests.support.integrations import an_integration

CORP = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"


def integration(uuid: str = CORP, **changes: Any) -> Integration:
    """An integration with the given uuid."""
    return an_integration(**changes).model_copy(update={"uuid": uuid})


def vmr(**changes: Any) -> Vmr:
    """Alice's VMR as passed to templates."""
    values: dict[str, Any] = {
        "name": "Alice's room",
        "description": "Where Alice meets",
        "service_type": "conference",
        "aliases": ("alice@example.com", "5550123", "alice"),
        "pin": "",
        "guest_pin": "",
        "allow_guests": False,
        "owners_email": "alice@example.com",
    }
    return Vmr(**values | changes)


def kept(id_: int, *aliases: str, **changes: Any) -> PersonalVmr:
    """One of Alice's VMRs, as stored."""
    entries = [{"alias": alias, "slot": slot} for slot, alias in enumerate(aliases, start=1)]
    values = {"id": id_, "name": f"Room {id_}", "primary_owner_email_address": "alice@example.com", "aliases": entries}
    return validated(PersonalVmr, values | changes)
