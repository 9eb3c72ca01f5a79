"""Control routes for EWS: its version, the load balancer in front of it, and its accounts' passwords."""

from typing import Any

from aiohttp import web

from dev.exchange.control.common import ControlError, document
from dev.exchange.ews.state import BUILDS
from dev.exchange.state import Exchange

FLAGS = ("layer7_balancer", "renews_answered", "marks_drafts", "expands_views", "names_occurrences", "searches_binary",
         "plain_faults", "never_at_end")  # fmt: skip


class EwsRoutes:
    """Routes that change the settings of EWS."""

    def __init__(self, exchange: Exchange) -> None:
        self._ews = exchange.ews

    def routes(self) -> list[web.RouteDef]:
        """The control routes for EWS."""
        return [web.patch("/dev/ews", self.set_up)]

    async def set_up(self, request: web.Request) -> web.Response:
        """Change settings: {"version"?: "2016"|"2019", any of `FLAGS`: true|false, …}. "schemes" are values of
        WWW-Authenticate. "passwords" are keyed by account name.
        """
        given = await document(request)
        setters = {
            "version": self._set_version,
            **dict.fromkeys(FLAGS, self._set_flag),
            "schemes": self._set_schemes,
            "passwords": self._set_passwords,
        }
        if unknown := set(given) - set(setters):
            raise ControlError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(setters)}")
        for name in given:
            setters[name](name, given[name])
        return web.json_response({})

    def _set_version(self, _name: str, version: Any) -> None:
        if version not in BUILDS:
            raise ControlError(f"'version' must be one of {', '.join(BUILDS)}")
        self._ews.version = version

    def _set_flag(self, name: str, flag: Any) -> None:
        if not isinstance(flag, bool):
            raise ControlError(f"'{name}' must be true or false")
        setattr(self._ews, name, flag)

    def _set_schemes(self, _name: str, schemes: Any) -> None:
        """The values of WWW-Authenticate: the sign-in methods of the virtual directory."""
        self._ews.schemes = tuple(str(scheme) for scheme in schemes)

    def _set_passwords(self, _name: str, passwords: Any) -> None:
        for name, password in dict(passwords).items():
            account = self._ews.account(str(name))
            if account is None:
                raise ControlError(f"no account is called '{name}'")
            if ":" in str(password):
                raise ControlError("a password must not contain a colon, which separates fields in the NTLM file")
            account.password = str(password)
