"""Distinguishes Exchange Online from on-premises servers, and Entra tenants from other token endpoints."""

import re
from urllib.parse import urlsplit

EXCHANGE_ONLINE = (
    "outlook.office365.com", "outlook.office.com", "outlook.office365.us", "outlook-dod.office365.us",
    "webmail.apps.mil", "partner.outlook.cn", "outlook.office.de",
)  # fmt: skip
"""EWS hosts in Exchange Online: worldwide, US Government (GCC High, DoD), China, and the former German cloud."""

_TENANT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+")
"""A tenant's GUID or domain name, but not `common` or `organizations`: applications cannot sign in to those."""


def is_exchange_online(url: str) -> bool:
    """Whether an EWS URL belongs to Exchange Online."""
    return (urlsplit(url).hostname or "") in EXCHANGE_ONLINE


def tenant_of(token_endpoint: str) -> str:
    """The tenant in an endpoint such as https://login.microsoftonline.com/<tenant>/oauth2/token, or ""."""
    tenant = urlsplit(token_endpoint).path.lstrip("/").partition("/")[0]
    return tenant if _TENANT.fullmatch(tenant) else ""
