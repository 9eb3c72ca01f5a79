"""The product does nothing for a meeting in a personal VMR (P3)."""

from datetime import timedelta
from typing import Any

from dev.harness.deployment import deployed
from dev.harness.integration import INTEGRATION
from shared.identity.sign_in.codes import Redeemed
from shared.identity.sign_in.provider import fingerprint
from shared.personal.store import VmrStore
from tests.support.personal_vmrs import kept

SETTINGS: dict[str, Any] = {
    "enable_personal_vmrs": True,
    "auth_provider": "ADFS",
    "personal_vmr_oauth_auth_endpoint": "https://fs.example.com/adfs/oauth2/authorize",
    "personal_vmr_oauth_token_endpoint": "https://fs.example.com/adfs/oauth2/token",
    "personal_vmr_adfs_relying_party_trust_identifier": "https://vmr.example.com/",
}
SUBJECT = "adfs:https://fs.example.com:alice"


async def test_a_meeting_in_a_personal_vmr_creates_no_conference_and_gets_no_answer() -> None:
    async with deployed(**SETTINGS) as deployment:
        services = deployment.services
        await VmrStore(services.foundation.storage).create(kept(1, "alice@example.com"))
        integration = await deployment.integration()
        user = await services.identity.end_users.signed_in(integration, SUBJECT, "alice@example.com", "Alice")
        sign_in = user.sign_in(INTEGRATION, SUBJECT)
        owner = Redeemed(user.uuid, SUBJECT, sign_in, fingerprint(integration))
        token = services.identity.sessions.make(integration, owner)
        [room] = await services.addin.personal_vmrs.listing(INTEGRATION, token)
        assert not {"room_email", "alias_id", "tag"} & room.keys()  # there is no mailbox to invite, and no tag
        rows = [row async for row in services.foundation.storage.table("meetings").rows(INTEGRATION)]

        # The pane adds its text and location, but no attendee (tests/unit/addin/actions.test.js).
        start = deployment.now + timedelta(days=1)
        await deployment.invite(start, room["instructions"], attendees=["bob@example.com"])
        await deployment.drain()
        await services.scheduling.timers.sweep()
        await deployment.drain()

        kept_rows = [row async for row in services.foundation.storage.table("meetings").rows(INTEGRATION)]
        news = {row.key for row in kept_rows} - {row.key for row in rows}
        assert not [key for key in news if key.startswith(("tag:", "operation:"))]
        claims = [row async for row in services.foundation.storage.table("aliases").everything()]
        assert claims
        assert not [row for row in claims if "tag" in row.values], "no alias belongs to a meeting"
        assert await deployment.answers() == []
        assert await deployment.is_open("alice@example.com"), "a personal VMR admits people at any time"
