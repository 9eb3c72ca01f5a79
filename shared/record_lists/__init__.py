"""The lists of what the service has done, so that a page of one takes the same among a thousand and among a million.

journal.py      what has changed and has still to be entered into the lists
entries.py      in which lists a booking or an operation stands, and at which place; pure
counted.py      lists in storage: rows in order, and how many there are between any two places
steps.py        what a transaction writes of them; pure
indexer.py      enters what the journal names
building.py     enters what older versions, or an import, have left
lists.py        reading them: what the management API asks

    booking or operation changes ─▶ a row of the journal ─▶ the next reader, or the next sweep, enters it ─▶ lists

The journal's row is written before the change's own work is over (its operation is pending, its due row stands), so
that no crash loses it. It holds ids only. What a list says of a record is read from the record when it is entered.
"""
