"""Changes made by admins: a record of each change, stored in table `changes`.

change.py   one change; the placeholders for secrets
rows.py     its storage in the table: keys and columns
log.py      writing, reading, and forgetting them
"""

from shared.changes.change import ERASED, SECRET, Change, ChangeState, Fields
from shared.changes.log import CHANGES_LIFETIME, ChangeLog, Entry, Page, Search

__all__ = [
    "CHANGES_LIFETIME",
    "ERASED",
    "SECRET",
    "Change",
    "ChangeLog",
    "ChangeState",
    "Entry",
    "Fields",
    "Page",
    "Search",
]
