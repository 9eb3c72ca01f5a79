"""Invalid requests, and the format of responses."""

import pytest

from tests.integration.exchange.ews import soap
from tests.support.exchange_world import ExchangeWorld

BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not xml",
        b"<s:Envelope",
        soap.envelope("").encode(),
        soap.envelope("<m:GetFolder/><m:GetFolder/>").encode(),
        soap.envelope("<m:GetFolder/>").encode()[:-30],
        soap.envelope("<m:GetFolder>é</m:GetFolder>").encode("latin-1"),
        soap.envelope("<m:GetFolder/>").replace("?>", f"?>{BOMB}", 1).encode(),
        soap.envelope("<m:GetFolder>&a;&b;</m:GetFolder>").replace("?>", f"?>{BOMB}", 1).encode(),
        soap.envelope("<m:GetFolder/>").encode(),
    ],
    ids=["empty", "no xml", "cut", "no operation", "two", "cut late", "charset", "dtd", "entities", "no shape"],
)
async def test_malformed_requests_are_refused(world: ExchangeWorld, content: bytes) -> None:
    answer = await soap.post(world, content)
    assert (answer.status_code, soap.texts(answer, "ResponseCode")) == (500, ["ErrorSchemaValidation"])
    assert b"hostname" not in answer.content


async def test_an_unknown_operation_is_refused(world: ExchangeWorld) -> None:
    answer = await soap.post(world, soap.envelope("<m:GetRooms/>"))
    assert soap.texts(answer, "ResponseCode") == ["ErrorInvalidRequest"]
    assert "GetRooms" in soap.texts(answer, "Message")[0]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("<m:CreateItem><m:Items/></m:CreateItem>", "ErrorMessageDispositionRequired"),
        ('<m:CreateItem MessageDisposition="SendOnly"><m:Items><t:Task/></m:Items></m:CreateItem>',
         "ErrorInvalidOperation"),
        ('<m:CreateItem MessageDisposition="SendOnly"><m:Items><t:AcceptItem/></m:Items></m:CreateItem>',
         "ErrorSchemaValidation"),
        ('<m:FindItem Traversal="SoftDeleted"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>'
         "</m:FindItem>", "ErrorUnsupportedTraversal"),
        ('<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>'
         "<m:QueryString>x</m:QueryString></m:FindItem>", "ErrorUnsupportedQueryFilter"),
        ("<m:ResolveNames><m:UnresolvedEntry/></m:ResolveNames>", "ErrorInvalidArgument"),
        ('<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ItemIds>'
         '<t:OccurrenceItemId RecurringMasterId="x" InstanceIndex="1"/></m:ItemIds></m:GetItem>',
         "ErrorInvalidIdMalformed"),
        ("<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId/>"
         "<m:MaxChangesReturned>1</m:MaxChangesReturned></m:SyncFolderItems>", "ErrorSchemaValidation"),
        ('<m:MoveItem><m:ToFolderId/><m:ItemIds><t:ItemId Id="x"/></m:ItemIds></m:MoveItem>', "ErrorSchemaValidation"),
        ("<m:UpdateItem><m:ItemChanges><t:ItemChange/></m:ItemChanges></m:UpdateItem>", "ErrorSchemaValidation"),
        ("<m:SendItem><m:ItemIds><t:ItemId/></m:ItemIds></m:SendItem>", "ErrorInvalidIdMalformed"),
    ],
)  # fmt: skip
async def test_invalid_requests_are_refused(world: ExchangeWorld, body: str, code: str) -> None:
    answer = await soap.post(world, soap.envelope(body))
    assert soap.texts(answer, "ResponseCode") == [code]


async def test_responses_contain_the_servers_version(world: ExchangeWorld) -> None:
    answer = await soap.post(world, soap.envelope(soap.GET_INBOX))
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert soap.attributes(answer, "ServerVersionInfo")["MinorVersion"] == "2"
    assert soap.texts(answer, "DisplayName") == ["Inbox"]


async def test_the_path_is_case_insensitive(world: ExchangeWorld) -> None:
    answer = await world.http.post("/ews/exchange.asmx", content=soap.envelope(soap.GET_INBOX), auth=soap.BASIC)
    assert soap.texts(answer, "DisplayName") == ["Inbox"]


async def test_other_paths_and_methods_are_not_ews(world: ExchangeWorld) -> None:
    assert (await world.http.post("/ews/nothing")).status_code == 404
    assert (await world.http.get("/EWS/Exchange.asmx")).status_code == 405
