"""Interprets an e-mail as Exchange does: which part is the meeting request, and which text people see.

Standards are applied loosely, because some mail programs write unknown charsets (`cp-850`, `uft-8`).
"""

from __future__ import annotations

from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parsedate_to_datetime

_ALTERNATIVES = "multipart/alternative"
_FIRST_IS_BODY = frozenset({"multipart/mixed", "multipart/related", "multipart/signed"})


def read_mail(content: bytes) -> tuple[str, str, datetime | None] | None:
    """The iCalendar text, the visible body ("" if there is none), and the time of sending; None for other mail.

    A meeting request is an e-mail whose body is a calendar, alone or as one of the body's alternatives (RFC 6047). An
    invitation attached to an e-mail is just a file, and invites nobody.
    """
    mail = message_from_bytes(content, policy=policy.default)
    calendar = _calendar(mail)
    if calendar is None:
        return None
    shown = mail.get_body(("html", "plain")) if isinstance(mail, EmailMessage) else None
    sent = mail.get("Date")
    return _text(calendar), _text(shown) if shown else "", parsedate_to_datetime(str(sent)) if sent else None


def decoded(data: bytes, charset: str = "utf-8-sig") -> str:
    """The bytes decoded with this charset, or as UTF-8 or Windows-1252 if the charset is unknown. ASCII is the same in
    all of them.
    """
    try:
        return data.decode(charset)
    except (LookupError, ValueError):
        pass  # unknown, not a text encoding, or wrong for these bytes
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("windows-1252", "replace")


def _calendar(part: Message) -> Message | None:
    """The part of an e-mail's body that is a calendar."""
    kind = part.get_content_type()
    if kind == "text/calendar":
        return part if part.get_content_disposition() != "attachment" else None
    if not part.is_multipart() or not (kind == _ALTERNATIVES or kind in _FIRST_IS_BODY):
        return None
    children = list(part.iter_parts()) if isinstance(part, EmailMessage) else []
    found = (_calendar(child) for child in (children if kind == _ALTERNATIVES else children[:1]))
    return next((calendar for calendar in found if calendar is not None), None)


def _text(part: Message) -> str:
    charset = part.get_content_charset() or "utf-8"
    part.del_param("charset")  # get_payload tries it as well, and fails for anything that is not a text encoding
    data = part.get_payload(decode=True)
    return decoded(data, charset) if isinstance(data, bytes) else ""
