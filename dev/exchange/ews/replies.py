"""CreateItem with ReplyToItem, ReplyAllToItem and ForwardItem, which reply to an e-mail or forward it."""

from dataclasses import replace

from dev.exchange.ews import mail
from dev.exchange.ews.answers import body
from dev.exchange.ews.call import Call
from dev.exchange.ews.errors import EwsError
from dev.exchange.ews.xml import Element, child, children, text
from dev.exchange.model import Body, Letter, Message

#: The prefixes of the subject.
FOLLOWING = {"ReplyToItem": "RE: ", "ReplyAllToItem": "RE: ", "ForwardItem": "FW: "}


def follow(call: Call, kind: str, given: Element, disposition: str) -> list[Element]:
    """Save or send a reply. Returns its id if it was only saved. Raises `EwsError`."""
    reference = child(given, "ReferenceItemId")
    original = call.item(reference) if reference is not None else None
    if not isinstance(original, Message):
        raise EwsError("ErrorInvalidReferenceItem", f"The item can't be the reference of {kind}.")
    owner = call.owner_of(original)
    before, written = original.letter, body(child(given, "NewBodyContent"))
    letter = Letter(
        subject=FOLLOWING[kind] + before.subject.removeprefix(FOLLOWING[kind]),
        body=Body(f"{written.html}<hr>{before.body.html}"),
        from_=owner.contact,
        sender=owner.contact,
        to=() if kind == "ForwardItem" else before.reply_to or (before.from_,),
    )
    if kind == "ReplyAllToItem":
        others = (*before.to, *before.cc)
        letter = replace(letter, cc=tuple(other for other in others if not other.is_(owner.address)))
    return mail.issue(call, owner, mail.merged(letter, _of_mail(given)), disposition, _of_mail(given))


def _of_mail(given: Element) -> list[Element]:
    """The properties set by the client, except for the body, which is set separately."""
    subject = [] if text(given, "Subject") else ["Subject"]
    return [item for item in children(given) if item.tag.rpartition("}")[2] not in ("Body", *subject)]
