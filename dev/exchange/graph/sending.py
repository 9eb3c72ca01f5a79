"""Sending mail: sendMail in JSON and MIME, replies, reply drafts."""

import base64
import binascii
from dataclasses import replace
from typing import Any

from aiohttp import web

from dev.exchange.directory import User
from dev.exchange.graph.call import Call
from dev.exchange.graph.errors import bad_request
from dev.exchange.graph.letters import addresses, merged
from dev.exchange.graph.messages_json import message
from dev.exchange.graph.shapes import lowered
from dev.exchange.mime import MimeError, letter_from_mime
from dev.exchange.model import Body, Letter, Message
from dev.exchange.store import DRAFTS


async def send_mail(call: Call) -> web.Response:
    """POST sendMail: send an e-mail from JSON, or from base64-encoded MIME sent as text/plain."""
    if call.request.content_type == "text/plain":
        call.exchange.post.send(await _mime_letter(call))
        return call.done(202)
    document = lowered(await call.document())
    given = document.get("message")
    if not isinstance(given, dict):
        raise bad_request("The parameter 'Message' is required.", "ErrorInvalidParameter")
    letter = _letter(call.owner, given)
    if not letter.to:
        raise bad_request("At least one recipient isn't valid.", "ErrorInvalidRecipients")
    call.exchange.post.send(letter, save=document.get("savetosentitems", True) is not False)
    return call.done(202)


async def _mime_letter(call: Call) -> Letter:
    try:
        content = base64.b64decode(await call.request.read(), validate=True)
    except binascii.Error as error:
        raise bad_request("Invalid base64 string for MIME content.", "ErrorMimeContentInvalidBase64String") from error
    try:
        return letter_from_mime(content, call.owner, call.exchange.store, call.exchange.directory)
    except MimeError as error:
        raise bad_request(str(error), "ErrorMimeContentInvalid") from error


async def reply(call: Call) -> web.Response:
    """POST reply, with either a comment above the quoted original or a complete body."""
    call.exchange.post.send(await _reply(call))
    return call.done(202)


async def reply_all(call: Call) -> web.Response:
    """POST replyAll: reply to the author and to all other recipients."""
    before = call.message.letter
    letter, others = await _reply(call), (*before.to, *before.cc)
    cc = tuple(other for other in others if not other.is_(call.owner.address))
    call.exchange.post.send(replace(letter, cc=(*letter.cc, *cc)))
    return call.done(202)


async def forward(call: Call) -> web.Response:
    """POST forward: send the quoted original to other people, below a comment."""
    original, document = call.message, lowered(await call.document())
    to = addresses(document.get("torecipients") or [])
    if not to:
        raise bad_request("At least one recipient isn't valid.", "ErrorInvalidRecipients")
    letter = Letter(
        subject=f"FW: {original.letter.subject.removeprefix('FW: ')}",
        body=_quoting(document.get("comment") or "", original),
        from_=call.owner.contact,
        sender=call.owner.contact,
        to=to,
    )
    call.exchange.post.send(letter)
    return call.done(202)


async def create_reply(call: Call) -> web.Response:
    """POST createReply: save a reply as a draft."""
    return _draft(call, await _reply(call))


async def create_draft(call: Call) -> web.Response:
    """POST messages: create a draft from JSON, or from base64-encoded MIME sent as text/plain."""
    if call.request.content_type == "text/plain":
        return _draft(call, await _mime_letter(call))
    return _draft(call, _letter(call.owner, lowered(await call.document())))


def _draft(call: Call, letter: Letter) -> web.Response:
    draft = call.exchange.store.add_message(call.owner.guid, DRAFTS, letter, is_read=True, is_draft=True)
    return call.answer({"@odata.context": call.view.context("messages/$entity"), **message(draft, call.view)}, 201)


async def change_message(call: Call) -> web.Response:
    """PATCH a message: change `isRead`, or the content of a draft."""
    item, given = call.message, lowered(await call.document())
    wanted = {name: value for name, value in given.items() if not name.startswith("@")}  # the SDK adds the type's name
    is_read = wanted.pop("isread", item.is_read)
    if not isinstance(is_read, bool):
        raise bad_request("'isRead' must be true or false.")
    if wanted and not item.is_draft:
        raise bad_request("Only 'isRead' can be changed here, unless the message is a draft.")
    item.is_read, item.letter = is_read, merged(item.letter, wanted)
    call.exchange.store.touch_message(item)
    return call.answer({"@odata.context": call.view.context("messages/$entity"), **message(item, call.view)})


async def send_draft(call: Call) -> web.Response:
    """POST send: send a draft. It moves to Sent Items and keeps its immutable id."""
    draft = call.message
    if not draft.is_draft:
        raise bad_request("The message is not a draft.", "ErrorInvalidRequest")
    if not draft.letter.to:
        raise bad_request("At least one recipient isn't valid.", "ErrorInvalidRecipients")
    call.exchange.store.sent(draft)
    call.exchange.post.send(draft.letter, save=False)
    return call.done(202)


async def _reply(call: Call) -> Letter:
    original, document = call.message, lowered(await call.document())
    given = document.get("message") or {}
    comment = document.get("comment")
    if comment is not None and "body" in given:
        raise bad_request("Specify either 'Comment' or the body of 'Message', not both.", "ErrorInvalidParameter")
    letter = original.letter
    answer = Letter(
        subject=f"RE: {letter.subject.removeprefix('RE: ')}",
        body=_quoting(comment or "", original),
        from_=call.owner.contact,
        sender=call.owner.contact,
        to=letter.reply_to or (letter.from_,),
    )
    return merged(answer, given)


def _quoting(comment: str, original: Message) -> Body:
    letter = original.letter
    head = f"<b>From:</b> {letter.from_.name}<br><b>Subject:</b> {letter.subject}"
    return Body(f"{Body(comment, is_html=False).html}<hr>{head}<br>{letter.body.html}")


def _letter(owner: User, given: dict[str, Any]) -> Letter:
    empty = Letter("", Body(""), from_=owner.contact, sender=owner.contact, to=())
    return merged(empty, given)


ROUTES = {
    "POST users/{user}/sendMail": send_mail,
    "POST users/{user}/messages": create_draft,
    "PATCH users/{user}/messages/{message}": change_message,
    "POST users/{user}/messages/{message}/reply": reply,
    "POST users/{user}/messages/{message}/replyAll": reply_all,
    "POST users/{user}/messages/{message}/forward": forward,
    "POST users/{user}/messages/{message}/createReply": create_reply,
    "POST users/{user}/messages/{message}/send": send_draft,
}
