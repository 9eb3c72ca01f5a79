"""Lists of bookings and operations. Reading a page costs the same with a million records as with a thousand.

journal.py      the records that have changed and still have to be added to the lists
entries.py      which lists contain a booking or an operation, and at which positions; pure
counted.py      lists in storage: rows in order, and the number of rows between any two positions
steps.py        the rows of the lists that one transaction writes; pure
indexer.py      adds the records in the journal to the lists
building.py     adds records from older versions or from an import
lists.py        reads the lists for the management API

    booking or operation changes ─▶ row in the journal ─▶ the next reader, or the next sweep, adds it ─▶ lists

The journal row is written while the operation is still pending or the due row still exists, so it cannot be lost in a
crash. It contains only ids. A list entry is made from the record's state when it is added to the list.
"""
