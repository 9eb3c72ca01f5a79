"""Hand-written EWS requests, for everything that exchangelib cannot send or show."""

import httpx
from lxml import etree  # type: ignore[import-untyped]

from tests.support.exchange_world import ExchangeWorld

BASIC = ("svc-vmr", "local-ews")
XML = {"Content-Type": "text/xml; charset=utf-8"}

GET_INBOX = """<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:FolderIds>
<t:DistinguishedFolderId Id="inbox"><t:Mailbox><t:EmailAddress>vmr-ews@example.com</t:EmailAddress></t:Mailbox>
</t:DistinguishedFolderId></m:FolderIds></m:GetFolder>"""


NEWEST = '<t:RequestServerVersion Version="Exchange2016"/>'


def envelope(body: str, header: str = "", version: str = NEWEST) -> str:
    """A request. If its header contains no ``version``, the server assumes Exchange 2007."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"'
        ' xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types">'
        f"<s:Header>{version}{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )


async def post(world: ExchangeWorld, content: str | bytes, **more: object) -> httpx.Response:
    """Send a request, with Basic authentication by default."""
    headers = {**XML, **dict(more.pop("headers", {}))}  # type: ignore[call-overload]
    auth = more.pop("auth", BASIC)
    return await world.http.post("/EWS/Exchange.asmx", content=content, headers=headers, auth=auth, **more)  # type: ignore[arg-type]


def texts(answer: httpx.Response, name: str) -> list[str]:
    """The text of each element with this name, in any namespace."""
    return [item.text or "" for item in etree.fromstring(answer.content).iter(f"{{*}}{name}", name)]


def attributes(answer: httpx.Response, name: str) -> dict[str, str]:
    """The attributes of the first element with this name."""
    return dict(next(etree.fromstring(answer.content).iter(f"{{*}}{name}")).attrib)
