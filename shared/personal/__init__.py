"""Personal VMRs: people's own rooms, their owners, and the texts for meetings held in them (P1 to P3).

vmr.py        a stored VMR
end_user.py   a stored user record
indexed.py    records in a table that can be found by several names
store.py      our own VMRs, found by their owner's address
users.py      user records and their remembered sign-ins
rendering.py  the texts that the add-in receives for a VMR
node_vmrs.py  VMRs on a Management Node
bridges.py    chooses the Management Node, and raises alarms
lookup.py     the list of VMRs that a signed-in user gets
retirement.py removes the records of a deleted integration

Here, a personal VMR is only a directory entry: the bridge handles calls to it. Nothing is scheduled for a meeting in a
personal VMR, and the equipment mailbox is not invited (P3).

Ownership: a VMR or a user record belongs to one integration, or to all of them (`integration` is ""). Different
customers' integrations trust different sign-in services, each of which can assert any address. An integration's records
are therefore never shown by another integration (I1), and are deleted with it. Records that belong to all integrations
trust all of their sign-in services.
"""
