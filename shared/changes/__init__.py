"""What admins have changed: a record of each change, and table `changes`, which holds them.

change.py   one change; the words that stand for secrets
rows.py     how it lies in the table: its keys, its columns
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
