"""The control routes under `/dev` and the metadata document, for people and tests. The product does not use the control
routes.
"""

from aiohttp import web

from dev.exchange.control.common import explain
from dev.exchange.control.ews import EwsRoutes
from dev.exchange.control.identity_routes import IdentityRoutes
from dev.exchange.control.mailboxes import MailboxRoutes
from dev.exchange.control.outlook import OutlookRoutes
from dev.exchange.control.switches import SwitchRoutes
from dev.exchange.state import Exchange

__all__ = ["control_routes", "explain"]


def control_routes(exchange: Exchange) -> list[web.RouteDef]:
    """All control routes for a simulated Exchange."""
    kinds = (IdentityRoutes, OutlookRoutes, MailboxRoutes, SwitchRoutes, EwsRoutes)
    return [route for kind in kinds for route in kind(exchange).routes()]
