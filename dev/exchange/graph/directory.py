"""Users in Entra ID. Unlike mailboxes, they can only be found by id or sign-in name."""

from aiohttp import web

from dev.exchange.graph import query as options
from dev.exchange.graph.call import Call
from dev.exchange.graph.errors import GraphError
from dev.exchange.graph.shapes import selected


async def get_user(call: Call) -> web.Response:
    """GET a user."""
    options.allow_only(call.query, "$select")
    wanted, directory = call.params["user"].casefold(), call.exchange.directory
    user = directory.find(wanted)
    if user is None or wanted not in (user.guid, user.address.casefold()):
        raise GraphError(404, "Request_ResourceNotFound", f"Resource '{wanted}' does not exist.")
    shown = {
        "id": user.guid,
        "displayName": user.name,
        "userPrincipalName": user.address,
        "mail": directory.primary(user),
        "proxyAddresses": [proxy for proxy in directory.proxies(user) if not proxy.startswith("EX:")],
    }
    context = f"{call.base}/$metadata#users/$entity"
    return call.answer({"@odata.context": context, **selected(shown, options.select(call.query.get("$select")))})


ROUTES = {"GET users/{user}": get_user}
ROUTES_OF_APPLICATIONS = frozenset(line.partition(" ")[2] for line in ROUTES)
"""Paths that no signed-in user may access, because users' tokens are only for mailboxes."""
