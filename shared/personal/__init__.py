"""Personal VMRs: people's own rooms, their owners, and what is put on a meeting in one (P1 to P3).

vmr.py        a VMR; which PINs are valid together
end_user.py   a user record
indexed.py    records in a table that are found by several names
store.py      our own VMRs, found by their owner's address
users.py      user records and their remembered sign-ins
rendering.py  what the add-in gets for a VMR
node_vmrs.py  VMRs of a Management Node; bridges.py chooses the node, and raises alarms
lookup.py     the list that a signed-in user gets
retirement.py what is deleted with an integration

A room here is an entry in a directory: calls into it are the bridge's business. So nothing is scheduled for a meeting
in a personal VMR, and the equipment mailbox is not invited (P3).

Ownership. A VMR and a user record belong to one integration, or to all of them (`integration` is ""). Integrations of
different customers trust different sign-in services, each of which can prove any address it likes: what belongs to one
integration is never shown by another (I1) and is deleted with it, and what belongs to all trusts all of their sign-in
services.
"""
