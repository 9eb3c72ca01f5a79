"""The access token: an existing one, or a new one from Entra. The token or the client secret comes from the
environment.
"""

import base64
import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from infra.azure import fail

TOKEN, TENANT, CLIENT, SECRET = "GRAPH_TOKEN", "GRAPH_TENANT_ID", "GRAPH_CLIENT_ID", "GRAPH_CLIENT_SECRET"
_ENTRA = "https://login.microsoftonline.com"
_TENANT = re.compile(r"[\w.-]{1,253}", re.ASCII)
_FETCH_TIMEOUT = 30.0
REMEDY = f"set {TOKEN}, or {TENANT}, {CLIENT} and {SECRET}, in the environment"


def graph_token() -> str:
    """GRAPH_TOKEN, or a token obtained from Entra with the client secret. Ends the program if both are missing."""
    if given := os.environ.get(TOKEN):
        return given
    tenant, client, secret = (os.environ.get(name, "") for name in (TENANT, CLIENT, SECRET))
    if not (_TENANT.fullmatch(tenant) and client and secret):
        fail("there is neither an access token nor a client secret", REMEDY)
    form = {
        "grant_type": "client_credentials",
        "client_id": client,
        "client_secret": secret,
        "scope": "https://graph.microsoft.com/.default",
    }
    url = f"{_ENTRA}/{tenant}/oauth2/v2.0/token"
    try:
        with urllib.request.urlopen(url, urllib.parse.urlencode(form).encode(), timeout=_FETCH_TIMEOUT) as answer:  # noqa: S310  # Entra
            return str(json.load(answer)["access_token"])
    except urllib.error.HTTPError as error:
        fail(f"Entra issued no token: {_refusal(error)}", "look up the AADSTS number; check the id and the secret")
    except OSError as error:
        fail(f"Entra cannot be reached ({type(error).__name__})", "check the network and the proxy")


def claims_of(token: str) -> dict[str, Any] | None:
    """The unverified claims of a token, for display only; None if they cannot be read."""
    parts = token.split(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError):
        return None
    return claims if isinstance(claims, dict) else None


def _refusal(error: urllib.error.HTTPError) -> str:
    """The error code and the AADSTS number. The rest of the text is left out, because it contains identifiers."""
    try:
        document = json.loads(error.read())
        number = re.search(r"AADSTS\d+", str(document.get("error_description", "")))
        return f"{document.get('error', '')} {number[0] if number else ''}".strip()
    except (ValueError, AttributeError):
        return str(error.code)
