"""Security tags: `PXPS:-<uuid>#` links an invitation to the alias that was allocated for it (A1, A5)."""

import re
import uuid

TAG = re.compile(r"PXPS:-([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})", re.IGNORECASE | re.ASCII)
# The closing `#` is not required: some clients drop it when they turn addresses into links, and the length is fixed.


def new_tag() -> str:
    """A new tag's uuid, from the system's secure random source."""
    return str(uuid.uuid4())


def format_tag(tag: str) -> str:
    """The tag as it appears in joining instructions."""
    return f"PXPS:-{tag}#"
