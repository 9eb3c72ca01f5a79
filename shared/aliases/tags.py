"""Security tags: `PXPS:-<uuid>#` links an invitation to the alias that was allocated for it (A1, A5)."""

import uuid

from shared.aliases.marks import find_marks


def new_tag() -> str:
    """A new tag's uuid, from the system's secure random source."""
    return str(uuid.uuid4())


def format_tag(tag: str) -> str:
    """The tag as it appears in joining instructions."""
    return f"PXPS:-{tag}#"


def find_tags(body: str) -> list[str]:
    """The different tags' uuids in an HTML or plain-text body, see Marks.tags."""
    return find_marks(body).tags
