"""Personal VMRs: people's own rooms, their owners, and the texts for meetings in them (P1 to P3).

vmr.py        a stored VMR
end_user.py   a stored user record
indexed.py    records in a table that can be found by several names
store.py      our own VMRs, found by their owner's address
users.py      user records and their remembered sign-ins
rendering.py  the texts that the add-in gets for a VMR
node_vmrs.py  VMRs of a Management Node; bridges.py chooses the node, and raises alarms
lookup.py     the list of VMRs that a signed-in user gets
retirement.py removes the records of a deleted integration

A room here is only an entry in a directory: the bridge handles calls into it. So nothing is scheduled for a meeting in
a personal VMR, and the equipment mailbox is not invited (P3).

Ownership: a VMR or a user record belongs to one integration, or to all of them (`integration` is ""). Integrations of
different customers trust different sign-in services, each of which can assert any address. So records of one
integration are never shown by another (I1) and are deleted with it, and records of all integrations trust all of their
sign-in services.
"""
