"""Where the deployment is, and how the caller authenticates."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import typer

from shared.cli.management import ManagementClient
from shared.cli.outcome import CommandFailed, Exit
from shared.settings import is_loopback

PASSWORD = "VMR_PASSWORD"  # noqa: S105 - the variable's name
_REQUEST_TIMEOUT = httpx.Timeout(60.0, connect=15.0)
"""Timeout in seconds. A functions app that has been idle needs some time for its first response."""


@dataclass(frozen=True)
class Connection:
    """The options that all commands share. With a user name, HTTP Basic is used; otherwise the az login."""

    url: str = ""
    username: str = ""
    api_scope: str = ""
    password: str = field(default_factory=lambda: os.environ.get(PASSWORD, ""), repr=False)

    @contextmanager
    def open(self) -> Iterator[ManagementClient]:
        """A client for the deployment's API. Raises CommandFailed if options are missing."""
        url = self._checked_url()
        # HTTPS_PROXY and SSL_CERT_FILE are respected, but no proxy is used to reach this machine itself.
        with httpx.Client(
            base_url=url, auth=self._auth(), timeout=_REQUEST_TIMEOUT, trust_env=not self.is_local
        ) as http:
            yield ManagementClient(http)

    @property
    def is_local(self) -> bool:
        """Whether the deployment is a local stack."""
        return is_loopback(self.url)

    def _checked_url(self) -> str:
        if not self.url:
            raise CommandFailed(Exit.USAGE, "The deployment's URL is missing. Use --url or set VMR_URL.")
        try:
            parts = httpx.URL(self.url)
            is_safe = parts.scheme == "https" or self.is_local
        except (httpx.InvalidURL, ValueError) as error:
            raise CommandFailed(Exit.USAGE, f"--url {self.url!r} is not a URL: {error}.") from error
        if parts.userinfo:
            raise CommandFailed(Exit.USAGE, f"--url must not contain a password: use --username and {PASSWORD}.")
        if not (parts.host and is_safe):
            raise CommandFailed(
                Exit.USAGE, f"--url must be an https URL, not {self.url!r}, because your credentials are sent to it."
            )
        return self.url

    def _auth(self) -> httpx.Auth:
        if self.username:
            return httpx.BasicAuth(self.username, self.password or ask_password(f"Password of {self.username}"))
        if self.api_scope:
            return AzLogin(self.api_scope)
        raise CommandFailed(
            Exit.USAGE,
            "There are no credentials. Use --username (VMR_USERNAME), or --api-scope (VMR_API_SCOPE) with an az login.",
        )


class AzLogin(httpx.Auth):
    """A token for the deployment's own API, from the account signed in with `az login`."""

    def __init__(self, scope: str) -> None:
        self._scope = scope
        self._token = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the token."""
        self._token = self._token or self._new_token()  # az takes a second or two each time; a token lasts an hour
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request

    def _new_token(self) -> str:
        from azure.core.exceptions import ClientAuthenticationError  # imported here: only needed with the az login
        from azure.identity import AzureCliCredential

        logging.getLogger("azure.identity").setLevel(logging.ERROR)  # its warnings only repeat the exception
        try:
            return str(AzureCliCredential().get_token(self._scope).token)
        except ClientAuthenticationError as error:  # also if az is missing, or nobody is logged in
            reason = str(error.message).strip().splitlines()[0].rstrip(".")
            message = f"az returned no token for {self._scope}: {reason}. Run: az login --scope {self._scope}"
            raise CommandFailed(Exit.ACCESS, message) from error


def ask_password(prompt: str, *, twice: bool = False) -> str:
    """A password typed at the terminal without echo, or the first line from standard input. Raises CommandFailed."""
    if sys.stdin.isatty():
        given = str(typer.prompt(prompt, hide_input=True, confirmation_prompt=twice, err=True))
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    if not given:
        raise CommandFailed(Exit.USAGE, f"There is no password: type one, pipe one in, or set {PASSWORD}.")
    return given
