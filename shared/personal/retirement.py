"""Removes a deleted integration's personal records: its VMRs and user records, with all their contents.

A record that names an integration belongs to it. A record that names none belongs to the deployment, like every
`conference` and `end_user` of the original API, and is kept. Such a user's sign-ins with the deleted integration are
removed, because an integration with the same uuid may be created again with a different sign-in service.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable

from shared.errors import NotFound
from shared.personal.store import VmrStore
from shared.personal.users import UserStore
from shared.storage import Storage

RETIREMENT_CONCURRENCY = 16


async def retire_personal(storage: Storage, integration: str) -> None:
    """Remove an integration's records (by uuid). Can be repeated to continue after an interruption."""
    vmrs, users = VmrStore(storage), UserStore(storage)
    await _each(vmrs.delete(vmr.id) for vmr in await vmrs.of_integration(integration))
    await vmrs.finish_deletions()
    everybody = await users.all()
    await _each(users.delete(user.id) for user in everybody if user.integration == integration)
    await _each(
        users.forget_all(user.uuid, integration)
        for user in everybody
        if user.integration != integration and any(of == integration for of, *_ in user.sign_ins)
    )


async def _each(work: Iterable[Awaitable[None]]) -> None:
    turns = asyncio.Semaphore(RETIREMENT_CONCURRENCY)

    async def one(each: Awaitable[None]) -> None:
        async with turns:
            try:
                await each
            except NotFound:
                return  # an admin has just removed the record

    await asyncio.gather(*map(one, work))
