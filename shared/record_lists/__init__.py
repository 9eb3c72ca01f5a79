"""Lists of bookings and operations, in which reading a page costs the same with a thousand records as with a million.

journal.py      the records that have changed and still have to be entered into the lists
entries.py      which lists contain a booking or an operation, and at which positions; pure
counted.py      lists in storage: rows in order, and the number of rows between any two positions
steps.py        the rows of the lists that one transaction writes; pure
indexer.py      enters the records in the journal
building.py     enters records from older versions or from an import
lists.py        reads the lists for the management API

    booking or operation changes ─▶ row in the journal ─▶ the next reader, or the next sweep, enters it ─▶ lists

The journal row is written while the operation is still pending, or the due row still exists, so a crash cannot lose it.
It contains only ids. A list's entry is made from the record as it is when it is entered.
"""
